"""Placing a call: once per intent, through the gate, within the broker's limits; then forward only."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.models import BrokerLeadConfig, BrokerVoiceConfig, User
from crm.errors import ProviderError
from leads import consenting, handoff, words
from leads.models import ActivityLog, Lead
from tests.factories import BrokerFactory, LeadFactory, VoiceCallFactory
from tests.racing import race
from voice import calls
from voice.errors import CallRefused, KeyTaken, NotCancellable
from voice.models import CallStatus, VoiceCall
from voice.providers import base

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def place(lead: Lead, at: datetime, key: str = "one", **given: Any) -> VoiceCall:
    return calls.place(lead, purpose="follow_up", intent_key=key, at=at, **given)


def refusal(lead: Lead, at: datetime, key: str = "refused") -> tuple[str, datetime | None]:
    with pytest.raises(CallRefused) as refused:
        place(lead, at, key)
    assert not VoiceCall.objects.filter(intent_key=key).exists()
    return refused.value.reason, refused.value.next_allowed_at


def test_a_placed_call_is_a_row_that_waits_for_its_provider(
    lead: Lead, agent: User, at: datetime
) -> None:
    call = place(lead, at, by=agent)
    assert (call.status, call.provider, call.phone) == ("initiated", "simulated", lead.phone_e164)
    assert (call.placed_by, call.attempt, call.dialled_at) == (agent, 1, None)
    assert ActivityLog.objects.get(lead=lead, action_type="call_placed").user == agent
    assert calls.not_started(at=at) == [call.pk]


def test_the_same_intent_again_is_the_same_call(lead: Lead, at: datetime) -> None:
    assert place(lead, at) == place(lead, at + MINUTE)
    assert VoiceCall.objects.count() == 1


def test_an_intent_key_is_not_shared_between_leads(lead: Lead, at: datetime) -> None:
    place(lead, at)
    with pytest.raises(KeyTaken):
        place(LeadFactory(), at)


def test_a_lead_without_a_phone_is_not_called(lead: Lead, at: datetime) -> None:
    Lead.objects.filter(pk=lead.pk).update(phone_e164=None)
    assert refusal(lead, at) == ("no_phone", None)


def test_a_lead_that_opted_out_is_not_called(lead: Lead, at: datetime) -> None:
    consenting.opt_out(
        lead, channel="webchat", everything=True, evidence="baja", at=at, confirm=False
    )
    assert refusal(lead, at) == ("suppressed", None)


def test_quiet_hours_refuse_a_call_until_they_end(lead: Lead, at: datetime) -> None:
    night = at.replace(hour=22)
    assert refusal(lead, night) == ("quiet_hours", at.replace(hour=9) + timedelta(days=1))


@pytest.mark.parametrize("treatment", ["hold", "manual_follow_up"])
def test_treatment_refuses_a_call(lead: Lead, at: datetime, treatment: str) -> None:
    Lead.objects.filter(pk=lead.pk).update(treatment_type=treatment)
    assert refusal(lead, at) == ({"hold": "on_hold"}.get(treatment, treatment), None)


def test_who_is_held_by_a_person_is_not_called_by_the_assistant(
    lead: Lead, agent: User, at: datetime
) -> None:
    handoff.take(lead, by=agent, at=at)
    assert refusal(lead, at) == ("held_by_person", at + timedelta(days=1))


def test_a_lead_is_in_one_call_at_a_time(lead: Lead, at: datetime) -> None:
    place(lead, at)
    assert refusal(lead, at) == ("call_under_way", at + MINUTE)


def test_attempts_of_a_day_are_limited_and_the_next_one_is_tomorrow(
    lead: Lead, at: datetime
) -> None:
    BrokerLeadConfig.objects.filter(broker=lead.broker).update(max_messages_per_day=9)
    for number in range(2):
        calls.end(place(lead, at, f"try {number}"), CallStatus.COMPLETED, at=at)
    tomorrow = at.replace(hour=9) + timedelta(days=1)
    assert refusal(lead, at) == ("attempts_per_day", tomorrow)
    assert place(lead, tomorrow, "next day").attempt == 1


def test_a_cancelled_call_is_no_attempt(lead: Lead, at: datetime) -> None:
    for number in range(3):
        calls.cancel(place(lead, at, f"try {number}"), at=at)
    assert place(lead, at).status == "initiated"


def test_a_provider_that_is_not_configured_is_told_before_calling(
    lead: Lead, config: BrokerVoiceConfig, at: datetime
) -> None:
    for provider in ("vapi", "bland"):
        BrokerVoiceConfig.objects.filter(pk=config.pk).update(provider=provider)
        assert refusal(lead, at) == ("provider_not_ready", None)


def test_another_broker_s_calls_do_not_count(lead: Lead, at: datetime) -> None:
    for _ in range(3):
        VoiceCallFactory(status="answered", broker=BrokerFactory())
    assert place(lead, at).status == "initiated"


@pytest.mark.django_db(transaction=True)
def test_the_concurrency_limit_is_exact_when_everybody_calls_at_once(at: datetime) -> None:
    broker = BrokerFactory()
    BrokerVoiceConfig.objects.filter(broker=broker).update(max_concurrent_calls=3)
    leads = LeadFactory.create_batch(10, broker=broker)
    results = race(10, lambda n: place(leads[n], at, f"intent {n}"))
    refused = [each.reason for each in results if isinstance(each, CallRefused)]
    assert refused == ["concurrency"] * 7
    assert VoiceCall.objects.filter(broker=broker).count() == 3


@pytest.mark.django_db(transaction=True)
def test_one_intent_placed_many_times_at_once_is_one_call(at: datetime) -> None:
    lead = LeadFactory()
    results = race(8, lambda _: place(lead, at))
    assert {each.pk for each in results} == {VoiceCall.objects.get().pk}


class Vendor:
    """A provider whose answers the test decides."""

    def __init__(self, answer: str | ProviderError = "vendor-1") -> None:
        self.answer, self.started = answer, 0

    def is_ready(self, config: Any) -> bool:
        return True

    def start(self, call: VoiceCall, config: Any) -> str:
        self.started += 1
        if isinstance(self.answer, ProviderError):
            raise self.answer
        return self.answer


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    made = Vendor()
    monkeypatch.setitem(base._adapters, "simulated", made)
    return made


def test_a_call_is_taken_to_its_provider_once(lead: Lead, vendor: Vendor, at: datetime) -> None:
    call = place(lead, at)
    assert [calls.start(call.pk, at=at) for _ in range(3)] == [True, False, False]
    call.refresh_from_db()
    assert (vendor.started, call.external_call_id, call.dialled_at) == (1, "vendor-1", at)


@pytest.mark.django_db(transaction=True)
def test_workers_that_start_a_call_at_once_call_once(vendor: Vendor, at: datetime) -> None:
    call = place(LeadFactory(), at)
    assert sorted(race(6, lambda _: calls.start(call.pk, at=at))) == [False] * 5 + [True]
    assert vendor.started == 1


def test_the_gate_is_asked_again_right_before_dialling(
    lead: Lead, agent: User, vendor: Vendor, at: datetime
) -> None:
    call = place(lead, at)
    handoff.take(lead, by=agent, at=at)
    assert not calls.start(call.pk, at=at)
    call.refresh_from_db()
    assert (call.status, call.reason, vendor.started) == ("cancelled", "held_by_person", 0)
    assert call.retry_at == at + timedelta(days=1)
    event = ActivityLog.objects.get(action_type="call_cancelled")
    assert words.event_details(event) == "Una persona tiene la conversación."


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"retryable": False, "vendor_status": 400}, ("failed", "provider_refused 400", False)),
        ({"retryable": True, "vendor_status": 429}, ("failed", "provider_busy", True)),
        ({"retryable": True, "reason": "ConnectError"}, ("failed", "provider_unreachable", True)),
        ({"retryable": True, "reason": "timeout"}, ("initiated", "", False)),
        ({"retryable": True, "vendor_status": 503}, ("initiated", "", False)),
    ],
)
def test_only_a_clear_no_of_the_provider_ends_a_call(
    lead: Lead, vendor: Vendor, at: datetime, error: dict[str, Any], expected: Any
) -> None:
    vendor.answer = ProviderError(**error)
    call = place(lead, at)
    assert not calls.start(call.pk, at=at)
    assert not calls.start(call.pk, at=at)
    call.refresh_from_db()
    assert (call.status, call.reason, call.retry_at is not None) == expected
    assert vendor.started == 1


def test_a_status_only_moves_forward(call: VoiceCall, at: datetime) -> None:
    steps = ("answered", "ringing", "initiated", "answered", "completed", "failed", "ringing")
    assert [calls.progress(call, step, at=at) for step in steps] == [
        True, False, False, False, True, False, False,
    ]  # fmt: skip
    call.refresh_from_db()
    assert (call.status, call.completed_at) == ("completed", at)


@pytest.mark.django_db(transaction=True)
def test_of_two_ends_at_once_one_counts(at: datetime) -> None:
    call = place(LeadFactory(), at)
    ends = (CallStatus.COMPLETED, CallStatus.FAILED, CallStatus.BUSY, CallStatus.NO_ANSWER)
    results = race(4, lambda n: calls.end(VoiceCall.objects.get(pk=call.pk), ends[n], at=at))
    assert sorted(results) == [False, False, False, True]
    call.refresh_from_db()
    assert call.status == ends[results.index(True)]


def test_a_call_that_has_not_left_can_be_withdrawn(lead: Lead, agent: User, at: datetime) -> None:
    call = calls.cancel(place(lead, at), by=agent, reason="campaña en pausa", at=at)
    assert (call.status, call.reason) == ("cancelled", "campaña en pausa")
    assert not calls.start(call.pk, at=at)


def test_a_call_at_the_provider_is_not_withdrawn(call: VoiceCall, at: datetime) -> None:
    with pytest.raises(NotCancellable):
        calls.cancel(call, at=at)
