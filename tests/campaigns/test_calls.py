"""A step that calls: one call however often it is run, and the call's own limits obeyed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import Q

from campaigns import enrolment, steps
from campaigns.models import Campaign, CampaignLog
from leads.models import Lead
from tests.campaigns.conftest import told
from tests.factories import VoiceCallFactory
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db


@pytest.fixture
def calling(campaign_of: Callable[..., Campaign], ana: Lead, at: datetime) -> CampaignLog:
    enrolment.enrol(campaign_of({"action": "make_call"}, channel="call"), ana, at=at)
    return CampaignLog.objects.get()


def test_a_step_places_one_call_however_often_it_is_run(
    calling: CampaignLog, ana: Lead, at: datetime
) -> None:
    steps.run(calling.pk, at=at)
    steps.run(calling.pk, at=at)
    call = VoiceCall.objects.get()
    assert (call.lead, call.call_purpose) == (ana, "campaign")
    assert call.intent_key == f"campaign:{calling.pk}"
    assert told(ana) == [(1, "sent", "")]


def test_a_busy_line_puts_the_step_off(calling: CampaignLog, ana: Lead, at: datetime) -> None:
    VoiceCallFactory(broker=ana.broker, lead=ana, status="ringing")
    steps.run(calling.pk, at=at)
    calling.refresh_from_db()
    assert (calling.status, calling.reason) == ("due", "call_under_way")
    assert calling.due_at > at
    assert VoiceCall.objects.count() == 1


def test_at_night_nobody_is_called(calling: CampaignLog, ana: Lead, at: datetime) -> None:
    steps.run(calling.pk, at=at + timedelta(hours=12))
    calling.refresh_from_db()
    assert (calling.status, calling.reason) == ("due", "quiet_hours")
    assert VoiceCall.objects.count() == 0


def test_a_stopped_run_takes_its_calls_and_their_retries_with_it(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    call = {"action": "make_call"}
    enrolment.enrol(campaign_of(call, call, channel="call"), ana, at=at)
    steps.run(CampaignLog.objects.get().pk, at=at)
    first = VoiceCall.objects.get()
    retried = VoiceCallFactory(
        broker=ana.broker, lead=ana, status="no_answer", retry_of=first,
        retry_at=at + timedelta(hours=2),
    )  # fmt: skip
    enrolment.stop(Q(lead=ana), reason="replied", at=at)
    first.refresh_from_db()
    retried.refresh_from_db()
    assert (first.status, retried.retry_at) == ("cancelled", None)
