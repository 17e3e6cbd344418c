"""The public calculator's address."""

from django.urls import path

from knowledge import calculator

urlpatterns = [path("<slug:slug>/", calculator.page, name="calculator")]
