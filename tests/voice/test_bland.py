"""Bland, by the real client against a local server that speaks its API."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokers.models import BrokerVoiceConfig, User
from crm.errors import ProviderError
from leads.models import Lead
from tests.api import codes, signed_in
from tests.fakes.bland import FakeBland, signed
from voice import calls, events, reconciling
from voice.errors import NotUnderWay
from voice.models import VoiceCall, VoiceEvent

pytestmark = pytest.mark.django_db
SECRET = "s3cret"
SAID: dict[str, Any] = {
    "answered_by": "human",
    "call_ended_by": "USER",
    "started_at": "2026-11-24T13:00:10+00:00",
    "corrected_duration": "60",
    "price": 0.1234,
    "summary": "Gana dos millones.",
    "recording_url": "https://storage.bland.ai/a.mp3",
    "transcripts": [
        {
            "id": 1,
            "user": "assistant",
            "text": "¿Cuál es su renta líquida?",
            "created_at": "2026-11-24T13:00:11.2+00:00",
        },
        {
            "id": 2,
            "user": "user",
            "text": "Gano dos millones líquidos.",
            "created_at": "2026-11-24T13:00:14.8+00:00",
        },
        {"id": 3, "user": "agent-action", "text": "Ended call", "created_at": None},
    ],
}


@pytest.fixture
def bland(settings: Any) -> Iterator[FakeBland]:
    with FakeBland() as fake:
        settings.BLAND_API_URL = fake.url
        yield fake


@pytest.fixture
def config(config: BrokerVoiceConfig, bland: FakeBland) -> BrokerVoiceConfig:
    config.provider = "bland"
    config.provider_credentials = {"api_key": "key", "webhook_secret": SECRET}
    config.phone_number_id = "+56221234567"
    config.assistant_id_default = "pathway-1"
    config.assistant_id_by_type = {"reminder": "pathway-2"}
    config.save()
    return config


@pytest.fixture
def placed(config: BrokerVoiceConfig, lead: Lead, at: datetime) -> VoiceCall:
    return calls.place(lead, purpose="follow_up", intent_key="bland", at=at)


@pytest.fixture
def started(placed: VoiceCall, at: datetime) -> VoiceCall:
    assert calls.start(placed.pk, at=at)
    placed.refresh_from_db()
    return placed


def post(config: BrokerVoiceConfig, told: Any, secret: str = SECRET) -> int:
    body, headers = signed(told, secret)
    address = f"/hooks/voice/bland/{config.webhook_key}/"
    answer = Client().post(address, body, content_type="application/json", headers=headers)
    for event_id in events.waiting():
        events.apply(event_id, at=datetime.fromisoformat("2026-11-24T10:05:00-03:00"))
    return answer.status_code


def test_an_order_names_pathway_numbers_webhook_and_us(
    started: VoiceCall, bland: FakeBland, lead: Lead, config: BrokerVoiceConfig
) -> None:
    assert bland.asked == [("POST /v1/calls", "key")]
    order = bland.calls[0]["request_data"]
    assert (order["phone_number"], order["from"]) == (lead.phone_e164, "+56221234567")
    assert (order["pathway_id"], order["max_duration"]) == ("pathway-1", 10)
    assert order["metadata"] == {"call_id": str(started.pk)}
    assert order["first_sentence"].startswith("Hola Camila, le habla el asistente virtual de")
    assert order["webhook"].endswith(f"/hooks/voice/bland/{config.webhook_key}/")
    assert started.external_call_id == "bland-1"


def test_a_purpose_may_have_a_pathway_of_its_own(
    config: BrokerVoiceConfig, lead: Lead, bland: FakeBland, at: datetime
) -> None:
    call = calls.place(lead, purpose="reminder", intent_key="r", at=at)
    calls.start(call.pk, at=at)
    assert bland.calls[0]["request_data"]["pathway_id"] == "pathway-2"


def test_the_webhook_carries_a_call_to_its_end(
    started: VoiceCall, bland: FakeBland, config: BrokerVoiceConfig, lead: Lead
) -> None:
    assert [post(config, bland.end(**SAID)) for _ in range(2)] == [200, 200]
    assert VoiceEvent.objects.count() == 1
    started.refresh_from_db()
    assert (started.status, started.reason) == ("completed", "customer-ended-call")
    assert (started.duration, started.cost_usd) == (60, Decimal("0.1234"))
    assert started.summary == "Gana dos millones."
    assert started.recording_url == "https://storage.bland.ai/a.mp3"
    lines = list(started.lines.values_list("speaker", "timestamp"))
    assert lines == [("bot", 1.2), ("customer", 4.8)]
    lead.refresh_from_db()
    assert lead.metadata["income"]["amount"] == 2_000_000


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        ({"answered_by": "voicemail"}, "no_answer", "voicemail"),
        ({"answered_by": "no-answer"}, "no_answer", "customer-did-not-answer"),
        ({"status": "busy"}, "busy", "customer-busy"),
        ({"status": "canceled"}, "cancelled", "manually-canceled"),
        ({"error_message": "carrier refused"}, "failed", "call-failed"),
        ({"answered_by": "unknown", "call_ended_by": "ASSISTANT"}, "completed", None),
    ],
)
def test_how_bland_ended_a_call_is_told_in_our_words(
    started: VoiceCall,
    bland: FakeBland,
    config: BrokerVoiceConfig,
    told: dict[str, Any],
    status: str,
    reason: str | None,
) -> None:
    assert post(config, bland.end(**told)) == 200
    started.refresh_from_db()
    assert (started.status, started.reason) == (status, reason or "assistant-ended-call")


def test_only_what_bland_signed_is_heard(
    started: VoiceCall, bland: FakeBland, config: BrokerVoiceConfig
) -> None:
    told = bland.end(**SAID)
    assert post(config, told, secret="other") == 403
    BrokerVoiceConfig.objects.filter(pk=config.pk).update(provider_credentials={"api_key": "key"})
    assert post(config, told, secret="") == 403
    assert VoiceEvent.objects.count() == 0


def test_what_is_not_bland_s_is_refused_and_a_call_under_way_tells_nothing(
    started: VoiceCall, bland: FakeBland, config: BrokerVoiceConfig
) -> None:
    assert [post(config, told) for told in ("no", [], {}, {"call_id": 1})] == [400] * 4
    assert post(config, bland.calls[0]) == 200
    assert VoiceEvent.objects.count() == 0


def test_a_refused_order_ends_the_call_with_its_reason(
    placed: VoiceCall, bland: FakeBland, at: datetime
) -> None:
    bland.refusal = 200, {"status": "error", "message": "no balance"}
    assert not calls.start(placed.pk, at=at)
    placed.refresh_from_db()
    assert (placed.status, placed.reason) == ("failed", "provider_refused rejected")


def test_a_call_whose_answer_was_lost_is_found_and_never_made_twice(
    placed: VoiceCall, bland: FakeBland, at: datetime
) -> None:
    bland.forgets_to_answer = True
    assert not calls.start(placed.pk, at=at)
    later = at + timedelta(minutes=6)
    assert reconciling.silent(at=later) == [placed.pk]
    reconciling.look_up(placed.pk, at=later)
    placed.refresh_from_db()
    assert (placed.status, placed.external_call_id) == ("initiated", "bland-1")
    assert len(bland.calls) == 1


def test_a_call_whose_webhook_was_lost_is_looked_up(
    started: VoiceCall, bland: FakeBland, at: datetime
) -> None:
    bland.end(**SAID)
    later = at + timedelta(minutes=6)
    assert reconciling.look_up(started.pk, at=later)
    for event_id in events.waiting():
        events.apply(event_id, at=later)
    started.refresh_from_db()
    assert (started.status, started.lines.count()) == ("completed", 2)


def test_a_call_that_bland_does_not_know_is_shown_as_unknown(
    started: VoiceCall, bland: FakeBland, at: datetime
) -> None:
    bland.calls.clear()
    assert reconciling.look_up(started.pk, at=at + timedelta(minutes=6))
    started.refresh_from_db()
    assert (started.status, started.reason) == ("failed", "outcome_unknown")


def test_a_person_can_hang_up_a_call_under_way(
    started: VoiceCall, bland: FakeBland, admin: User, config: BrokerVoiceConfig, at: datetime
) -> None:
    address = f"/api/v1/calls/{started.pk}/hang-up/"
    assert signed_in(admin).post(address).status_code == 200
    assert bland.stopped == ["bland-1"]
    assert post(config, bland.end(**SAID)) == 200
    refused = signed_in(admin).post(address)
    assert (refused.status_code, codes(refused)) == (409, [(None, NotUnderWay.code)])


def test_a_hang_up_that_bland_does_not_take_is_told(
    started: VoiceCall, settings: Any, admin: User, at: datetime
) -> None:
    settings.BLAND_API_URL = "http://127.0.0.1:1"
    with pytest.raises(ProviderError):
        calls.hang_up(started, by=admin, at=at)
