"""The final report of a call has its effects once: transcript, facts, score, stage, wishes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from brokers.models import BrokerVoiceConfig
from leads.enums import Holder
from leads.models import ActivityLog, ChatMessage, Conversation, Lead, LeadSignal
from tests.factories import LeadFactory
from tests.racing import race
from tests.voice.conftest import Tell, said
from voice import calls, events, retries
from voice.models import CallStatus, CallTranscript, VoiceCall, VoiceEvent
from voice.providers.base import CallEvent, Report

pytestmark = pytest.mark.django_db
Make = Callable[..., Report]

QUALIFIES = (
    "¿Cuál es su renta líquida mensual?",
    "Gano un millón ochocientos mil pesos líquidos.",
    "¿Tiene alguna deuda informada en DICOM?",
    "No, ninguna.",
    "¿Para cuándo le gustaría comprar?",
    "Dentro de dos meses.",
)


def test_a_report_leaves_the_transcript_line_by_line(
    call: VoiceCall, tell: Tell, report: Make
) -> None:
    tell("completed", report(*QUALIFIES))
    lines = call.lines.order_by("position").values_list("speaker", "text", "timestamp")
    assert list(lines) == [
        (("bot", "customer")[n % 2], text, 3.0 * n) for n, text in enumerate(QUALIFIES)
    ]
    assert set(call.lines.values_list("confidence", flat=True)) == {0.9}


def test_what_was_said_becomes_facts_score_and_stage(
    call: VoiceCall, lead: Lead, tell: Tell, report: Make, at: datetime
) -> None:
    tell("completed", report(*QUALIFIES, cost_usd=Decimal("0.135")))
    lead.refresh_from_db()
    assert lead.metadata["income"] == {"amount": 1_800_000, "currency": "CLP"}
    assert lead.metadata["dicom"] == "clean"
    assert lead.metadata["timeline"]["horizon"] == "within_90_days"
    assert lead.metadata["calificacion"]["outcome"] == "CALIFICADO"
    assert lead.metadata["provenance"]["income"]["by"] == "lead"
    assert lead.metadata["provenance"]["income"]["confidence"] == 0.9
    assert lead.pipeline_stage == "perfilamiento"
    assert lead.last_contacted == at + timedelta(minutes=2)
    assert call.score_delta == 24.0  # renta 9, DICOM 10, plazo 5
    assert (call.status, call.disposition) == ("completed", "interested")
    assert (call.duration, call.cost_usd) == (90, Decimal("0.1350"))
    assert (call.started_at, call.completed_at) == (at, at + timedelta(seconds=90))
    assert call.stage_after_call == "perfilamiento"


def test_the_delta_is_the_score_after_minus_the_score_before(
    call: VoiceCall, lead: Lead, tell: Tell, report: Make
) -> None:
    tell("completed", report(*QUALIFIES))
    lead.refresh_from_db()
    entry = ActivityLog.objects.get(lead=lead, action_type="call_completed")
    assert entry.details["score_delta"] == call.score_delta
    before = lead.lead_score - (call.score_delta or 0)
    assert ActivityLog.objects.filter(
        lead=lead, action_type="score_changed", details__total=round(before, 1)
    ).exists()


def test_two_lines_tell_the_call_without_a_model(call: VoiceCall, tell: Tell, report: Make) -> None:
    tell("completed", report(*QUALIFIES))
    assert call.summary.splitlines() == [
        "Interesado. Contó: renta líquida de $1.800.000, sin deudas en DICOM, plazo: dos meses.",
        "Dijo: «Gano un millón ochocientos mil pesos líquidos.»",
    ]


def test_the_provider_s_own_summary_stands(call: VoiceCall, tell: Tell, report: Make) -> None:
    tell("completed", report(*QUALIFIES, summary="Quiere comprar en dos meses."))
    assert call.summary == "Quiere comprar en dos meses."


def test_a_repeated_report_is_the_same_event(
    call: VoiceCall, lead: Lead, tell: Tell, report: Make
) -> None:
    first, again = tell("completed", report(*QUALIFIES)), tell("completed", report(*QUALIFIES))
    assert first == again
    assert call.lines.count() == len(QUALIFIES)
    assert ActivityLog.objects.filter(lead=lead, action_type="call_completed").count() == 1


def test_a_second_report_changes_nothing(call: VoiceCall, tell: Tell, report: Make) -> None:
    tell("completed", report(*QUALIFIES))
    before = VoiceCall.objects.filter(pk=call.pk).values().get()
    tell("no_answer", report("Hola", "No me llamen más."), key="another report")
    assert VoiceCall.objects.filter(pk=call.pk).values().get() == before
    assert call.lines.count() == len(QUALIFIES)


@pytest.mark.django_db(transaction=True)
def test_two_final_reports_at_once_are_applied_once(at: datetime) -> None:
    lead = LeadFactory()
    call = calls.place(lead, purpose="qualification", intent_key="a call", at=at)
    stored = [
        events.receive(
            call.broker,
            call.provider,
            CallEvent(
                f"report {n}", call.pk, "ext", CallStatus.COMPLETED, at,
                report=Report(lines=said(*QUALIFIES)),
            ),
        )
        for n in range(4)
    ]  # fmt: skip
    # Each report also comes to two workers.
    results = race(8, lambda n: events.apply(stored[n % 4].pk, at=at))  # type: ignore[union-attr]
    assert sorted(results) == [False] * 4 + [True] * 4
    assert CallTranscript.objects.filter(call=call).count() == len(QUALIFIES)
    assert ActivityLog.objects.filter(action_type="call_completed").count() == 1
    call.refresh_from_db()
    assert call.score_delta == 24.0
    assert VoiceEvent.objects.filter(applied_at=None).count() == 0


@pytest.mark.parametrize(
    "order",
    [
        ("ringing", "answered", "completed"),
        ("completed", "answered", "ringing"),
        ("answered", "completed", "ringing"),
        ("completed", "completed", "ringing"),
    ],
)
def test_events_may_come_in_any_order(
    call: VoiceCall, tell: Tell, report: Make, order: tuple[str, ...]
) -> None:
    for status in order:
        tell(status, report(*QUALIFIES) if status == "completed" else None)
    assert (call.status, call.disposition) == ("completed", "interested")
    assert call.score_delta == 24.0


def test_no_me_llamen_said_in_a_call_stops_everything(
    call: VoiceCall, lead: Lead, tell: Tell, report: Make, at: datetime
) -> None:
    tell("completed", report("Hola, ¿tiene un minuto?", "No me llamen más, por favor."))
    assert (call.disposition, call.retry_at) == ("opted_out", None)
    with pytest.raises(calls.CallRefused) as refused:
        calls.place(lead, purpose="follow_up", intent_key="next", at=at + timedelta(days=1))
    assert refused.value.reason == "suppressed"
    assert ChatMessage.objects.filter(lead=lead).count() == 0
    lead.refresh_from_db()
    assert lead.lead_score_components["behavior"] == -30


def test_a_wrong_number_counts_against_the_lead_and_is_not_called_again(
    call: VoiceCall, lead: Lead, tell: Tell, report: Make, at: datetime
) -> None:
    tell("completed", report("Hola, ¿hablo con Camila?", "No, está equivocado de número."))
    assert call.disposition == "wrong_number"
    kinds = LeadSignal.objects.filter(lead=lead, active=True).values_list("kind", flat=True)
    assert sorted(kinds) == ["opted_out", "wrong_number"]
    with pytest.raises(calls.CallRefused):
        calls.place(lead, purpose="follow_up", intent_key="next", at=at)


def test_a_lead_that_can_not_talk_now_is_to_be_called_back(
    call: VoiceCall, tell: Tell, report: Make
) -> None:
    tell("completed", report("¿Tiene un minuto?", "Ahora no puedo, llámeme más tarde."))
    assert (call.disposition, call.score_delta) == ("call_back", 0.0)


def test_who_is_not_interested_is_told_so(call: VoiceCall, tell: Tell, report: Make) -> None:
    tell("completed", report("¿Sigue buscando?", "No, ya compré, gracias."))
    assert call.disposition == "not_interested"


def test_a_legal_threat_on_the_phone_asks_for_a_person(
    call: VoiceCall, lead: Lead, tell: Tell, report: Make
) -> None:
    tell("completed", report("¿Tiene un minuto?", "Los voy a demandar si insisten."))
    conversation = Conversation.objects.get(lead=lead)
    assert (conversation.holder, conversation.waiting_reason) == (Holder.WAITING, "legal_threat")
    who, why = conversation.brief.split("\n")
    assert who.startswith(f"{lead}. ")
    assert why == (
        "Mencionó acciones legales. Lo dijo por teléfono: «Los voy a demandar si insisten.»."
    )


def test_a_completed_call_without_a_word_of_the_lead_is_no_contact(
    call: VoiceCall, lead: Lead, tell: Tell, report: Make
) -> None:
    tell("completed", report("¿Aló? ¿Aló?"))
    lead.refresh_from_db()
    assert (call.score_delta, lead.last_contacted, lead.pipeline_stage) == (None, None, "entrada")


def test_a_recording_is_kept_only_where_the_broker_records(
    call: VoiceCall, config: BrokerVoiceConfig, tell: Tell, report: Make
) -> None:
    BrokerVoiceConfig.objects.filter(pk=config.pk).update(recording_enabled=False)
    tell("completed", report(*QUALIFIES, recording_url="https://example.com/a.mp3"))
    assert call.recording_url == ""


def test_an_applied_report_lives_in_the_call_not_in_the_ledger(tell: Tell, report: Make) -> None:
    stored = tell("completed", report(*QUALIFIES))
    assert stored is not None
    assert (stored.payload, stored.applied_at is not None) == (None, True)


def test_busy_is_reported_without_a_word_and_tried_again(
    call: VoiceCall, lead: Lead, tell: Tell, at: datetime
) -> None:
    tell("busy", Report(ended_at=at), reason="customer-busy")
    assert (call.status, call.reason, call.score_delta) == ("busy", "customer-busy", None)
    assert retries.due(at=at + timedelta(hours=1)) == [call.pk]
    assert ActivityLog.objects.filter(lead=lead, action_type="call_not_answered").exists()
