"""Appointments, availability and free slots through the API."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from brokers.models import User
from leads.models import Lead
from scheduling.models import Appointment, AppointmentBlock, AvailabilitySlot
from tests.api import codes, signed_in
from tests.factories import (
    AppointmentFactory,
    AvailabilitySlotFactory,
    CalendarConnectionFactory,
    CalendarEventFactory,
    ConversationFactory,
    LeadFactory,
)

APPOINTMENTS, WINDOWS = "/api/v1/appointments/", "/api/v1/availability/windows/"
BLOCKS, SLOTS = "/api/v1/availability/blocks/", "/api/v1/availability/slots/"
SANTIAGO = ZoneInfo("America/Santiago")


@pytest.fixture
def soon() -> datetime:
    """Ten o'clock in Santiago, the day after tomorrow."""
    day = timezone.now().astimezone(SANTIAGO) + timedelta(days=2)
    return day.replace(hour=10, minute=0, second=0, microsecond=0)


@pytest.fixture
def booked(lead: Lead, agent: User, soon: datetime) -> dict[str, Any]:
    ConversationFactory(broker=lead.broker, lead=lead)
    answer = signed_in(agent).post(
        APPOINTMENTS, {"lead": lead.pk, "start_time": soon.isoformat(), "location": "Italia 1000"}
    )
    assert answer.status_code == 201
    return answer.json()


def act(user: User, appointment: dict[str, Any], verb: str, body: Any = None) -> Any:
    return signed_in(user).post(f"{APPOINTMENTS}{appointment['id']}/{verb}/", body)


def test_creating_books_with_the_agent_and_moves_the_lead(
    booked: dict[str, Any], agent: User, lead: Lead, soon: datetime
) -> None:
    assert (booked["agent"], booked["lead"], booked["status"]) == (agent.pk, lead.pk, "scheduled")
    assert datetime.fromisoformat(booked["start_time"]) == soon
    assert (booked["duration_minutes"], booked["location"]) == (60, "Italia 1000")
    lead.refresh_from_db()
    assert lead.pipeline_stage == "agendado"


def test_booking_again_is_the_same_appointment(
    booked: dict[str, Any], agent: User, lead: Lead, soon: datetime
) -> None:
    again = signed_in(agent).post(APPOINTMENTS, {"lead": lead.pk, "start_time": soon.isoformat()})
    assert (again.json()["id"], Appointment.objects.count()) == (booked["id"], 1)


def test_an_agents_time_is_booked_once(booked: dict[str, Any], admin: User, agent: User) -> None:
    other = LeadFactory(broker=admin.broker)
    ConversationFactory(broker=admin.broker, lead=other)
    given = {"lead": other.pk, "start_time": booked["start_time"], "agent": agent.pk}
    answer = signed_in(admin).post(APPOINTMENTS, given)
    assert (answer.status_code, codes(answer)) == (409, [(None, "slot_taken")])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lead": None}, "lead"),
        ({"lead": 0}, "lead"),
        ({"start_time": "mañana"}, "start_time"),
        ({"start_time": "2020-01-01T10:00:00Z"}, "start_time"),
        ({"start_time": None}, "start_time"),
        ({"start_time": "9999-12-31T23:59:00Z"}, "start_time"),
        ({"start_time": "0001-01-01T00:00:00+14:00"}, "start_time"),
        ({"duration_minutes": 4}, "duration_minutes"),
        ({"duration_minutes": 1441}, "duration_minutes"),
        ({"appointment_type": "fiesta"}, "appointment_type"),
        ({"location": "x" * 501}, "location"),
        ({"agent": 99_999}, "agent"),
    ],
)
def test_a_booking_that_does_not_fit_is_refused_by_field(
    admin: User, lead: Lead, soon: datetime, change: dict[str, Any], field: str
) -> None:
    given = {"lead": lead.pk, "start_time": soon.isoformat(), **change}
    answer = signed_in(admin).post(APPOINTMENTS, given)
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)


