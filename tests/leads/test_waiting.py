"""Leads who wait for a person: reminded, alerted, taken back, each step once."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokers.models import BrokerLeadConfig, User
from leads import alerts, delivery, handoff, outbox, waiting
from leads.enums import HandoffReason, Holder
from leads.models import ActivityLog, Conversation, Lead, LeadAlert
from leads.stages import Treatment
from llm.conversation import Outcome, take_turn
from tests.factories import ConversationFactory, LeadFactory
from tests.racing import race

pytestmark = pytest.mark.django_db

ALWAYS = {"start": "00:00", "end": "00:00", "sundays": False, "holidays": False}


def local(*numbers: int, fold: int = 0) -> datetime:
    """A moment of 2026 in Santiago."""
    return datetime(2026, *numbers, tzinfo=ZoneInfo("America/Santiago"), fold=fold)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def waits(write, at, agent) -> Lead:
    """A lead who asked for a person at ten, and was told that one will come."""
    lead = write("quiero hablar con una persona").message.lead
    Lead.objects.filter(pk=lead.pk).update(assigned_to=agent, name="Camila Rojas")
    conversation = lead.conversation
    take_turn(conversation.pk, at=at + timedelta(seconds=10))
    assert Conversation.objects.get().holder == Holder.WAITING
    return Lead.objects.get(pk=lead.pk)


def kinds() -> list[str]:
    return list(LeadAlert.objects.order_by("id").values_list("kind", flat=True))


def microphone() -> Conversation:
    return Conversation.objects.get()


def test_the_steps_come_at_15_30_and_60_office_minutes(waits, at) -> None:
    told = []
    for minute in (14, 15, 16, 29, 30, 59, 60, 61, 200):
        waiting.sweep(at=at + minutes(minute))
        told.append(len(kinds()))
    assert told == [0, 1, 1, 1, 2, 2, 3, 3, 3]
    assert kinds() == ["handoff_reminder", "handoff_alert", "handoff_resumed"]
    assert microphone().holder == Holder.ASSISTANT


def test_nights_and_sundays_do_not_count(write, at, agent) -> None:
    saturday_evening = at.replace(day=28, hour=20, minute=50)
    lead = write("quiero hablar con una persona", minute=(saturday_evening - at) / minutes(1))
    handoff.ask_for_person(lead.message.lead, reason=HandoffReason.REQUESTED, at=saturday_evening)
    monday = saturday_evening.replace(day=30, hour=9, minute=0)
    assert waiting.sweep(at=monday + minutes(4)) == 0
    assert waiting.sweep(at=monday + minutes(5)) == 1


def test_what_came_while_waiting_is_answered_when_the_assistant_resumes(waits, write, at) -> None:
    write("¿hay estacionamiento?", minute=20)
    before = microphone().version
    waiting.sweep(at=at + minutes(60))
    conversation = microphone()
    assert (conversation.holder, conversation.turn_due_at) == (
        Holder.ASSISTANT,
        at + minutes(60),
    )
    assert conversation.version == before + 1
    assert take_turn(conversation.pk, at=at + minutes(61)) == Outcome.ANSWERED


def test_who_only_asked_for_a_person_is_not_left_in_silence(waits, at) -> None:
    waiting.sweep(at=at + minutes(60))
    assert microphone().turn_due_at is None
    latest = waits.messages.order_by("-id").first()
    assert (latest.message_text, latest.status) == (waiting.STILL_HERE, "pending")
    for message_id in delivery.due(at=at + minutes(60)):
        outbox.deliver(message_id, at=at + minutes(60))
    latest.refresh_from_db()
    assert latest.status == "sent"


def test_after_a_legal_threat_the_assistant_does_not_resume(write, at, agent) -> None:
    lead = write("los voy a demandar").message.lead
    handoff.ask_for_person(lead, reason=HandoffReason.LEGAL_THREAT, at=at)
    for minute in (15, 30, 60, 600):
        waiting.sweep(at=at + minutes(minute))
    assert kinds() == ["handoff_reminder", "handoff_alert"]
    assert microphone().holder == Holder.WAITING


def test_a_legal_threat_counts_also_when_a_person_took_it_since(write, at, agent) -> None:
    lead = write("los voy a demandar").message.lead
    handoff.ask_for_person(lead, reason=HandoffReason.LEGAL_THREAT, at=at)
    handoff.take(lead, by=agent, at=at + minutes(1))
    waiting.sweep(at=at + minutes(90))
    assert (kinds(), microphone().holder) == (["handoff_alert"], Holder.USER)


def test_a_lead_that_only_people_may_write_to_is_not_taken_back(waits, at) -> None:
    Lead.objects.update(treatment_type=Treatment.HOLD)
    waiting.sweep(at=at + minutes(90))
    assert (kinds(), microphone().holder) == (["handoff_alert"], Holder.WAITING)


def test_a_person_who_took_it_and_does_not_answer_is_reminded_and_released(
    waits, agent, at
) -> None:
    handoff.take(waits, by=agent, at=at + minutes(5))
    for minute in (14, 15, 30, 60):
        waiting.sweep(at=at + minutes(minute))
    assert kinds() == ["handoff_reminder", "handoff_alert", "handoff_resumed"]
    assert microphone().holder == Holder.ASSISTANT


def test_who_took_it_late_has_a_quarter_of_an_hour_to_write(waits, agent, at) -> None:
    handoff.take(waits, by=agent, at=at + minutes(59))
    for minute in (60, 73):
        waiting.sweep(at=at + minutes(minute))
    assert (kinds(), microphone().holder) == (["handoff_alert"], Holder.USER)
    waiting.sweep(at=at + minutes(74))
    assert microphone().holder == Holder.ASSISTANT


def test_an_answer_ends_the_wait_and_the_next_message_starts_another(
    waits, agent, write, at
) -> None:
    waiting.sweep(at=at + minutes(15))
    outbox.send_by_person(waits, by=agent, text="Hola, soy Ana", at=at + minutes(16))
    assert waiting.sweep(at=at + minutes(120)) == 0
    write("¿y el precio?", minute=180)
    assert waiting.sweep(at=at + minutes(194)) == 0
    assert waiting.sweep(at=at + minutes(195)) == 1
    assert waiting.sweep(at=at + minutes(240)) == 1
    conversation = microphone()
    question = waits.messages.get(message_text="¿y el precio?")
    assert conversation.holder == Holder.ASSISTANT
    assert waits.messages.filter(direction="in", id__gt=conversation.answered_up_to).get() == (
        question
    )


def test_a_person_who_answered_keeps_the_conversation(waits, agent, at) -> None:
    outbox.send_by_person(waits, by=agent, text="Hola, soy Ana", at=at + minutes(1))
    waiting.sweep(at=at + timedelta(days=3))
    assert (microphone().holder, kinds()) == (Holder.USER, [])


def test_a_conversation_of_the_assistant_is_not_watched(write, at) -> None:
    write("hola")
    assert waiting.sweep(at=at + minutes(90)) == 0


def test_the_resumption_is_in_the_leads_history(waits, at) -> None:
    waiting.sweep(at=at + minutes(60))
    event = ActivityLog.objects.get(action_type="conversation_resumed")
    assert (event.lead, event.actor, event.timestamp) == (waits, "system", at + minutes(60))


def test_the_notices_reach_the_agent_and_the_alert_also_the_broker(
    waits, agent, broker, at
) -> None:
    config = broker.brokerleadconfig
    config.alert_email = "avisos@andes.cl"
    config.save()
    for minute in (15, 30):
        waiting.sweep(at=at + minutes(minute))
        for alert_id in alerts.due(at=at + minutes(minute)):
            alerts.deliver(alert_id, at=at + minutes(minute))
    assert [message.to for message in mail.outbox] == [
        [agent.email],
        [agent.email, "avisos@andes.cl"],
    ]
    assert mail.outbox[0].subject == "Camila Rojas espera tu respuesta"
    assert f"/admin/leads/lead/{waits.pk}/change/" in mail.outbox[0].body


def test_who_asked_by_phone_waits_from_then_on_not_since_an_old_message(write, at, agent) -> None:
    """Their last message was answered the day before."""
    lead = write("hola", minute=-24 * 60).message.lead
    take_turn(lead.conversation.pk, at=at - timedelta(hours=23))
    handoff.ask_for_person(lead, reason=HandoffReason.REQUESTED, brief="Lo dijo", at=at)
    told = []
    for minute in (0, 14, 15, 30, 59, 60):
        waiting.sweep(at=at + minutes(minute))
        told.append(len(kinds()))
    assert told == [0, 0, 1, 2, 2, 3]


def test_who_wrote_in_a_burst_waits_since_the_first_message(write, at) -> None:
    for minute, text in enumerate(("hola", "necesito ayuda", "con una persona")):
        lead = write(text, minute=minute).message.lead
    handoff.ask_for_person(lead, reason=HandoffReason.REQUESTED, at=at + minutes(3))
    assert waiting.sweep(at=at + minutes(14)) == 0
    assert waiting.sweep(at=at + minutes(15)) == 1


def test_a_threat_written_while_waiting_keeps_the_assistant_from_resuming(waits, write, at) -> None:
    write("si no responden voy a hablar con mi abogado", minute=20)
    assert take_turn(microphone().pk, at=at + minutes(21)) == Outcome.SILENT
    write("¿hola?", minute=22)
    take_turn(microphone().pk, at=at + minutes(23))
    for minute in (15, 30, 60, 600):
        waiting.sweep(at=at + minutes(minute))
    assert (kinds(), microphone().holder) == (
        ["handoff_reminder", "handoff_alert"],
        Holder.WAITING,
    )
    assert microphone().waiting_reason == HandoffReason.LEGAL_THREAT
    assert "abogado" in microphone().brief
    asked = ActivityLog.objects.filter(action_type="person_requested")
    assert list(asked.order_by("id").values_list("details__reason", flat=True)) == [
        "requested",
        "legal_threat",
    ]


def test_a_lead_that_was_merged_into_another_waits_no_more(waits, at) -> None:
    Lead.objects.update(merged_into=LeadFactory(broker=waits.broker))
    assert waiting.sweep(at=at + minutes(90)) == 0


def test_the_notice_of_a_later_message_tells_of_that_message(waits, agent, write, at) -> None:
    outbox.send_by_person(waits, by=agent, text="Hola, soy Ana", at=at + minutes(5))
    write("¿y el gasto común?", minute=10)
    waiting.sweep(at=at + minutes(25))
    brief = LeadAlert.objects.get().details["brief"]
    assert brief.split("\n")[1] == "Escribió. «¿y el gasto común?»."


@pytest.mark.parametrize(
    ("asked", "quiet", "reminded"),
    [
        # A Thursday evening before two holidays and a Sunday.
        (local(9, 17, 20, 55), {}, local(9, 21, 9, 10)),
        # Clocks go back on Holy Saturday at midnight, and forward on Sunday 2026-09-06.
        (local(4, 2, 20, 50), {}, local(4, 6, 9, 5)),
        (local(9, 5, 20, 50), {}, local(9, 7, 9, 5)),
        # Who is open at night has an hour twice, and an hour not at all.
        (local(4, 4, 23, 50), ALWAYS, local(4, 4, 23, 5, fold=1)),
        (local(9, 5, 23, 50), ALWAYS, local(9, 6, 1, 5)),
        (local(11, 24, 17, 50), {"start": "18:00", "end": "10:30"}, local(11, 25, 10, 35)),
    ],
)
def test_the_reminder_comes_after_15_minutes_of_the_brokers_own_hours(
    waits, asked, quiet, reminded
) -> None:
    BrokerLeadConfig.objects.update(quiet_hours=quiet)
    Conversation.objects.update(waiting_since=asked)
    assert waiting.sweep(at=reminded - timedelta(seconds=1)) == 0
    assert waiting.sweep(at=reminded) == 1
    assert waiting.minutes_waited(microphone(), at=reminded) == 15


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (minutes(0.5), "0 min de oficina"),
        (minutes(59.9), "59 min de oficina"),
        (minutes(125), "2 h 5 min de oficina"),
        (timedelta(days=1), "12 h 0 min de oficina"),
        (timedelta(days=300), "más de 99 h de oficina"),
    ],
)
def test_people_are_told_the_wait_in_office_time(waits, at, passed, told) -> None:
    assert waiting.told(microphone(), at=at + passed) == told


def test_who_does_not_wait_has_no_wait_to_tell(waits, agent, at) -> None:
    handoff.take(waits, by=agent, at=at)
    assert waiting.told(microphone(), at=at) == ""


def test_two_hundred_who_wait_cost_the_sweep_no_more_queries_than_two(broker, at) -> None:
    def look(count: int) -> int:
        for _ in range(count):
            ConversationFactory(
                broker=broker, lead=LeadFactory(broker=broker), holder="waiting", waiting_since=at
            )
        with CaptureQueriesContext(connection) as caught:
            assert waiting.sweep(at=at + minutes(14)) == 0
        return len(caught)

    assert look(2) == look(198) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_take_each_step_once(waits, at) -> None:
    for minute in (15, 30, 60):
        race(3, lambda _, minute=minute: waiting.sweep(at=at + minutes(minute)))
    assert kinds() == ["handoff_reminder", "handoff_alert", "handoff_resumed"]
    assert ActivityLog.objects.filter(action_type="conversation_resumed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_person_who_answers_at_the_last_moment_is_not_spoken_over(
    waits, agent: User, at: datetime
) -> None:
    """Whoever comes first, the person ends up with the microphone."""
    later = at + minutes(60)

    def either(number: int) -> None:
        if number:
            outbox.send_by_person(waits, by=agent, text="Hola, soy Ana", at=later)
        else:
            waiting.sweep(at=later)

    assert race(2, either) == [None, None]
    assert (microphone().holder, microphone().held_by) == (Holder.USER, agent)
    blocked = waits.messages.filter(message_text=waiting.STILL_HERE).values_list(
        "status", flat=True
    )
    assert set(blocked) <= {"blocked"}
