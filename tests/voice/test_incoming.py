"""Calls that people make to the broker, as Vapi tells of them through its signed webhook."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from brokers.models import Broker, BrokerVoiceConfig
from leads.models import Lead
from tests.factories import LeadFactory
from voice import events
from voice.models import CallTranscript, VoiceCall, VoiceEvent

pytestmark = pytest.mark.django_db
NUMBER = "+56 9 8765 1234"
LINES = [
    {"role": "bot", "message": "Andes Propiedades, ¿en qué te ayudo?", "secondsFromStart": 1},
    {"role": "user", "message": "Busco departamento en Ñuñoa, gano dos millones líquidos.",
     "secondsFromStart": 5},
]  # fmt: skip


@pytest.fixture
def config(config: BrokerVoiceConfig) -> BrokerVoiceConfig:
    config.provider = "vapi"
    config.provider_credentials = {"api_key": "key", "webhook_secret": "s3cret"}
    config.save()
    return config


def tell(config: BrokerVoiceConfig, kind: str, number: str | None = NUMBER, **fields: Any) -> int:
    call = {"id": "in-1", "type": "inboundPhoneCall", "customer": {"number": number}}
    body = {"message": {"type": kind, "timestamp": 1_795_525_200_000, "call": call, **fields}}
    address = f"/hooks/voice/vapi/{config.webhook_key}/"
    headers = {"X-Vapi-Secret": "s3cret"}
    answer = Client().post(address, body, content_type="application/json", headers=headers)
    return answer.status_code


def report(config: BrokerVoiceConfig, number: str | None = NUMBER) -> int:
    ended = {"endedReason": "customer-ended-call", "artifact": {"messages": LINES}}
    return tell(config, "end-of-call-report", number, **ended)


def work(at: datetime) -> None:
    for event_id in events.waiting():
        events.apply(event_id, at=at)


def test_a_call_from_a_new_number_makes_its_lead_and_tells_what_was_said(
    config: BrokerVoiceConfig, broker: Broker, at: datetime
) -> None:
    for _ in range(2):
        assert tell(config, "status-update", status="in-progress") == 200
        assert report(config) == 200
    work(at)
    call = VoiceCall.objects.get()
    lead = Lead.objects.get(broker=broker, source="call")
    assert (call.lead, call.is_incoming, call.status) == (lead, True, "completed")
    assert lead.phone_e164 == "+56987651234"
    assert lead.metadata["income"] == {"amount": 2_000_000, "currency": "CLP"}
    assert lead.metadata["location"] == ["Ñuñoa"]
    assert CallTranscript.objects.filter(call=call).count() == 2
    assert lead.activity.filter(action_type="call_received").count() == 1


def test_a_known_number_is_its_lead_and_another_brokers_is_nobody(
    config: BrokerVoiceConfig, broker: Broker, rival: Broker
) -> None:
    LeadFactory(broker=rival, phone_e164="+56987651234")
    known = LeadFactory(broker=broker, phone_e164="+56987651234")
    assert report(config) == 200
    assert VoiceCall.objects.get().lead == known
    assert Lead.objects.count() == 2


def test_a_missed_call_is_not_called_back_by_itself(
    config: BrokerVoiceConfig, at: datetime
) -> None:
    assert tell(config, "end-of-call-report", endedReason="customer-did-not-answer") == 200
    work(at)
    call = VoiceCall.objects.get()
    assert (call.status, call.retry_at) == ("no_answer", None)


@pytest.mark.parametrize("number", [None, "", "anonymous", "123"])
def test_a_hidden_number_is_nobody(config: BrokerVoiceConfig, number: str | None) -> None:
    before = Lead.objects.count()
    assert report(config, number) == 200
    assert (Lead.objects.count(), VoiceCall.objects.count()) == (before, 0)
    assert VoiceEvent.objects.count() == 0
