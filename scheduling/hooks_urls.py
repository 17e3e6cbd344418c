"""Addresses outside the API: the lead's visit, agents' feeds, Google's notices and consent."""

from django.urls import path

from scheduling import feeds, hooks, visit
from scheduling.calendars import consent

urlpatterns = [
    path("visit/<str:token>/", visit.page, name="visit"),
    path("cal/<slug:token>.ics", feeds.feed, name="calendar-feed"),
    path("hooks/google/", hooks.google, name="google-hook"),
    path("oauth/google/", consent.start, name="google-start"),
    path("oauth/google/callback/", consent.callback, name="google-callback"),
]
