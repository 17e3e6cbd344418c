"""A step that calls: one call however often it is run, and the call's own limits obeyed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

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
