"""Whole scripted calls, from placing to score, through our own signed webhook over HTTP."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from brokers.models import Broker, BrokerVoiceConfig
from crm.errors import ProviderError
from leads.models import Lead
from tests.factories import BrokerFactory, LeadFactory
from voice import calls, events, reconciling, tasks
from voice.models import VoiceCall, VoiceEvent
from voice.providers import simulated
from voice.providers.scripts import CAST, SCRIPTS, script_for

BUSINESS = {"start": "23:59", "end": "00:00", "sundays": False, "holidays": False}


@pytest.fixture
def house(transactional_db: None, live_server: Any, settings: Any, worker: None) -> Broker:
    """A broker that is awake at any hour, on a server that really listens."""
    settings.PUBLIC_URL = live_server.url
    broker = BrokerFactory(name="Andes Propiedades")
    broker.brokerleadconfig.quiet_hours = BUSINESS
    broker.brokerleadconfig.save()
    return broker


def called(broker: Broker, script: str) -> tuple[VoiceCall, Lead]:
    BrokerVoiceConfig.objects.filter(broker=broker).update(voice_config={"script": script})
    lead = LeadFactory(broker=broker, name="Camila Rojas")
    call = calls.place(lead, purpose="qualification", intent_key=script, at=timezone.now())
    call.refresh_from_db()
    lead.refresh_from_db()
    return call, lead


def test_a_simulated_call_runs_end_to_end_over_http(house: Broker) -> None:
    call, lead = called(house, "interested")
    assert (call.status, call.disposition) == ("completed", "interested")
    assert call.external_call_id == f"simulated-{call.pk}"
    told = [
        (each.status, each.applied_at is not None) for each in VoiceEvent.objects.order_by("id")
    ]
    assert told == [("ringing", True), ("answered", True), ("completed", True)]
    assert lead.metadata["income"] == {"amount": 1_800_000, "currency": "CLP"}
    assert lead.metadata["dicom"] == "clean"
    assert lead.metadata["calificacion"]["outcome"] == "CALIFICADO"
    assert lead.pipeline_stage == call.stage_after_call == "perfilamiento"
    assert call.score_delta == 24.0
    assert call.lines.count() == len(SCRIPTS["interested"].lines)
    assert call.lines.first().text.startswith("Hola Camila, le habla el asistente virtual de Andes")
    assert "renta líquida de $1.800.000" in call.summary
    assert call.duration == round((call.completed_at - call.started_at).total_seconds())
    assert call.cost_usd > 0


@pytest.mark.parametrize(
    ("script", "status", "disposition", "again"),
    [
        ("no_answer", "no_answer", None, True),
        ("busy", "busy", None, True),
        ("voicemail", "no_answer", "voicemail", True),
        ("call_back", "completed", "call_back", False),
        ("wrong_number", "completed", "wrong_number", False),
        ("opt_out", "completed", "opted_out", False),
    ],
)
def test_every_script_ends_as_it_says(
    house: Broker, script: str, status: str, disposition: str | None, again: bool
) -> None:
    call, _ = called(house, script)
    assert (call.status, call.disposition) == (status, disposition)
    assert (call.retry_at is not None) is again


def test_a_play_that_is_posted_again_changes_nothing(house: Broker) -> None:
    call, _lead = called(house, "interested")
    tasks.play_simulation(call.pk)
    before = VoiceCall.objects.filter(pk=call.pk).values().get()
    assert VoiceEvent.objects.count() == 3
    assert before["score_delta"] == call.score_delta
    assert call.lines.count() == len(SCRIPTS["interested"].lines)


@pytest.mark.django_db
def test_the_script_follows_from_lead_and_attempt_unless_the_broker_sets_it() -> None:
    played = [script_for(lead, 1) for lead in range(len(CAST))]
    assert played == list(CAST)
    assert script_for(2, 2) == script_for(3, 1)
    assert script_for(2, 1, "opt_out").name == "opt_out"
    assert script_for(2, 1, "nonsense") == script_for(2, 1)


@pytest.mark.django_db
def test_while_our_web_is_away_the_play_is_tried_again(call: VoiceCall, settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:1"
    with pytest.raises(ProviderError) as away:
        simulated.play(call, call.broker.brokervoiceconfig)
    assert away.value.retryable


@pytest.mark.django_db
def test_a_play_that_never_came_is_given_up_and_not_repeated(call: VoiceCall, at: datetime) -> None:
    assert reconciling.silent(at=at + reconciling.SILENT_AFTER) == []
    later = at + reconciling.SILENT_AFTER * 1.1
    assert reconciling.silent(at=later) == [call.pk]
    assert reconciling.look_up(call.pk, at=later)
    assert not reconciling.look_up(call.pk, at=later)
    call.refresh_from_db()
    assert (call.status, call.reason, call.retry_at) == ("failed", "outcome_unknown", None)


@pytest.mark.django_db
def test_a_call_that_is_being_spoken_may_last(call: VoiceCall, at: datetime) -> None:
    calls.progress(call, "answered", at=at)
    assert reconciling.silent(at=at + reconciling.SILENT_AFTER * 2) == []
    assert reconciling.silent(at=at + reconciling.SILENT_AFTER * 4) == [call.pk]


@pytest.mark.django_db
def test_the_sweep_starts_applies_looks_up_and_repeats_what_nobody_did(
    lead: Lead, call: VoiceCall, at: datetime, tell: Any, report: Any
) -> None:
    tell("no_answer", report())
    waiting = calls.place(lead, purpose="follow_up", intent_key="waits", at=at)
    event = VoiceEvent.objects.create(
        broker=lead.broker,
        call=waiting,
        provider="simulated",
        event_key="e",
        status="ringing",
        at=at,
    )
    assert (calls.not_started(at=at), events.waiting()) == ([waiting.pk], [event.pk])
    due = call.retry_at
    assert due is not None
    assert tasks.sweep_calls(at.isoformat()) == 2
    assert tasks.sweep_calls(due.isoformat()) == 3
