"""The public web form's address."""

from django.urls import path

from leads import webform

urlpatterns = [path("<slug:slug>/", webform.page, name="web-form")]
