"""Google's notices: who may send them, and what they start."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from scheduling import sync
from scheduling.calendars import channels
from scheduling.models import CalendarConnection
from tests.fakes.google import FakeGoogle

HOOK = "/hooks/google/"


@pytest.fixture
def opened(calendar: CalendarConnection) -> CalendarConnection:
    """Ana's calendar, of which Google tells us on a channel."""
    calendar.channel_id, calendar.pull_due_at = "channel-1", timezone.now() + timedelta(minutes=4)
    calendar.save()
    return calendar


def notice(client: Client, channel: str, token: str) -> int:
    headers = {
        "X-Goog-Channel-ID": channel,
        "X-Goog-Channel-Token": token,
        "X-Goog-Resource-State": "exists",
    }
    return client.post(HOOK, headers=headers).status_code


def test_a_notice_makes_the_reading_due_at_once(
    client: Client, opened: CalendarConnection, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as started:
        assert notice(client, "channel-1", channels.token_of("channel-1")) == 200
    assert len(started) == 1
    assert sync.due_to_pull(at=timezone.now()) == [opened.pk]


def test_a_notice_that_google_did_not_send_is_refused(
    client: Client, opened: CalendarConnection
) -> None:
    forged = channels.token_of("channel-2")
    tried = [("channel-1", ""), ("channel-1", forged), ("channel-1", "ñ"), ("", "")]
    assert [notice(client, *each) for each in tried] == [403] * 4
    assert sync.due_to_pull(at=timezone.now()) == []
    assert client.get(HOOK).status_code == 405


def test_a_notice_of_a_closed_channel_starts_nothing(
    client: Client, opened: CalendarConnection, django_capture_on_commit_callbacks: Any
) -> None:
    sync.disconnect(opened, at=timezone.now())
    with django_capture_on_commit_callbacks() as started:
        assert notice(client, "channel-1", channels.token_of("channel-1")) == 200
    assert started == []


def test_a_channel_is_opened_once_and_renewed_before_it_ends(
    calendar: CalendarConnection, google: FakeGoogle, settings: Any
) -> None:
    settings.HTTPS, settings.PUBLIC_URL = True, "https://crm.example.com"
    at = timezone.now()
    for days in (0, 1, 7):
        CalendarConnection.objects.update(pull_due_at=at)
        sync.pull(calendar.pk, at=at + timedelta(days=days))
    first, second = google.channels
    assert first["address"] == "https://crm.example.com/hooks/google/"
    assert channels.is_ours(first["id"], first["token"])
    assert CalendarConnection.objects.get().channel_id == second["id"] != first["id"]


def test_without_https_or_with_google_refusing_the_calendar_is_read_all_the_same(
    calendar: CalendarConnection, google: FakeGoogle, settings: Any, at: datetime
) -> None:
    for https in (False, True):
        settings.HTTPS = https
        google.failures.extend([500] if https else [])
        CalendarConnection.objects.update(pull_due_at=at)
        sync.pull(calendar.pk, at=at)
    assert google.channels == []
    assert google.calls("GET") == ["GET", "GET"]
