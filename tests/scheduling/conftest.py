"""Google as tests meet it: a local server, and Ana's calendar joined to it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from brokers.models import User
from scheduling.models import CalendarConnection
from tests.factories import CalendarConnectionFactory
from tests.fakes.google import FakeGoogle


@pytest.fixture
def google(settings: Any) -> Iterator[FakeGoogle]:
    with FakeGoogle() as server:
        settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "client", "secret"
        settings.GOOGLE_CALENDAR_API_URL = server.url
        settings.GOOGLE_TOKEN_URL = server.token_url
        yield server


@pytest.fixture
def calendar(agent: User, google: FakeGoogle) -> CalendarConnection:
    """Ana's; its access token has run out, so that the first call renews it."""
    return CalendarConnectionFactory(
        broker=agent.broker,
        user=agent,
        credentials={
            "access_token": "old",
            "refresh_token": "refresh",
            "expires_at": (timezone.now() - timedelta(hours=1)).isoformat(),
        },
    )
