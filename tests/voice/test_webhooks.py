"""What arrives at /hooks/voice/: verified over the raw bytes, of one's own calls, stored once."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from brokers.models import Broker, BrokerVoiceConfig
from tests.racing import race
from voice import calls
from voice.models import VoiceCall, VoiceEvent
from voice.providers.simulated import SIGNATURE, signature

pytestmark = pytest.mark.django_db


def body_of(call: VoiceCall, event: str = "ringing", status: str = "ringing") -> bytes:
    told = {"event": event, "call": call.pk, "status": status, "at": "2026-11-24T13:00:00Z"}
    return json.dumps(told).encode()


def post(config: BrokerVoiceConfig, body: bytes, signed: str | None = None, **given: Any) -> int:
    provider = given.get("provider", "simulated")
    headers = {SIGNATURE: signature(config, body) if signed is None else signed}
    address = f"/hooks/voice/{provider}/{config.webhook_key}/"
    return (
        Client()
        .post(address, body, content_type="application/json", headers=given.get("headers", headers))
        .status_code
    )


def test_a_signed_event_is_stored_and_answered(call: VoiceCall, config: BrokerVoiceConfig) -> None:
    assert post(config, body_of(call)) == 200
    event = VoiceEvent.objects.get()
    assert (event.call, event.status, event.applied_at) == (call, "ringing", None)
    assert event.event_key == f"simulated-{call.pk}:ringing"


def test_a_repeated_event_is_answered_and_not_stored_again(
    call: VoiceCall, config: BrokerVoiceConfig
) -> None:
    assert [post(config, body_of(call)) for _ in range(3)] == [200, 200, 200]
    assert VoiceEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_event_many_times_at_once_is_stored_once(
    call: VoiceCall, config: BrokerVoiceConfig
) -> None:
    assert race(6, lambda _: post(config, body_of(call))) == [200] * 6
    assert VoiceEvent.objects.count() == 1


def test_a_changed_body_is_refused(call: VoiceCall, config: BrokerVoiceConfig) -> None:
    signed = signature(config, body_of(call))
    assert post(config, body_of(call, status="completed"), signed) == 403
    assert post(config, body_of(call) + b" ", signed) == 403
    assert VoiceEvent.objects.count() == 0


@pytest.mark.parametrize("signed", ["", "no", "ñ", "0" * 64])
def test_a_wrong_signature_is_refused(
    call: VoiceCall, config: BrokerVoiceConfig, signed: str
) -> None:
    assert post(config, body_of(call), signed) == 403
    assert VoiceEvent.objects.count() == 0


@pytest.mark.parametrize("given", [{}, {"X-Vapi-Secret": ""}, {"X-Vapi-Secret": "guess"}])
def test_without_a_secret_configured_nothing_passes(
    call: VoiceCall, config: BrokerVoiceConfig, given: dict[str, str]
) -> None:
    message = json.dumps({"message": {"type": "status-update", "call": {"id": "ext-1"}}}).encode()
    assert post(config, message, provider="vapi", headers=given) == 403
    config.provider_credentials = {"webhook_secret": "another"}
    config.save()
    assert post(config, message, provider="vapi", headers=given) == 403
    assert VoiceEvent.objects.count() == 0


def test_one_broker_s_signature_does_not_open_another_s_hook(
    call: VoiceCall, config: BrokerVoiceConfig, rival: Broker
) -> None:
    theirs = rival.brokervoiceconfig
    assert post(config, body_of(call), signature(theirs, body_of(call))) == 403


def test_an_event_of_another_broker_s_call_has_no_effect(call: VoiceCall, rival: Broker) -> None:
    assert post(rival.brokervoiceconfig, body_of(call, "report", "completed")) == 200
    call.refresh_from_db()
    assert (VoiceEvent.objects.count(), call.status) == (0, "initiated")


def test_an_event_of_a_call_that_is_not_ours_is_answered_and_left(
    call: VoiceCall, config: BrokerVoiceConfig
) -> None:
    call.pk += 1_000_000
    assert post(config, body_of(call)) == 200
    assert VoiceEvent.objects.count() == 0


def test_an_unknown_key_or_provider_is_not_found(
    call: VoiceCall, config: BrokerVoiceConfig, broker: Broker
) -> None:
    assert post(config, body_of(call), provider="retell") == 404
    Broker.objects.filter(pk=broker.pk).update(is_active=False)
    assert post(config, body_of(call)) == 404
    config.webhook_key = "guess"
    assert post(config, body_of(call)) == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"event": "x"}', b'{"call": null}'])
def test_a_signed_body_that_is_not_an_event_is_bad_input(
    config: BrokerVoiceConfig, body: bytes
) -> None:
    assert post(config, body) == 400


def test_only_posts_are_answered(config: BrokerVoiceConfig) -> None:
    assert Client().get(f"/hooks/voice/simulated/{config.webhook_key}/").status_code == 405


def test_an_event_may_come_before_the_provider_s_own_answer(
    config: BrokerVoiceConfig, lead: Any, at: datetime
) -> None:
    call = calls.place(lead, purpose="follow_up", intent_key="early", at=at)
    assert post(config, body_of(call)) == 200
    call.refresh_from_db()
    assert call.external_call_id == f"simulated-{call.pk}"