def test_a_superadmin_books_no_agent_of_another_broker(
    superadmin: User, rival_agent: User, lead: Lead, soon: datetime
) -> None:
    given = {"lead": lead.pk, "start_time": soon.isoformat(), "agent": rival_agent.pk}
    answer = signed_in(superadmin).post(APPOINTMENTS, given)
    assert (answer.status_code, codes(answer)[0][0]) == (400, "agent")
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("confirm", "confirmed"),
        ("cancel", "cancelled"),
        ("complete", "completed"),
        ("no-show", "no_show"),
    ],
)
def test_each_verb_changes_the_status(
    booked: dict[str, Any], agent: User, verb: str, status: str
) -> None:
    answer = act(agent, booked, verb)
    assert (answer.status_code, answer.json()["status"]) == (200, status)


def test_a_cancelled_appointment_stays_so(booked: dict[str, Any], agent: User) -> None:
    cancelled = act(agent, booked, "cancel", {"reason": "Viaja"}).json()
    assert cancelled["cancellation_reason"] == "Viaja"
    for verb in ("confirm", "complete", "no-show"):
        answer = act(agent, booked, verb)
        assert (answer.status_code, codes(answer)) == (409, [(None, "appointment_not_active")])


def test_rescheduling_keeps_the_length(booked: dict[str, Any], agent: User, soon: datetime) -> None:
    later = soon + timedelta(days=1)
    moved = act(agent, booked, "reschedule", {"start_time": later.isoformat()}).json()
    assert datetime.fromisoformat(moved["start_time"]) == later
    assert datetime.fromisoformat(moved["end_time"]) == later + timedelta(hours=1)
    assert codes(act(agent, booked, "reschedule", {})) == [("start_time", "required")]


def test_an_admin_gives_an_appointment_to_another_agent(
    booked: dict[str, Any], admin: User, agent: User, agent2: User, rival_agent: User
) -> None:
    assert act(agent, booked, "reassign", {"agent": agent.pk}).status_code == 403
    assert act(admin, booked, "reassign", {"agent": agent2.pk}).json()["agent"] == agent2.pk
    foreign = act(admin, booked, "reassign", {"agent": rival_agent.pk})
    assert codes(foreign) == [("agent", "does_not_exist")]


def test_only_the_notes_are_edited_by_hand(booked: dict[str, Any], agent: User) -> None:
    change = {"notes": "Llevar llaves", "status": "completed", "agent": None}
    answer = signed_in(agent).patch(f"{APPOINTMENTS}{booked['id']}/", change).json()
    assert (answer["notes"], answer["status"], answer["agent"]) == (
        "Llevar llaves",
        "scheduled",
        agent.pk,
    )


def test_an_agent_sees_their_own_appointments(agent: User, agent2: User) -> None:
    mine = AppointmentFactory(broker=agent.broker, agent=agent)
    AppointmentFactory(broker=agent.broker, agent=agent2)
    rows = signed_in(agent).get(APPOINTMENTS).json()["results"]
    assert [row["id"] for row in rows] == [mine.pk]


def test_appointments_are_filtered(admin: User, agent: User) -> None:
    made = AppointmentFactory(broker=admin.broker, agent=agent)
    client = signed_in(admin)
    day = {"start_from": "2026-11-26T00:00:00-03:00", "start_until": "2026-11-27T00:00:00-03:00"}
    for query in (day, {"agent": agent.pk}, {"lead": made.lead_id}, {"status": "scheduled"}):
        assert client.get(APPOINTMENTS, query).json()["count"] == 1
    for query in ({"agent": admin.pk}, {"status": "cancelled"}, {"start_until": day["start_from"]}):
        assert client.get(APPOINTMENTS, query).json()["count"] == 0


# --- Availability ------------------------------------------------------------------------------


def test_an_agents_window_is_their_own(agent: User, agent2: User) -> None:
    client = signed_in(agent)
    given = {"weekday": 1, "start_time": "09:00", "end_time": "18:00"}
    mine = client.post(WINDOWS, given)
    assert (mine.status_code, mine.json()["agent"]) == (201, agent.pk)
    everybody = client.post(WINDOWS, {**given, "agent": None})
    assert (everybody.status_code, codes(everybody)) == (400, [("agent", "invalid")])
    others = client.post(WINDOWS, {**given, "agent": agent2.pk})
    assert codes(others) == [("agent", "does_not_exist")]
    taken = client.patch(f"{WINDOWS}{mine.json()['id']}/", {"agent": None})
    assert taken.status_code == 400
    assert client.delete(f"{WINDOWS}{mine.json()['id']}/").status_code == 204


