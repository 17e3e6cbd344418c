"""Vapi, by the real client against a local server that speaks its API."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokers.models import BrokerVoiceConfig, User
from leads.models import Lead
from tests.fakes.vapi import FakeVapi
from voice import calls, events, reconciling
from voice.models import VoiceCall, VoiceEvent

pytestmark = pytest.mark.django_db
SECRET = "s3cret"
SAID = {
    "messages": [
        {"role": "system", "message": "Eres Sofía.", "time": 1, "secondsFromStart": 0},
        {"role": "bot", "message": "¿Cuál es su renta líquida?", "secondsFromStart": 1.2},
        {"role": "user", "message": "Gano dos millones líquidos.", "secondsFromStart": 4.8},
        {"role": "tool_calls", "toolCalls": [], "secondsFromStart": 5},
    ],
    "recordingUrl": "https://storage.vapi.ai/a.wav",
}


@pytest.fixture
def vapi(settings: Any) -> Iterator[FakeVapi]:
    with FakeVapi() as fake:
        settings.VAPI_API_URL = fake.url
        yield fake


@pytest.fixture
def config(config: BrokerVoiceConfig, vapi: FakeVapi) -> BrokerVoiceConfig:
    config.provider = "vapi"
    config.provider_credentials = {"api_key": "key", "webhook_secret": SECRET}
    config.phone_number_id = "number-1"
    config.assistant_id_default = "assistant-1"
    config.assistant_id_by_type = {"reminder": "assistant-2"}
    config.save()
    return config


@pytest.fixture
def placed(config: BrokerVoiceConfig, lead: Lead, at: datetime) -> VoiceCall:
    return calls.place(lead, purpose="follow_up", intent_key="vapi", at=at)


@pytest.fixture
def started(placed: VoiceCall, at: datetime) -> VoiceCall:
    assert calls.start(placed.pk, at=at)
    placed.refresh_from_db()
    return placed


def post(config: BrokerVoiceConfig, message: Any, secret: str = SECRET) -> int:
    address = f"/hooks/voice/vapi/{config.webhook_key}/"
    headers = {"X-Vapi-Secret": secret}
    told = Client().post(address, message, content_type="application/json", headers=headers)
    for event_id in events.waiting():
        events.apply(event_id, at=told_at())
    return told.status_code


def told_at() -> datetime:
    return datetime.fromisoformat("2026-11-24T10:05:00-03:00")


def test_an_order_names_assistant_number_customer_and_us(
    started: VoiceCall, vapi: FakeVapi, lead: Lead, config: BrokerVoiceConfig
) -> None:
    (order,) = vapi.calls
    assert vapi.asked == [("POST /call", "Bearer key")]
    assert order["assistantId"] == "assistant-1"
    assert order["phoneNumberId"] == "number-1"
    assert order["customer"] == {"number": lead.phone_e164}
    assert order["metadata"] == {"call_id": str(started.pk)}
    overrides = order["assistantOverrides"]
    assert overrides["firstMessage"] == (
        "Hola Camila, le habla el asistente virtual de Andes Propiedades. "
        "¿Tiene un minuto para conversar?"
    )
    assert overrides["maxDurationSeconds"] == 600
    assert overrides["server"]["url"].endswith(f"/hooks/voice/vapi/{config.webhook_key}/")
    assert started.external_call_id == "vapi-1"


def test_a_purpose_may_have_an_assistant_of_its_own(
    config: BrokerVoiceConfig, lead: Lead, vapi: FakeVapi, at: datetime
) -> None:
    call = calls.place(lead, purpose="reminder", intent_key="r", at=at)
    calls.start(call.pk, at=at)
    assert vapi.calls[0]["assistantId"] == "assistant-2"


def test_server_messages_carry_a_call_to_its_end(
    started: VoiceCall, vapi: FakeVapi, config: BrokerVoiceConfig, lead: Lead
) -> None:
    assert post(config, vapi.status_update("ringing")) == 200
    started.refresh_from_db()
    assert started.status == "ringing"
    assert post(config, vapi.status_update("in-progress")) == 200
    message = vapi.end_of_call_report(
        endedReason="customer-ended-call",
        startedAt="2026-11-24T13:00:10.000Z",
        endedAt="2026-11-24T13:01:10.500Z",
        cost=0.1234,
        artifact=SAID,
        analysis={"summary": "Gana dos millones."},
    )
    assert post(config, message) == 200
    started.refresh_from_db()
    assert (started.status, started.reason) == ("completed", "customer-ended-call")
    assert (started.duration, started.cost_usd) == (60, Decimal("0.1234"))
    assert started.summary == "Gana dos millones."
    assert started.recording_url == "https://storage.vapi.ai/a.wav"
    assert list(started.lines.values_list("speaker", "timestamp")) == [
        ("bot", 1.2),
        ("customer", 4.8),
    ]
    lead.refresh_from_db()
    assert lead.metadata["income"]["amount"] == 2_000_000


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("customer-did-not-answer", "no_answer"),
        ("voicemail", "no_answer"),
        ("customer-busy", "busy"),
        ("manually-canceled", "cancelled"),
        ("silence-timed-out", "completed"),
        ("call.in-progress.error-vapifault-openai-llm-failed", "failed"),
        ("twilio-failed-to-connect-call", "failed"),
    ],
)
def test_how_vapi_ended_a_call_is_told_in_our_words(
    started: VoiceCall, vapi: FakeVapi, config: BrokerVoiceConfig, reason: str, status: str
) -> None:
    post(config, vapi.end_of_call_report(endedReason=reason, artifact={"messages": []}))
    started.refresh_from_db()
    assert (started.status, started.reason) == (status, reason)


def test_messages_that_tell_nothing_of_a_call_are_answered_and_left(
    started: VoiceCall, vapi: FakeVapi, config: BrokerVoiceConfig
) -> None:
    for message in ({"message": {"type": "transcript"}}, vapi.status_update("scheduled")):
        assert post(config, message) == 200
    assert VoiceEvent.objects.count() == 0


@pytest.mark.parametrize("body", ["no", [], {}, {"message": 1}, {"message": {"type": 3}}])
def test_what_is_not_vapi_s_is_refused(config: BrokerVoiceConfig, body: Any) -> None:
    assert post(config, body) == 400


def test_a_call_whose_answer_was_lost_is_found_and_never_made_twice(
    placed: VoiceCall, vapi: FakeVapi, at: datetime
) -> None:
    vapi.forgets_to_answer = True
    assert not calls.start(placed.pk, at=at)
    later = at + timedelta(minutes=6)
    assert calls.not_started(at=later) == []
    assert reconciling.silent(at=later) == [placed.pk]
    reconciling.look_up(placed.pk, at=later)
    placed.refresh_from_db()
    assert (placed.status, placed.external_call_id) == ("initiated", "vapi-1")
    assert len(vapi.calls) == 1


def test_a_call_whose_report_was_lost_is_looked_up(
    started: VoiceCall, vapi: FakeVapi, lead: Lead, at: datetime
) -> None:
    vapi.end(endedReason="customer-ended-call", artifact=SAID)
    later = at + timedelta(minutes=6)
    assert reconciling.look_up(started.pk, at=later)
    for event_id in events.waiting():
        events.apply(event_id, at=later)
    started.refresh_from_db()
    assert (started.status, started.lines.count()) == ("completed", 2)


def test_a_call_that_vapi_does_not_know_is_shown_as_unknown(
    started: VoiceCall, vapi: FakeVapi, at: datetime
) -> None:
    vapi.calls.clear()
    assert reconciling.look_up(started.pk, at=at + timedelta(minutes=6))
    started.refresh_from_db()
    assert (started.status, started.reason) == ("failed", "outcome_unknown")
    assert started.retry_at is None


def test_a_late_report_replaces_what_was_only_a_guess(
    started: VoiceCall, vapi: FakeVapi, config: BrokerVoiceConfig, at: datetime
) -> None:
    message = vapi.end_of_call_report(endedReason="customer-ended-call", artifact=SAID)
    vapi.calls.clear()
    reconciling.look_up(started.pk, at=at + timedelta(minutes=6))
    assert post(config, message) == 200
    started.refresh_from_db()
    assert (started.status, started.reason) == ("completed", "customer-ended-call")
    assert started.lines.count() == 2


def test_signs_that_no_column_takes_are_left_out(
    started: VoiceCall, vapi: FakeVapi, config: BrokerVoiceConfig
) -> None:
    said = {"messages": [{"role": "user", "message": "Sí\x00, dígame", "secondsFromStart": 1}]}
    message = vapi.end_of_call_report(endedReason="a\x00b", artifact=said)
    assert post(config, message) == 200
    assert started.lines.get().text == "Sí, dígame"


def test_while_vapi_is_away_a_silent_call_waits_an_hour(
    started: VoiceCall, settings: Any, at: datetime
) -> None:
    settings.VAPI_API_URL = "http://127.0.0.1:1"
    assert not reconciling.look_up(started.pk, at=at + timedelta(minutes=6))
    assert reconciling.look_up(started.pk, at=at + timedelta(minutes=61))
    started.refresh_from_db()
    assert started.reason == "outcome_unknown"


def test_a_person_can_hang_up_by_the_address_that_vapi_gave(
    started: VoiceCall, vapi: FakeVapi, admin: User, at: datetime
) -> None:
    calls.hang_up(started, by=admin, at=at)
    assert vapi.told == [{"type": "end-call"}]
