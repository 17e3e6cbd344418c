"""An agent's busy time in Google blocks their diary, and nothing of what it is about is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokers.models import User
from crm.errors import ProviderError
from leads.models import Lead, LeadAlert
from scheduling import availability, booking, sync
from scheduling.calendars.busy import AHEAD, KEPT, Span, span_of
from scheduling.models import AppointmentBlock, CalendarConnection
from tests.api import codes, signed_in
from tests.factories import AppointmentBlockFactory, AvailabilitySlotFactory
from tests.fakes.google import FakeGoogle
from tests.racing import race

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SANTIAGO = ZoneInfo("America/Santiago")


def pull(at: datetime) -> list[int]:
    CalendarConnection.objects.update(pull_due_at=at)
    return sync.pull(CalendarConnection.objects.get().pk, at=at)


def put(google: FakeGoogle, name: str, start: datetime, **fields: Any) -> None:
    google.put(name, start.isoformat(), (start + HOUR).isoformat(), **fields)


def blocked() -> list[datetime]:
    rows = AppointmentBlock.objects.filter(source="google").order_by("start_time")
    return list(rows.values_list("start_time", flat=True))


# --- What takes time ------------------------------------------------------------------------------


def at_hours(start: str, end: str) -> dict[str, Any]:
    return {"start": {"dateTime": start}, "end": {"dateTime": end}}


def whole_day(first: str, after: str) -> dict[str, Any]:
    return {"start": {"date": first}, "end": {"date": after}}


ELEVEN = at_hours("2026-11-26T11:00:00-03:00", "2026-11-26T12:00:00-03:00")


def test_an_event_takes_the_time_between_its_instants() -> None:
    taken = Span(datetime(2026, 11, 26, 14, tzinfo=UTC), datetime(2026, 11, 26, 15, tzinfo=UTC))
    assert span_of(ELEVEN, SANTIAGO) == taken
    zoned = {"dateTime": "2026-11-26T11:00:00", "timeZone": "America/Santiago"}
    assert span_of({**ELEVEN, "start": zoned}, ZoneInfo("Asia/Tokyo")) == taken


@pytest.mark.parametrize(
    ("first", "after", "hours"),
    [("2026-11-26", "2026-11-27", 24), ("2026-04-04", "2026-04-05", 25), ("2026-09-06", "2026-09-07", 23)],
)  # fmt: skip
def test_a_whole_day_lasts_from_midnight_to_midnight_of_the_calendar(
    first: str, after: str, hours: int
) -> None:
    span = span_of(whole_day(first, after), SANTIAGO)
    assert span is not None
    assert span.end - span.start == hours * HOUR
    assert span.start.astimezone(SANTIAGO).date().isoformat() == first


@pytest.mark.parametrize(
    "event",
    [
        {**ELEVEN, "transparency": "transparent"},
        {**ELEVEN, "status": "cancelled"},
        {**ELEVEN, "eventType": "workingLocation"},
        {**ELEVEN, "attendees": [{"self": True, "responseStatus": "declined"}]},
        at_hours("2026-11-26T11:00:00-03:00", "2026-11-26T11:00:00-03:00"),
        {"id": "deleted", "status": "confirmed"},
        at_hours("mañana", "2026-11-26T11:00:00-03:00"),
        {"start": "soon", "end": None},
    ],
)
def test_what_leaves_its_owner_free_or_makes_no_sense_takes_nothing(event: dict[str, Any]) -> None:
    assert span_of(event, SANTIAGO) is None


# --- Read, moved, deleted -------------------------------------------------------------------------


def test_a_busy_event_blocks_the_hour_at_once_and_says_only_ocupado(
    agent: User, calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    day = (at + 2 * DAY).astimezone(SANTIAGO)
    AvailabilitySlotFactory(
        broker=agent.broker, agent=agent, weekday=day.weekday(), start_time="10:00", end_time="12:00"
    )  # fmt: skip
    ten = day.replace(hour=10, minute=0)
    put(google, "dentista", ten, summary="Dentista", description="muela", location="Ñuñoa")
    pull(at)
    block = AppointmentBlock.objects.get()
    assert (block.agent, block.source, block.external_id) == (agent, "google", "dentista")
    assert block.reason == "Ocupado"
    slots = availability.free_slots(agent.broker, start=at, end=at + 3 * DAY, at=at, agent=agent)
    assert [slot.start for slot in slots] == [ten + HOUR]


def test_blocks_follow_their_event_when_it_moves_and_go_when_it_goes(
    calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    put(google, "gimnasio", at + DAY)
    pull(at)
    put(google, "gimnasio", at + 2 * DAY)
    put(google, "libre", at + 3 * DAY, transparency="transparent")
    pull(at)
    assert blocked() == [at + 2 * DAY]
    google.edit("gimnasio", transparency="transparent")
    google.edit("libre", transparency="opaque")
    pull(at)
    assert blocked() == [at + 3 * DAY]
    google.edit("libre", status="cancelled")
    pull(at)
    assert blocked() == []


def test_a_repeating_event_blocks_each_of_its_days(
    calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    put(google, "clase", at + DAY, recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    for day in range(1, 4):
        put(google, f"clase_{day}", at + day * DAY, recurringEventId="clase")
    pull(at)
    assert blocked() == [at + DAY, at + 2 * DAY, at + 3 * DAY]
    google.edit("clase_2", status="cancelled")
    pull(at)
    assert blocked() == [at + DAY, at + 3 * DAY]
    google.edit("clase", status="cancelled")  # the whole series, told by its own id only
    pull(at)
    assert blocked() == []


def test_our_own_visits_are_no_busy_time(
    lead: Lead, agent: User, calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    visit = booking.book(lead, start=at + DAY, agent=agent, by=agent, at=at)
    sync.push(visit.calendar_events.get().pk, at=at)
    pull(at)
    visit.calendar_events.all().delete()  # as after leaving and joining again
    CalendarConnection.objects.update(read_all_at=None)
    pull(at + HOUR)
    assert (blocked(), LeadAlert.objects.count()) == ([], 0)


def test_a_forgotten_token_reads_everything_and_drops_what_is_no_longer_there(
    agent: User, calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    for number in range(5):
        put(google, f"cita{number}", at + (number + 1) * DAY)
    by_hand = AppointmentBlockFactory(
        broker=agent.broker, agent=agent, start_time=at, end_time=at + HOUR
    )
    pull(at)
    del google.calendars["primary"]["cita0"]  # gone without a trace in what changed
    google.forget_tokens()
    pull(at)
    assert blocked() == [at + day * DAY for day in range(2, 6)]
    assert AppointmentBlock.objects.filter(pk=by_hand.pk).exists()


def test_everything_is_read_once_a_day_as_far_ahead_as_anybody_may_ask(
    calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    put(google, "lejos", at + AHEAD + 36 * HOUR)
    pull(at)
    pull(at + DAY - HOUR)
    assert blocked() == []
    pull(at + 2 * DAY)
    assert blocked() == [at + AHEAD + 36 * HOUR]
    asked = [query for method, _path, query in google.requests if method == "GET"]
    assert [sorted({"syncToken", "timeMin"} & set(query)) for query in asked] == [
        ["timeMin"],
        ["syncToken"],
        ["timeMin"],
    ]
    AppointmentBlock.objects.update(start_time=at - KEPT, end_time=at - KEPT + HOUR)
    pull(at + 3 * DAY)
    assert not AppointmentBlock.objects.filter(end_time__lt=at).exists()


def test_a_reader_killed_half_way_begins_again_where_it_was(
    calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    for number in range(3):
        put(google, f"cita{number}", at + (number + 1) * DAY)
    CalendarConnection.objects.update(pull_due_at=at, reading_until=at + HOUR / 12)
    assert sync.due_to_pull(at=at) == []  # the lease of the dead holds
    assert sync.due_to_pull(at=at + HOUR / 10) == [calendar.pk]
    CalendarConnection.objects.update(reading_until=None)
    google.failures.extend([200, 500])
    with pytest.raises(ProviderError):
        pull(at)
    assert (len(blocked()), CalendarConnection.objects.get().sync_token) == (2, "")
    pull(at)
    assert len(blocked()) == 3


def test_disconnecting_frees_what_lay_ahead_and_a_late_reader_brings_nothing_back(
    calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    put(google, "ayer", at - 6 * HOUR)
    put(google, "pronto", at + DAY)
    pull(at)
    reading = CalendarConnection.objects.select_related("user", "broker").get()
    reading.reading_until = at + HOUR
    reading.save()
    sync.disconnect(calendar, at=at)
    assert blocked() == [at - 6 * HOUR]
    page = {"items": [{"id": "tarde", **ELEVEN}]}
    assert sync._take_in(reading, page, at) is None
    assert blocked() == [at - 6 * HOUR]


def test_deleting_the_connection_frees_it_too(
    calendar: CalendarConnection, google: FakeGoogle, admin: User, client: Client
) -> None:
    put(google, "pronto", timezone.now() + DAY)
    pull(timezone.now())
    assert len(blocked()) == 1
    client.force_login(admin)
    url = reverse("admin:scheduling_calendarconnection_delete", args=[calendar.pk])
    client.post(url, {"post": "yes"})
    assert (blocked(), CalendarConnection.objects.count()) == ([], 0)


# --- Over an appointment --------------------------------------------------------------------------


def test_an_event_over_an_appointment_tells_its_agent_once_and_moves_nothing(
    lead: Lead, agent: User, agent2: User, calendar: CalendarConnection, google: FakeGoogle,
    at: datetime,
) -> None:  # fmt: skip
    lead.assigned_to = agent2
    lead.save()
    visit = booking.book(lead, start=at + DAY, agent=agent, by=agent, at=at)
    put(google, "antes", visit.start_time - HOUR)
    pull(at)
    assert LeadAlert.objects.count() == 0
    put(google, "antes", visit.start_time - HOUR / 2)
    pull(at)
    pull(at)
    alert = LeadAlert.objects.get()
    assert (alert.kind, alert.details["user"]) == ("calendar_conflict", agent.pk)
    visit.refresh_from_db()
    assert (visit.status, visit.start_time) == ("scheduled", at + DAY)


@pytest.mark.django_db(transaction=True)
def test_a_booking_and_a_block_at_the_same_moment_see_each_other(
    lead: Lead, agent: User, calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    AvailabilitySlotFactory(broker=agent.broker, agent=agent, weekday=(at + DAY).weekday())
    put(google, "choque", at + DAY)
    CalendarConnection.objects.update(pull_due_at=at)

    def work(number: int) -> Any:
        if number:
            return sync.pull(calendar.pk, at=at)
        return booking.book(lead, start=at + DAY, agent=agent, by=agent, at=at).pk

    race(2, work)
    assert blocked() == [at + DAY]
    told = LeadAlert.objects.filter(kind="calendar_conflict").count()
    booked = lead.appointments.get()
    assert told == 1 or booked.created_at >= AppointmentBlock.objects.get().created_at


@pytest.mark.django_db(transaction=True)
def test_of_two_readers_one_reads(
    calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    put(google, "uno", at + DAY)
    CalendarConnection.objects.update(pull_due_at=at)
    race(4, lambda _: sync.pull(calendar.pk, at=at))
    assert (google.calls("GET"), blocked()) == (["GET"], [at + DAY])


# --- Seen and not edited --------------------------------------------------------------------------


def test_people_see_the_block_and_cannot_change_it(
    agent: User, calendar: CalendarConnection, google: FakeGoogle, client: Client, at: datetime
) -> None:
    put(google, "dentista", at + DAY)
    pull(at)
    block = AppointmentBlock.objects.get()
    ana = signed_in(agent)
    url = f"/api/v1/availability/blocks/{block.pk}/"
    assert ana.get(url).json()["source"] == "google"
    answers = [ana.patch(url, {"reason": "mío"}), ana.delete(url)]
    assert [(a.status_code, codes(a)) for a in answers] == [
        (409, [(None, "block_of_calendar")])
    ] * 2
    client.force_login(agent)
    page = reverse("admin:scheduling_appointmentblock_change", args=[block.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": "mío"}).status_code == 403
    assert client.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    mine = AppointmentBlockFactory(
        broker=agent.broker, agent=agent, start_time=at, end_time=at + HOUR
    )
    chosen = {"action": "delete_selected", "_selected_action": [block.pk, mine.pk], "post": "yes"}
    client.post(reverse("admin:scheduling_appointmentblock_changelist"), chosen)
    assert list(AppointmentBlock.objects.all()) == [block]
