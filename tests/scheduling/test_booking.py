"""Appointments: who may book what, what a booking does to its lead, and how it is undone."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from brokers.models import User
from leads import pipeline
from leads.enums import Holder
from leads.models import ActivityLog, Conversation, Lead, LeadSignal
from leads.stages import Stage
from scheduling import booking
from scheduling.errors import (
    AgentNotAvailable,
    AlreadyBooked,
    InThePast,
    NotActive,
    SlotNotOffered,
    SlotTaken,
)
from scheduling.models import Appointment, SlotOffer
from tests.factories import (
    AppointmentBlockFactory,
    AppointmentFactory,
    BrokerFactory,
    LeadFactory,
    SlotOfferFactory,
    UserFactory,
)
from tests.racing import race

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def start(at: datetime) -> datetime:
    return at + timedelta(days=2)


@pytest.fixture
def visit(lead: Lead, agent: User, start: datetime, at: datetime) -> Appointment:
    return booking.book(lead, start=start, agent=agent, by=agent, at=at)


@pytest.fixture
def offered(lead: Lead, agent: User, start: datetime, at: datetime) -> SlotOffer:
    return offer_to(lead, agent, start, at)


def offer_to(lead: Lead, agent: User, start: datetime, at: datetime) -> SlotOffer:
    return SlotOfferFactory(
        broker=lead.broker,
        lead=lead,
        agent=agent,
        start_time=start,
        end_time=start + HOUR,
        hold_until=at + 5 * MINUTE,
    )


def events(lead: Lead) -> list[str]:
    rows = ActivityLog.objects.filter(lead=lead, action_type__startswith="appointment_")
    return list(rows.order_by("id").values_list("action_type", flat=True))


def active_signals(lead: Lead) -> set[str]:
    return set(LeadSignal.objects.filter(lead=lead, active=True).values_list("kind", flat=True))


# --- Booking -------------------------------------------------------------------------------------


def test_a_booking_moves_the_lead_to_agendado_and_counts_for_the_score(
    visit: Appointment, lead: Lead, agent: User, start: datetime
) -> None:
    lead.refresh_from_db()
    assert (visit.status, visit.agent, visit.start_time, visit.end_time) == (
        "scheduled",
        agent,
        start,
        start + HOUR,
    )
    assert (lead.pipeline_stage, visit.stage_before) == (Stage.SCHEDULED, Stage.ENTRY)
    assert active_signals(lead) == {"appointment_active"}
    assert lead.lead_score_components["behavior"] == 12
    assert events(lead) == ["appointment_booked"]


def test_booking_twice_is_one_appointment(
    visit: Appointment, lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    again = booking.book(lead, start=start, agent=agent, by=agent, at=at + MINUTE)
    assert again.pk == visit.pk
    assert events(lead) == ["appointment_booked"]


def test_another_time_moves_the_appointment(
    visit: Appointment, lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    Appointment.objects.update(reminder_sent_24h=True, reminder_sent_1h=True, status="confirmed")
    moved = booking.book(lead, start=start + HOUR / 2, agent=agent, by=agent, at=at)
    assert (moved.pk, moved.start_time, moved.status) == (visit.pk, start + HOUR / 2, "scheduled")
    assert (moved.reminder_sent_24h, moved.reminder_sent_1h, moved.ics_sequence) == (
        False,
        False,
        1,
    )
    assert events(lead) == ["appointment_booked", "appointment_rescheduled"]


def test_another_type_is_another_appointment(
    visit: Appointment, lead: Lead, agent2: User, start: datetime, at: datetime
) -> None:
    call = booking.book(
        lead, start=start, agent=agent2, appointment_type="phone_call", by=agent2, at=at
    )
    assert Appointment.objects.filter(lead=lead).count() == 2
    assert call.stage_before == Stage.ENTRY


def test_a_booking_gives_an_unassigned_lead_to_its_agent(
    lead: Lead, agent2: User, start: datetime, at: datetime
) -> None:
    Lead.objects.update(assigned_to=None)
    booking.book(lead, start=start, agent=agent2, by=agent2, at=at)
    lead.refresh_from_db()
    assert lead.assigned_to == agent2


def test_a_booking_leaves_an_assigned_lead_with_its_agent(
    lead: Lead, agent: User, agent2: User, start: datetime, at: datetime
) -> None:
    booking.book(lead, start=start, agent=agent2, by=agent2, at=at)
    lead.refresh_from_db()
    assert lead.assigned_to == agent


def test_without_an_agent_named_the_lead_s_own_is_chosen_if_free(
    lead: Lead, agent: User, agent2: User, admin: User, start: datetime, at: datetime
) -> None:
    first = booking.book(lead, start=start, by=admin, at=at)
    other = LeadFactory(broker=lead.broker, assigned_to=agent)
    second = booking.book(other, start=start, by=admin, at=at)
    third = LeadFactory(broker=lead.broker)
    with pytest.raises(SlotTaken):
        booking.book(third, start=start, by=admin, at=at)
    assert [first.agent, second.agent] == [agent, agent2]


def test_a_person_may_book_outside_the_windows_but_not_over_another_visit(
    visit: Appointment, agent: User, start: datetime, at: datetime
) -> None:
    other = LeadFactory(broker=visit.broker)
    with pytest.raises(SlotTaken):
        booking.book(other, start=start + 30 * MINUTE, agent=agent, by=agent, at=at)
    assert booking.book(other, start=start + HOUR, agent=agent, by=agent, at=at).agent == agent


def test_nobody_books_the_past(lead: Lead, agent: User, at: datetime) -> None:
    with pytest.raises(InThePast):
        booking.book(lead, start=at, agent=agent, by=agent, at=at)


def test_only_active_agents_of_the_broker_receive_visits(
    lead: Lead, agent: User, rival_agent: User, start: datetime, at: datetime
) -> None:
    gone = UserFactory(broker=lead.broker, is_active=False)
    for nobody in (rival_agent, gone):
        with pytest.raises(AgentNotAvailable):
            booking.book(lead, start=start, agent=nobody, by=agent, at=at)


@pytest.mark.parametrize("closed", [Stage.WON, Stage.LOST])
def test_a_booking_of_a_closed_lead_asks_a_person_and_moves_nothing(
    offered: SlotOffer, lead: Lead, closed: Stage, at: datetime
) -> None:
    status = "converted" if closed == Stage.WON else "lost"
    Lead.objects.update(pipeline_stage=closed, status=status)
    visit = booking.book_offer(lead, offer_id=offered.pk, at=at)
    conversation = Conversation.objects.get(lead=lead)
    lead.refresh_from_db()
    assert (conversation.holder, conversation.waiting_reason) == (Holder.WAITING, "closed_stage")
    assert (
        conversation.brief.split("\n")[1]
        == "Agendó una cita con el proceso cerrado: jueves 26 de noviembre a las 10:00."
    )
    booking.cancel(visit, reason="se arrepintió", at=at)
    lead.refresh_from_db()
    assert lead.pipeline_stage == closed


# --- The assistant books what it offered ---------------------------------------------------------


def test_the_assistant_books_an_offer_once(
    offered: SlotOffer, lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    other = offer_to(lead, agent, start + HOUR, at)
    first = booking.book_offer(lead, offer_id=offered.pk, at=at)
    again = booking.book_offer(lead, offer_id=offered.pk, at=at + MINUTE)
    offered.refresh_from_db()
    assert (first.pk, first.start_time, first.agent) == (again.pk, start, agent)
    assert offered.taken
    assert not SlotOffer.objects.filter(pk=other.pk).exists()


def test_without_a_person_only_offered_times_are_booked(
    offered: SlotOffer, lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    with pytest.raises(SlotNotOffered):
        booking.book(lead, start=start + HOUR, at=at)
    assert booking.book(lead, start=start, at=at).agent == agent


def test_an_offer_of_another_lead_is_unknown(offered: SlotOffer, lead: Lead, at: datetime) -> None:
    with pytest.raises(SlotNotOffered):
        booking.book_offer(LeadFactory(broker=lead.broker), offer_id=offered.pk, at=at)


def test_an_offer_whose_hold_ended_is_booked_while_the_time_is_free(
    offered: SlotOffer, lead: Lead, start: datetime, at: datetime
) -> None:
    assert booking.book_offer(lead, offer_id=offered.pk, at=at + 10 * MINUTE).start_time == start


@pytest.mark.parametrize("taken_by", ["visit", "block", "hold"])
def test_an_offer_whose_time_was_taken_meanwhile_is_refused(
    offered: SlotOffer, lead: Lead, agent: User, start: datetime, at: datetime, taken_by: str
) -> None:
    later, span = at + 10 * MINUTE, {"start_time": start, "end_time": start + HOUR}
    made = {"visit": AppointmentFactory, "block": AppointmentBlockFactory, "hold": SlotOfferFactory}
    more = {"hold_until": later + MINUTE} if taken_by == "hold" else {}
    made[taken_by](broker=lead.broker, agent=agent, **span, **more)
    with pytest.raises(SlotTaken):
        booking.book_offer(lead, offer_id=offered.pk, at=later)


def test_another_offer_moves_the_lead_s_visit_even_onto_its_own_time(
    visit: Appointment, lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    offered = offer_to(lead, agent, start + 30 * MINUTE, at)
    moved = booking.book_offer(lead, offer_id=offered.pk, at=at)
    assert (moved.pk, moved.start_time) == (visit.pk, start + 30 * MINUTE)


# --- Afterwards ----------------------------------------------------------------------------------


def test_reschedule_keeps_agent_and_length(
    visit: Appointment, agent: User, start: datetime, at: datetime
) -> None:
    moved = booking.reschedule(visit, start=start + 3 * HOUR, by=agent, at=at)
    assert (moved.agent, moved.start_time, moved.end_time) == (
        agent,
        start + 3 * HOUR,
        start + 4 * HOUR,
    )
    with pytest.raises(SlotNotOffered):
        booking.reschedule(visit, start=start, at=at)


def test_confirm_is_said_once(visit: Appointment, lead: Lead, at: datetime) -> None:
    assert [booking.confirm(visit, at=at).status for _ in range(2)] == ["confirmed", "confirmed"]
    assert events(lead) == ["appointment_booked", "appointment_confirmed"]


def test_cancelling_the_last_appointment_returns_to_the_stage_before(
    lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    pipeline.move(lead, to=Stage.QUALIFICATION, by=agent, at=at)
    visit = booking.book(lead, start=start, agent=agent, by=agent, at=at)
    call = booking.book(
        lead, start=start + HOUR, agent=agent, appointment_type="phone_call", by=agent, at=at
    )
    stages = []
    for each in (visit, call):
        booking.cancel(each, reason="viaje", by=agent, at=at)
        lead.refresh_from_db()
        stages.append(lead.pipeline_stage)
    assert stages == [Stage.SCHEDULED, Stage.QUALIFICATION]
    assert active_signals(lead) == set()
    assert lead.lead_score_components["behavior"] == 0


def test_a_cancelled_time_is_free_again(
    visit: Appointment, agent: User, start: datetime, at: datetime
) -> None:
    cancelled = booking.cancel(visit, reason="viaje", by=agent, at=at)
    other = LeadFactory(broker=visit.broker)
    again = booking.book(other, start=start, agent=agent, by=agent, at=at)
    assert (cancelled.status, cancelled.cancelled_at, cancelled.ics_sequence) == (
        "cancelled",
        at,
        1,
    )
    assert again.start_time == start


def test_a_completed_visit_moves_the_lead_to_seguimiento(
    visit: Appointment, lead: Lead, agent: User, at: datetime
) -> None:
    booking.complete(visit, by=agent, at=at + timedelta(days=3))
    lead.refresh_from_db()
    assert lead.pipeline_stage == Stage.FOLLOW_UP
    assert active_signals(lead) == {"appointment_completed"}


def test_a_no_show_moves_nothing_and_costs_points(
    visit: Appointment, lead: Lead, agent: User, at: datetime
) -> None:
    booking.mark_no_show(visit, by=agent, at=at + timedelta(days=3))
    lead.refresh_from_db()
    assert lead.pipeline_stage == Stage.SCHEDULED
    assert active_signals(lead) == {"no_show"}
    assert lead.lead_score_components["behavior"] == -8


def test_after_a_no_show_a_new_visit_still_knows_the_stage_before(
    visit: Appointment, lead: Lead, agent: User, at: datetime
) -> None:
    later = at + timedelta(days=3)
    booking.mark_no_show(visit, by=agent, at=later)
    second = booking.book(lead, start=later + HOUR, agent=agent, by=agent, at=later)
    booking.cancel(second, reason="no puede", by=agent, at=later)
    lead.refresh_from_db()
    assert lead.pipeline_stage == Stage.ENTRY


@pytest.mark.parametrize("over", ["cancel", "complete", "mark_no_show"])
def test_what_is_over_stays_over(visit: Appointment, agent: User, over: str, at: datetime) -> None:
    more = {"reason": "viaje"} if over == "cancel" else {}
    getattr(booking, over)(visit, by=agent, at=at, **more)
    verbs: dict[str, dict[str, Any]] = {
        "cancel": {"reason": "otra"},
        "complete": {},
        "mark_no_show": {},
        "confirm": {},
        "reschedule": {"start": at + HOUR},
        "reassign": {"to": agent},
    }
    for verb in verbs.keys() - {over}:
        with pytest.raises(NotActive):
            getattr(booking, verb)(visit, by=agent, at=at, **verbs[verb])
    logged = len(events(visit.lead))
    getattr(booking, over)(visit, by=agent, at=at, **more)
    assert len(events(visit.lead)) == logged


def test_reassign_gives_the_visit_to_a_free_agent_only(
    visit: Appointment, agent: User, agent2: User, admin: User, start: datetime, at: datetime
) -> None:
    AppointmentFactory(
        broker=visit.broker, agent=agent2, start_time=start + 30 * MINUTE, end_time=start + 2 * HOUR
    )
    with pytest.raises(SlotTaken):
        booking.reassign(visit, to=agent2, by=admin, at=at)
    free = UserFactory(broker=visit.broker)
    assert booking.reassign(visit, to=free, by=admin, at=at).agent == free


def test_reinstate_undoes_a_cancellation_unless_the_time_is_taken(
    visit: Appointment, lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    booking.cancel(visit, reason="viaje", by=agent, at=at)
    back = booking.reinstate(visit, by=agent, at=at)
    lead.refresh_from_db()
    assert (back.status, back.cancelled_at, lead.pipeline_stage) == (
        "scheduled",
        None,
        Stage.SCHEDULED,
    )
    booking.cancel(visit, reason="viaje", by=agent, at=at)
    other = LeadFactory(broker=lead.broker)
    booking.book(other, start=start, agent=agent, by=agent, at=at)
    with pytest.raises(SlotTaken):
        booking.reinstate(visit, by=agent, at=at)


def test_reinstate_undoes_a_no_show_for_the_score(
    visit: Appointment, lead: Lead, agent: User, at: datetime
) -> None:
    booking.mark_no_show(visit, by=agent, at=at)
    booking.reinstate(visit, by=agent, at=at)
    assert active_signals(lead) == {"appointment_active"}


def test_reinstate_refuses_a_second_active_visit(
    visit: Appointment, lead: Lead, agent: User, start: datetime, at: datetime
) -> None:
    booking.cancel(visit, reason="viaje", by=agent, at=at)
    booking.book(lead, start=start + 2 * HOUR, agent=agent, by=agent, at=at)
    with pytest.raises(AlreadyBooked):
        booking.reinstate(visit, by=agent, at=at)


def test_the_database_refuses_overlaps_whoever_writes(
    visit: Appointment, agent: User, agent2: User, start: datetime
) -> None:
    span = {"start_time": start + 30 * MINUTE, "end_time": start + 90 * MINUTE}
    other = AppointmentFactory(broker=visit.broker, agent=agent2, **span)
    gone = AppointmentFactory(
        broker=visit.broker, agent=agent, status="cancelled", cancelled_at=start, **span
    )
    for pk, change in (
        (other.pk, {"agent": agent}),
        (gone.pk, {"status": "scheduled", "cancelled_at": None}),
    ):
        with pytest.raises(IntegrityError, match="appointments_no_overlap"), transaction.atomic():
            Appointment.objects.filter(pk=pk).update(**change)


# --- At once -------------------------------------------------------------------------------------


def at_once(*calls: Any) -> list[Any]:
    """Run each call in a thread of its own, all together; returns results and refusals."""
    barrier, results = Barrier(len(calls)), []

    def run(call: Any) -> None:
        barrier.wait()
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 - the test looks at every one of them
            results.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_of_twenty_overlapping_bookings_at_once_exactly_one_wins(at: datetime) -> None:
    broker = BrokerFactory()
    agent = UserFactory(broker=broker)
    start = at + timedelta(days=2)
    leads = LeadFactory.create_batch(20, broker=broker)
    calls = [
        lambda n=n: booking.book(leads[n], start=start + n * MINUTE, agent=agent, by=agent, at=at)
        for n in range(20)
    ]
    results = at_once(*calls)
    refusals = [each for each in results if isinstance(each, Exception)]
    assert [type(each) for each in refusals] == [SlotTaken] * 19
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_lead_booking_many_times_at_once_has_one_visit(at: datetime) -> None:
    broker = BrokerFactory()
    agent = UserFactory(broker=broker)
    lead = LeadFactory(broker=broker)
    calls = [
        lambda n=n: booking.book(
            lead, start=at + timedelta(days=2, hours=n % 3), agent=agent, by=agent, at=at
        )
        for n in range(9)
    ]
    results = at_once(*calls)
    assert {each.pk for each in results} == {Appointment.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_agents_swapping_visits_at_once_do_not_deadlock(at: datetime) -> None:
    broker = BrokerFactory()
    ana, luis = UserFactory(broker=broker), UserFactory(broker=broker)
    start = at + timedelta(days=2)
    visits = [
        booking.book(LeadFactory(broker=broker), start=start, agent=each, by=ana, at=at)
        for each in (ana, luis)
    ]
    results = at_once(
        lambda: booking.reassign(visits[0], to=luis, by=ana, at=at),
        lambda: booking.reassign(visits[1], to=ana, by=ana, at=at),
    )
    assert [type(each) for each in results] == [SlotTaken, SlotTaken]


@pytest.mark.django_db(transaction=True)
def test_moves_and_reinstatements_into_one_hour_at_once_leave_one_visit(
    agent: User, agent2: User, admin: User, at: datetime
) -> None:
    """Two agents' visits reassigned, moved and reinstated into the same hour of one diary."""
    start = at + timedelta(days=2)
    hour, later = timedelta(hours=1), timedelta(hours=5)
    leads = [LeadFactory(broker=agent.broker) for _ in range(3)]
    away, moved, gone = (
        booking.book(each, start=begin, agent=who, by=admin, at=at)
        for each, begin, who in zip(
            leads, (start, start + later, start + hour / 2), (agent2, agent, agent), strict=True
        )
    )
    booking.cancel(gone, reason="", by=admin, at=at)
    verbs = [
        lambda: booking.reassign(away, to=agent, by=admin, at=at),
        lambda: booking.reschedule(moved, start=start + hour / 4, by=admin, at=at),
        lambda: booking.reinstate(gone, by=admin, at=at),
    ]
    results = race(3, lambda number: verbs[number]())
    assert sorted(type(each).__name__ for each in results) == [
        "Appointment",
        "SlotTaken",
        "SlotTaken",
    ]
    within = Appointment.objects.filter(
        agent=agent,
        status__in=["scheduled", "confirmed"],
        start_time__lt=start + later,
    )
    assert within.count() == 1
