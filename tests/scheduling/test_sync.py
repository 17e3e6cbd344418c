"""Agents' Google calendars follow the diary, over HTTP to a server that speaks as Google does."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brokers.models import User
from crm.errors import DomainError
from leads.models import Lead
from leads.parts import parts
from scheduling import booking, sync
from scheduling.calendars import outbox
from scheduling.calendars.google import Account, body_of
from scheduling.models import Appointment, CalendarConnection, CalendarEvent
from scheduling.tasks import pull_calendar, sweep_calendars
from tests.factories import (
    AppointmentFactory,
    CalendarConnectionFactory,
    CalendarEventFactory,
)
from tests.fakes.google import FakeGoogle
from tests.racing import race

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def start(at: datetime) -> datetime:
    return at + 2 * DAY


@pytest.fixture
def visit(
    lead: Lead, agent: User, calendar: CalendarConnection, start: datetime, at: datetime
) -> Appointment:
    return booking.book(
        lead, start=start, agent=agent, location="Irarrázaval 3400", by=agent, at=at
    )


def run(at: datetime) -> int:
    """What the sweep would start."""
    return sum(sync.push(pk, at=at) for pk in outbox.due(at=at))


def row(visit: Appointment | None = None) -> CalendarEvent:
    rows = CalendarEvent.objects.all()
    return rows.get(appointment=visit) if visit else rows.get()


def states() -> list[tuple[str, str]]:
    return list(CalendarEvent.objects.order_by("pk").values_list("action", "state"))


# --- Out ------------------------------------------------------------------------------------------


def test_a_booking_stands_in_the_agent_s_calendar_with_google_s_own_meet_link(
    visit: Appointment, lead: Lead, google: FakeGoogle, start: datetime, at: datetime
) -> None:
    assert run(at) == 1
    visit.refresh_from_db()
    [event] = google.events()
    assert event["summary"] == f"Visita a propiedad · {lead}"
    assert event["location"] == "Irarrázaval 3400"
    assert datetime.fromisoformat(event["start"]["dateTime"]) == start
    assert event["start"]["timeZone"] == "America/Santiago"
    assert (visit.google_event_id, visit.meet_url) == (event["id"], event["hangoutLink"])
    assert states() == [("upsert", "done")]
    assert run(at + HOUR) == 0


def test_a_booking_and_its_row_are_one_transaction(
    lead: Lead, agent: User, calendar: CalendarConnection, start: datetime, at: datetime
) -> None:
    booking.book(lead, start=start, agent=agent, by=agent, at=at)
    with pytest.raises(DomainError):
        booking.book(lead, start=at - DAY, agent=agent, by=agent, at=at)
    assert states() == [("upsert", "pending")]


def test_every_change_reaches_the_same_event(
    visit: Appointment, agent: User, google: FakeGoogle, start: datetime, at: datetime
) -> None:
    run(at)
    link = google.events()[0]["hangoutLink"]
    booking.reschedule(visit, start=start + HOUR, by=agent, at=at)
    run(at)
    [event] = google.events()
    assert datetime.fromisoformat(event["start"]["dateTime"]) == start + HOUR
    assert event["hangoutLink"] == link
    booking.confirm(visit, by=agent, at=at)
    run(at)
    assert google.events()[0]["summary"].endswith("(confirmada)")
    booking.cancel(visit, reason="", by=agent, at=at)
    run(at)
    assert google.events() == []
    booking.reinstate(visit, by=agent, at=at)
    run(at)
    assert [event["id"] for event in google.events()] == [outbox.event_id(visit)]


def test_a_visit_given_to_another_agent_changes_calendars_and_link(
    visit: Appointment, agent: User, agent2: User, admin: User, google: FakeGoogle, at: datetime
) -> None:
    run(at)
    refresh = CalendarConnection.objects.get(user=agent).credentials
    CalendarConnectionFactory(
        broker=agent.broker, user=agent2, calendar_id="luis@example.com", credentials=refresh
    )
    moved = booking.reassign(visit, to=agent2, by=admin, at=at)
    assert moved.meet_url == ""
    run(at)
    moved.refresh_from_db()
    assert (google.events(), len(google.events("luis@example.com"))) == ([], 1)
    assert moved.meet_url == google.events("luis@example.com")[0]["hangoutLink"]


def test_without_a_calendar_nothing_is_owed(
    lead: Lead, agent2: User, start: datetime, at: datetime
) -> None:
    booking.book(lead, start=start, agent=agent2, by=agent2, at=at)
    assert states() == []


def test_killed_between_the_call_and_the_commit_makes_no_second_event(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    dying = outbox.claim(row().pk, at=at)
    assert dying is not None
    Account(dying.connection).insert({"id": dying.event_id, **body_of(visit, dying.event_id)})
    assert run(at + MINUTE) == 0  # the lease of the dead still holds
    assert run(at + 2 * MINUTE) == 1
    assert google.calls() == ["POST", "POST", "PATCH"]
    assert len(google.events()) == 1
    visit.refresh_from_db()
    assert visit.meet_url == google.events()[0]["hangoutLink"]


def test_a_link_that_google_is_still_making_is_read_later(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    google.meet_is_pending = True
    run(at)
    visit.refresh_from_db()
    assert (visit.meet_url, row().reason) == ("", "meet_pending")
    google.meet_is_pending = False
    run(at + MINUTE)
    visit.refresh_from_db()
    assert visit.meet_url == google.events()[0]["hangoutLink"]
    assert states() == [("upsert", "done")]


def test_google_down_the_booking_stands_and_syncs_later(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    google.failures.extend([503, 429])
    assert [run(at), run(at), run(at + MINUTE), run(at + 2 * MINUTE)] == [1, 0, 1, 1]
    assert (visit.status, visit.meet_url) == ("scheduled", "")
    assert (states(), len(google.events())) == ([("upsert", "done")], 1)


def test_a_slow_answer_is_cut_off_and_tried_again(
    visit: Appointment, google: FakeGoogle, at: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setattr("crm.http.TIMEOUT", 0.05)
    google.delay = 0.2
    run(at)
    assert (row().state, row().reason) == ("pending", "timeout")


def test_after_many_attempts_it_is_shown_to_a_person_who_may_retry(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    CalendarEvent.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)
    google.failures.append(500)
    run(at)
    assert (row().state, row().reason) == ("failed", "http_500")
    sync.retry(row(), at=at)
    run(at)
    assert states() == [("upsert", "done")]
    with pytest.raises(DomainError):
        sync.retry(row(), at=at)


def test_what_google_refuses_for_good_is_not_tried_again(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    google.failures.append(400)
    run(at)
    assert (row().state, row().reason, run(at + DAY)) == ("failed", "http_400", 0)


def test_a_change_during_a_push_is_pushed_after_it(
    visit: Appointment, agent: User, google: FakeGoogle, start: datetime, at: datetime
) -> None:
    claimed = outbox.claim(row().pk, at=at)
    booking.reschedule(visit, start=start + HOUR, by=agent, at=at)
    assert outbox.due(at=at) == []
    assert claimed is not None
    assert outbox.settle(claimed, etag="1", at=at) is False
    assert (run(at), states()) == (1, [("upsert", "done")])
    assert datetime.fromisoformat(google.events()[0]["start"]["dateTime"]) == start + HOUR


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_make_one_call(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    assert sorted(race(4, lambda _: run(at))) == [0, 0, 0, 1]
    assert google.calls() == ["POST"]


def test_erasing_a_lead_takes_their_visits_out_of_the_calendar(
    visit: Appointment, lead: Lead, google: FakeGoogle, at: datetime
) -> None:
    run(at)
    part = next(part for part in parts() if part.name == "appointments")
    part.erase(lead)
    run(timezone.now())
    run(at + MINUTE)
    assert (google.events(), row().appointment) == ([], None)


# --- The lead as a guest --------------------------------------------------------------------------


def test_the_lead_is_a_guest_of_the_event_and_google_mails_nobody(
    visit: Appointment, lead: Lead, google: FakeGoogle, at: datetime
) -> None:
    Lead.objects.update(email="camila@example.com")
    run(at)
    [event] = google.events()
    assert event["attendees"] == [{"email": "camila@example.com", "displayName": str(lead)}]
    assert google.queries("POST") == [{"conferenceDataVersion": "1", "sendUpdates": "none"}]
    assert "/admin/" not in event["description"]  # a guest reads it
    assert f"/admin/scheduling/appointment/{visit.pk}/" in event["source"]["url"]


@pytest.mark.parametrize(("address", "chosen"), [(None, {}), ("a@example.com", {"invite_lead": 0})])
def test_no_guest_without_an_address_or_where_the_broker_does_not_want_it(
    visit: Appointment, lead: Lead, google: FakeGoogle, at: datetime, address: Any, chosen: Any
) -> None:
    Lead.objects.update(email=address)
    lead.broker.brokerpromptconfig.meeting_config = chosen
    lead.broker.brokerpromptconfig.save()
    run(at)
    assert "attendees" not in google.events()[0]


def test_a_guest_who_answers_in_their_calendar_changes_nothing_of_ours(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    Lead.objects.update(email="camila@example.com")
    run(at)
    pull(at)
    answered = [{**google.events()[0]["attendees"][0], "responseStatus": "declined"}]
    google.edit(outbox.event_id(visit), attendees=answered)
    assert (pull(at), google.events()[0]["attendees"]) == ([], answered)


# --- Access ---------------------------------------------------------------------------------------


def test_an_access_token_that_google_refuses_is_renewed_once(
    visit: Appointment, agent: User, calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    run(at)
    google.expire_access()
    booking.confirm(visit, by=agent, at=at)
    assert run(at) == 1
    assert google.calls("PATCH") == ["PATCH", "PATCH"]
    kept = CalendarConnection.objects.get().credentials
    assert kept["refresh_token"] == "refresh"
    assert kept["access_token"].startswith("access-")


def test_access_taken_away_breaks_the_connection_and_visits_wait_for_a_new_one(
    visit: Appointment, agent: User, google: FakeGoogle, at: datetime
) -> None:
    google.revoke()
    run(at)
    assert CalendarConnection.objects.get().state == "broken"
    assert (run(at + DAY), states()) == (0, [("upsert", "pending")])
    google.revoked = False
    rows = sync.connect(agent, {"refresh_token": "refresh"}, at=at)
    assert [sync.push(pk, at=at + 2 * MINUTE) for pk in rows] == [True]
    assert len(google.events()) == 1


def test_connecting_brings_the_visits_ahead(
    lead: Lead, agent: User, google: FakeGoogle, at: datetime
) -> None:
    for days, status in ((-2, "completed"), (2, "scheduled"), (3, "cancelled")):
        AppointmentFactory(
            broker=lead.broker,
            agent=agent,
            start_time=at + days * DAY,
            status=status,
            cancelled_at=at if status == "cancelled" else None,
        )
    rows = sync.connect(agent, {"refresh_token": "refresh"}, at=at)
    assert [sync.push(pk, at=at) for pk in rows] == [True]
    assert len(google.events()) == 1


def test_disconnecting_forgets_the_access(
    visit: Appointment, calendar: CalendarConnection, at: datetime
) -> None:
    sync.disconnect(calendar, at=at)
    calendar.refresh_from_db()
    assert (calendar.credentials, calendar.state, run(at)) == ({}, "disconnected", 0)


# --- In -------------------------------------------------------------------------------------------


def pull(at: datetime) -> list[int]:
    CalendarConnection.objects.update(pull_due_at=at)
    return sync.pull(CalendarConnection.objects.get().pk, at=at)


def test_our_own_echo_is_ignored(visit: Appointment, google: FakeGoogle, at: datetime) -> None:
    run(at)
    assert (pull(at), pull(at)) == ([], [])
    assert google.calls() == ["POST", "GET", "GET"]


def test_what_the_agent_moves_or_removes_in_google_is_put_back(
    visit: Appointment, google: FakeGoogle, start: datetime, at: datetime
) -> None:
    run(at)
    pull(at)
    for edit in ({"start": {"dateTime": "2026-12-24T10:00:00-03:00"}}, {"status": "cancelled"}):
        google.edit(visit_id := outbox.event_id(visit), **edit)
        assert pull(at) == [row().pk]
        run(at)
        [event] = google.events()
        assert datetime.fromisoformat(event["start"]["dateTime"]) == start
        assert (event["id"], pull(at)) == (visit_id, [])


def test_a_forgotten_sync_token_reads_everything_again(
    visit: Appointment, google: FakeGoogle, at: datetime
) -> None:
    run(at)
    for number in range(3):
        google.edit(f"own{number}", summary="Dentista")
    pull(at)
    google.edit(outbox.event_id(visit), summary="Otra cosa")
    google.forget_tokens()
    assert pull(at) == [row().pk]
    assert google.calls("GET") == ["GET", "GET", "GET", "GET", "GET"]  # two pages, 410, two pages
    assert CalendarConnection.objects.get().sync_token != ""


def test_reading_is_due_every_five_minutes_and_once(
    visit: Appointment, calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    CalendarConnection.objects.update(pull_due_at=at)
    assert sync.due_to_pull(at=at) == [calendar.pk]
    sync.pull(calendar.pk, at=at)
    sync.pull(calendar.pk, at=at)
    assert google.calls("GET") == ["GET"]
    assert sync.due_to_pull(at=at + 4 * MINUTE) == []
    assert sync.due_to_pull(at=at + 5 * MINUTE) == [calendar.pk]


def test_a_revoked_access_found_while_reading_breaks_the_connection(
    calendar: CalendarConnection, google: FakeGoogle, at: datetime
) -> None:
    google.revoke()
    assert pull(at) == []
    assert CalendarConnection.objects.get().state == "broken"


def test_the_sweep_costs_the_same_for_one_row_and_for_many(
    visit: Appointment, calendar: CalendarConnection, at: datetime
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            outbox.due(at=at + DAY)
            sync.due_to_pull(at=at + DAY)
        return len(queries)

    few = cost()
    for _ in range(5):
        CalendarEventFactory(broker=visit.broker, connection=calendar, due_at=at)
    assert (few, cost()) == (2, 2)


def test_sweep_and_tasks_start_what_waits(
    visit: Appointment,
    calendar: CalendarConnection,
    google: FakeGoogle,
    at: datetime,
    django_capture_on_commit_callbacks: Any,
) -> None:
    ahead = timezone.now() + DAY  # tasks have the clock of the wall, and read no bygone visits
    Appointment.objects.update(start_time=ahead, end_time=ahead + timedelta(hours=1))
    CalendarConnection.objects.update(pull_due_at=at)
    with django_capture_on_commit_callbacks() as started:
        assert sweep_calendars(at=at.isoformat()) == 2
    assert len(started) == 2
    run(at)
    google.edit(outbox.event_id(visit), summary="Otra cosa")
    CalendarConnection.objects.update(pull_due_at=timezone.now())
    assert pull_calendar(calendar.pk) == 1