def test_an_admin_makes_windows_for_everybody(admin: User) -> None:
    given = {"weekday": 0, "start_time": "09:00", "end_time": "18:00", "agent": None}
    answer = signed_in(admin).post(WINDOWS, given)
    assert (answer.status_code, answer.json()["agent"]) == (201, None)
    assert AvailabilitySlot.objects.get().broker == admin.broker


def test_a_superadmin_mixes_no_brokers(superadmin: User, agent: User, rival_agent: User) -> None:
    client = signed_in(superadmin)
    given = {"weekday": 0, "start_time": "09:00", "end_time": "18:00", "broker": agent.broker_id}
    mixed = client.post(WINDOWS, {**given, "agent": rival_agent.pk})
    assert (mixed.status_code, codes(mixed)) == (400, [("agent", "does_not_exist")])
    made = client.post(WINDOWS, {**given, "agent": agent.pk})
    assert (made.status_code, made.json()["broker"]) == (201, agent.broker_id)
    mixed = client.patch(f"{WINDOWS}{made.json()['id']}/", {"agent": rival_agent.pk})
    assert codes(mixed) == [("agent", "does_not_exist")]


@pytest.mark.parametrize(
    "change",
    [
        {"weekday": 7},
        {"weekday": "lunes"},
        {"end_time": "08:00"},
        {"end_time": "09:00"},
        {"start_time": "25:00"},
        {"step_minutes": 0},
        {"step_minutes": 1000},
        {"valid_from": "2026-12-02", "valid_until": "2026-12-01"},
        {"appointment_type": "fiesta"},
    ],
)
def test_a_window_that_makes_no_sense_is_refused(admin: User, change: dict[str, Any]) -> None:
    given = {"weekday": 0, "start_time": "09:00", "end_time": "18:00", **change}
    assert signed_in(admin).post(WINDOWS, given).status_code == 400
    made = AvailabilitySlotFactory(broker=admin.broker)
    assert signed_in(admin).patch(f"{WINDOWS}{made.pk}/", change).status_code == 400


@pytest.mark.parametrize("rule", ["LUNES", "FREQ=SECONDLY", "FREQ=WEEKLY;BYDAY=XX", "x" * 301])
def test_a_block_that_repeats_oddly_is_refused(admin: User, rule: str) -> None:
    given = {"start_time": "2026-12-01T10:00:00Z", "end_time": "2026-12-01T11:00:00Z"}
    answer = signed_in(admin).post(BLOCKS, {**given, "rrule": rule})
    assert (answer.status_code, codes(answer)[0][0]) == (400, "rrule")
    backwards = {"start_time": given["end_time"], "end_time": given["start_time"]}
    assert signed_in(admin).post(BLOCKS, backwards).status_code == 400
    assert AppointmentBlock.objects.count() == 0


# --- Slots -------------------------------------------------------------------------------------


@pytest.fixture
def window(agent: User, soon: datetime) -> AvailabilitySlot:
    return AvailabilitySlotFactory(
        broker=agent.broker, agent=agent, weekday=soon.weekday(), step_minutes=60
    )


def starts(answer: Any) -> list[datetime]:
    return [datetime.fromisoformat(slot["start_time"]) for slot in answer.json()["results"]]


def test_slots_of_a_day_name_who_is_free(
    admin: User, agent: User, window: AvailabilitySlot, soon: datetime
) -> None:
    day = soon.date().isoformat()
    answer = signed_in(admin).get(SLOTS, {"from": day, "to": day, "duration": 60})
    hours = [start.astimezone(SANTIAGO).hour for start in starts(answer)]
    assert (hours, answer.json()["count"]) == ([9, 10, 11, 12, 13, 14, 15, 16, 17], 9)
    assert {tuple(slot["agents"]) for slot in answer.json()["results"]} == {(agent.pk,)}


