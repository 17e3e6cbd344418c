"""Addresses under /hooks/voice/."""

from django.urls import path

from voice import webhooks

urlpatterns = [path("<slug:provider>/<str:key>/", webhooks.receive, name="voice-hook")]
