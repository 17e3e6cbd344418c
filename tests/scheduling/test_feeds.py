"""An agent's feed, read back by a calendar's own parser."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from brokers.models import User
from leads.models import Lead
from scheduling import booking, feeds
from scheduling.calendars import ics
from scheduling.models import Appointment, CalendarConnection
from scheduling.sync import connection_of
from tests.conftest import SANTIAGO
from tests.factories import AppointmentFactory, LeadFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def mine(agent: User) -> CalendarConnection:
    return connection_of(agent)


@pytest.fixture
def visit(lead: Lead, agent: User, at: datetime) -> Appointment:
    return booking.book(
        lead, start=at + 2 * DAY, agent=agent, location="Ñuñoa, depto. 5; torre A", by=agent, at=at
    )


@pytest.fixture
def at() -> datetime:
    """This morning: a feed reaches back from the day on which it is read."""
    return timezone.now().astimezone(SANTIAGO).replace(hour=10, minute=0, second=0, microsecond=0)


def events(body: bytes) -> list[dict[str, object]]:
    return [
        {name: component.decoded(name) for name in ("uid", "sequence", "status", "dtstart")}
        for component in Calendar.from_ical(body).walk("VEVENT")
    ]


def read(client: Client, connection: CalendarConnection) -> bytes:
    response = client.get(f"/cal/{connection.feed_token}.ics")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return response.content


def test_the_feed_shows_the_agent_s_visits_and_nobody_else_s(
    client: Client, mine: CalendarConnection, visit: Appointment, agent2: User, at: datetime
) -> None:
    AppointmentFactory(broker=visit.broker, agent=agent2, start_time=at + DAY)
    AppointmentFactory(broker=visit.broker, agent=visit.agent, start_time=at - 90 * DAY)
    [event] = Calendar.from_ical(read(client, mine)).walk("VEVENT")
    assert event.decoded("dtstart") == visit.start_time
    assert event.decoded("dtend") - event.decoded("dtstart") == HOUR
    assert str(event["summary"]) == f"Visita a propiedad · {visit.lead}"
    assert str(event["location"]) == "Ñuñoa, depto. 5; torre A"


def test_the_uid_stays_the_sequence_rises_and_a_cancelled_visit_says_so(
    client: Client, mine: CalendarConnection, visit: Appointment, agent: User, at: datetime
) -> None:
    seen = [events(read(client, mine))[0]]
    booking.reschedule(visit, start=at + 3 * DAY, by=agent, at=at)
    seen.append(events(read(client, mine))[0])
    booking.confirm(visit, by=agent, at=at)
    seen.append(events(read(client, mine))[0])
    booking.cancel(visit, reason="", by=agent, at=at)
    seen.append(events(read(client, mine))[0])
    assert len({event["uid"] for event in seen}) == 1
    assert [event["sequence"] for event in seen] == [0, 1, 1, 2]
    assert [event["status"] for event in seen] == [
        "TENTATIVE",
        "TENTATIVE",
        "CONFIRMED",
        "CANCELLED",
    ]


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-04-04T12:00:00-03:00", "15:00"),
        ("2026-04-05T12:00:00-04:00", "16:00"),
        ("2026-09-05T12:00:00-04:00", "16:00"),
        ("2026-09-06T12:00:00-03:00", "15:00"),
    ],
)
def test_times_are_the_same_instant_on_either_side_of_a_change_of_clocks(
    agent: User, local: str, expected: str
) -> None:
    start = datetime.fromisoformat(local)
    visit = AppointmentFactory(broker=agent.broker, agent=agent, start_time=start)
    guest = ics.Guest("ana@example.com", "Ana", is_lead=False)
    [event] = events(ics.invitation(visit, guest, method=ics.REQUEST, at=start))
    assert event["dtstart"] == start
    assert f"{start.astimezone(UTC):%H:%M}" == expected


def test_an_agent_has_one_address_made_when_first_asked_for(agent: User, settings) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    first, second = connection_of(agent), connection_of(agent)
    assert (first.pk, first.state) == (second.pk, "disconnected")
    assert feeds.address(first) == f"https://crm.example.com/cal/{first.feed_token}.ics"


def test_unknown_tokens_and_deactivated_agents_are_404(
    client: Client, mine: CalendarConnection, agent: User
) -> None:
    assert client.get("/cal/nada.ics").status_code == 404
    agent.is_active = False
    agent.save()
    assert client.get(f"/cal/{mine.feed_token}.ics").status_code == 404
    assert client.post(f"/cal/{mine.feed_token}.ics").status_code == 405


def test_guessing_is_slowed_down(client: Client, db: None) -> None:
    answers = [client.get("/cal/nada.ics").status_code for _ in range(feeds.PER_MINUTE + 1)]
    assert answers == [404] * feeds.PER_MINUTE + [429]


def test_the_feed_costs_two_queries_however_many_visits(
    client: Client, mine: CalendarConnection, agent: User, django_assert_num_queries
) -> None:
    for days in range(1, 6):
        AppointmentFactory(
            broker=agent.broker,
            agent=agent,
            lead=LeadFactory(broker=agent.broker),
            start_time=timezone.now() + days * DAY,
        )
    with django_assert_num_queries(2):
        read(client, mine)
