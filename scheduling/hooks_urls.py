"""Addresses outside the API: booking, the lead's visit, agents' feeds, Google's notices and consent."""

from django.urls import path

from scheduling import feeds, hooks, public_booking, visit
from scheduling.calendars import consent

urlpatterns = [
    path("book/<slug:slug>/", public_booking.page, name="book"),
    path("visit/<str:token>/", visit.page, name="visit"),
    path("cal/<slug:token>.ics", feeds.feed, name="calendar-feed"),
    path("hooks/google/", hooks.google, name="google-hook"),
    path("oauth/google/", consent.start, name="google-start"),
    path("oauth/google/callback/", consent.callback, name="google-callback"),
]