def test_a_booked_slot_is_gone(
    admin: User, window: AvailabilitySlot, booked: dict[str, Any], soon: datetime
) -> None:
    asked = {"from": soon.isoformat(), "to": (soon + timedelta(hours=2)).isoformat()}
    assert starts(signed_in(admin).get(SLOTS, asked)) == [soon + timedelta(hours=1)]


def test_an_agent_is_shown_their_own_slots(agent2: User, window: AvailabilitySlot) -> None:
    assert signed_in(agent2).get(SLOTS).json()["count"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "ayer"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"to": "2026-11-24T10:00:00"}, "to"),
        ({"duration": "0"}, "duration"),
        ({"type": "fiesta"}, "type"),
        ({"agent": "x"}, "agent"),
        ({"agent": "99999"}, "agent"),
    ],
)
def test_slots_asked_for_oddly_are_refused_by_field(
    admin: User, query: dict[str, str], field: str
) -> None:
    answer = signed_in(admin).get(SLOTS, query)
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-11-24", "to": "2026-11-20"},
        {"from": "2026-01-01", "to": "2026-12-31"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-31", "to": "9999-12-31"},
        {"from": "9999-12-31T23:59:59Z"},
    ],
)
def test_a_range_that_is_none_is_refused(admin: User, query: dict[str, str]) -> None:
    assert signed_in(admin).get(SLOTS, query).status_code == 400


def test_slots_of_a_rivals_agent_are_not_asked_for(admin: User, rival_agent: User) -> None:
    answer = signed_in(admin).get(SLOTS, {"agent": rival_agent.pk})
    assert (answer.status_code, codes(answer)) == (400, [("agent", "does_not_exist")])


# --- Calendars ------------------------------------------------------------------------------------


def test_an_agent_asks_for_their_feed_and_only_they_read_its_address(
    agent: User, admin: User, settings: Any
) -> None:
    settings.PUBLIC_URL, settings.GOOGLE_CLIENT_ID = "https://crm.example.com", ""
    first, second = (signed_in(agent).post("/api/v1/calendars/mine/").json() for _ in range(2))
    assert first == second
    assert (first["state"], first["connect_url"]) == ("disconnected", None)
    assert first["feed_url"].startswith("https://crm.example.com/cal/")
    seen = signed_in(admin).get(f"/api/v1/calendars/{first['id']}/").json()
    assert (seen["user"], seen["feed_url"]) == (agent.pk, None)


def test_a_feed_gets_another_address_and_a_calendar_is_disconnected(agent: User) -> None:
    own = CalendarConnectionFactory(broker=agent.broker, user=agent)
    before = signed_in(agent).get(f"/api/v1/calendars/{own.pk}/").json()
    after = signed_in(agent).post(f"/api/v1/calendars/{own.pk}/renew-feed/").json()
    assert before["feed_url"] != after["feed_url"]
    told = signed_in(agent).post(f"/api/v1/calendars/{own.pk}/disconnect/").json()
    assert told["state"] == "disconnected"


def test_calendar_events_are_listed_and_those_that_gave_up_retried(agent: User) -> None:
    own = CalendarConnectionFactory(broker=agent.broker, user=agent)
    failed = CalendarEventFactory(broker=agent.broker, connection=own, state="failed")
    CalendarEventFactory(broker=agent.broker, connection=own)
    CalendarEventFactory(broker=agent.broker, state="failed")
    client = signed_in(agent)
    listed = client.get("/api/v1/calendars/events/?state=failed").json()["results"]
    assert [row["id"] for row in listed] == [failed.pk]
    address = f"/api/v1/calendars/events/{failed.pk}/retry/"
    assert client.post(address).json()["state"] == "pending"
    assert client.post(address).status_code == 409


def test_an_appointment_carries_the_lead_s_own_link(agent: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    visit = AppointmentFactory(broker=agent.broker, agent=agent)
    shown = signed_in(agent).get(f"/api/v1/appointments/{visit.pk}/").json()
    assert shown["visit_url"] == f"https://crm.example.com/visit/{visit.token}/"
