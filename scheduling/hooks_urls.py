"""Addresses outside the API: the lead's visit, agents' feeds, and Google's consent."""

from django.urls import path

from scheduling import feeds, visit
from scheduling.calendars import consent

urlpatterns = [
    path("visit/<str:token>/", visit.page, name="visit"),
    path("cal/<slug:token>.ics", feeds.feed, name="calendar-feed"),
    path("oauth/google/", consent.start, name="google-start"),
    path("oauth/google/callback/", consent.callback, name="google-callback"),
]
