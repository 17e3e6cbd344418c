"""Calls that reached nobody are placed again, as the broker planned, and no more often."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from brokers.models import BrokerVoiceConfig, User
from leads import consenting, handoff
from leads.models import ActivityLog, Lead
from tests.factories import LeadFactory
from tests.racing import race
from tests.voice.conftest import Tell
from voice import calls, retries
from voice.models import CallStatus, VoiceCall
from voice.providers.base import Report

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def missed(lead: Lead, at: datetime, status: CallStatus = CallStatus.NO_ANSWER) -> VoiceCall:
    call = calls.place(lead, purpose="campaign", intent_key="first", at=at)
    calls.end(call, status, at=at)
    call.refresh_from_db()
    return call


@pytest.mark.parametrize("status", [CallStatus.NO_ANSWER, CallStatus.BUSY])
def test_a_call_that_reached_nobody_is_due_again(
    lead: Lead, at: datetime, status: CallStatus
) -> None:
    call = missed(lead, at, status)
    assert call.retry_at == at + HOUR
    assert retries.due(at=at + HOUR - timedelta(seconds=1)) == []
    assert retries.due(at=at + HOUR) == [call.pk]


@pytest.mark.parametrize("status", [CallStatus.COMPLETED, CallStatus.FAILED, CallStatus.CANCELLED])
def test_other_ends_are_not_repeated(lead: Lead, at: datetime, status: CallStatus) -> None:
    assert missed(lead, at, status).retry_at is None


def test_the_broker_sets_the_plan(lead: Lead, config: BrokerVoiceConfig, at: datetime) -> None:
    config.timing_config = {"retry_minutes": 15, "max_attempts": 2}
    config.save()
    assert missed(lead, at).retry_at == at + timedelta(minutes=15)


@pytest.mark.parametrize("garbled", [{"max_attempts": "many"}, {"max_attempts": None}, [], "x"])
def test_a_garbled_plan_is_the_default_plan(
    lead: Lead, config: BrokerVoiceConfig, at: datetime, garbled: object
) -> None:
    config.timing_config = garbled
    config.save()
    assert missed(lead, at).retry_at == at + HOUR


def test_a_retry_is_a_call_of_its_own_that_names_the_first(lead: Lead, at: datetime) -> None:
    first = missed(lead, at)
    again = retries.take_up(first.pk, at=at + HOUR)
    assert again is not None
    assert (again.attempt, again.retry_of, again.call_purpose) == (2, first, "campaign")
    assert retries.take_up(first.pk, at=at + HOUR) is None
    assert retries.due(at=at + 2 * HOUR) == []


def test_the_third_attempt_is_the_last_and_waits_for_the_next_day(lead: Lead, at: datetime) -> None:
    call = missed(lead, at)
    second = retries.take_up(call.pk, at=at + HOUR)
    assert second is not None
    calls.end(second, CallStatus.BUSY, at=at + HOUR)
    assert retries.take_up(second.pk, at=at + 2 * HOUR) is None
    second.refresh_from_db()
    tomorrow = at.replace(hour=9) + timedelta(days=1)
    assert second.retry_at == tomorrow
    third = retries.take_up(second.pk, at=tomorrow)
    assert third is not None
    calls.end(third, CallStatus.NO_ANSWER, at=tomorrow)
    third.refresh_from_db()
    assert (third.attempt, third.retry_of, third.retry_at) == (3, call, None)


def test_who_opted_out_meanwhile_is_not_called_again(lead: Lead, at: datetime) -> None:
    call = missed(lead, at)
    consenting.opt_out(
        lead, channel="webchat", everything=True, evidence="baja", at=at, confirm=False
    )
    assert retries.take_up(call.pk, at=at + HOUR) is None
    call.refresh_from_db()
    assert call.retry_at is None
    entry = ActivityLog.objects.get(lead=lead, action_type="call_not_repeated")
    assert entry.details == {"call": call.pk, "reason": "suppressed"}


def test_a_retry_waits_for_a_person_three_days_and_no_longer(
    lead: Lead, agent: User, at: datetime
) -> None:
    call = missed(lead, at)
    handoff.take(lead, by=agent, at=at)
    waits = []
    while (due := call.retry_at) is not None:
        waits.append(due - at)
        assert retries.take_up(call.pk, at=due) is None
        call.refresh_from_db()
    assert waits == [HOUR, HOUR + timedelta(days=1), HOUR + timedelta(days=2)]
    entry = ActivityLog.objects.get(lead=lead, action_type="call_not_repeated")
    assert entry.details["reason"] == "held_by_person"


def test_a_planned_retry_can_be_withdrawn(lead: Lead, at: datetime) -> None:
    call = calls.cancel(missed(lead, at), at=at)
    assert (call.status, call.retry_at) == ("no_answer", None)


def test_voicemail_is_not_contact_and_is_tried_again(
    lead: Lead, tell: Tell, report: Callable[..., Report], call: VoiceCall, at: datetime
) -> None:
    tell("answered")
    tell("no_answer", report("Le llamaremos más tarde.", voicemail=True))
    assert (call.status, call.disposition, call.score_delta) == ("no_answer", "voicemail", None)
    assert call.retry_at == at + timedelta(seconds=90) + HOUR
    lead.refresh_from_db()
    assert (lead.last_contacted, lead.pipeline_stage) == (None, "entrada")


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_place_one_retry(at: datetime) -> None:
    call = missed(LeadFactory(), at)
    results = race(6, lambda _: retries.take_up(call.pk, at=at + HOUR))
    assert len([each for each in results if isinstance(each, VoiceCall)]) == 1
    assert VoiceCall.objects.filter(retry_of=call).count() == 1
