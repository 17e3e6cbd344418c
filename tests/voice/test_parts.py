"""Calls go with their lead: exported with what was said, erased, merged and shown."""

import json
from datetime import datetime

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from brokers.models import User
from leads.models import Lead
from leads.parts import Deed, parts
from tests.factories import CallTranscriptFactory, LeadFactory, VoiceCallFactory, VoiceEventFactory
from voice.models import CallTranscript, VoiceCall, VoiceEvent
from voice.parts import panel

pytestmark = pytest.mark.django_db
PART = next(part for part in parts() if part.name == "calls")


@pytest.fixture
def other(lead: Lead) -> Lead:
    return LeadFactory(broker=lead.broker)


@pytest.fixture
def mine(lead: Lead) -> VoiceCall:
    call: VoiceCall = VoiceCallFactory(broker=lead.broker, lead=lead, summary="Sin DICOM")
    CallTranscriptFactory(broker=lead.broker, call=call, text="Hola")
    VoiceEventFactory(broker=lead.broker, call=call)
    return call


def test_an_export_tells_what_was_said(lead: Lead, other: Lead, mine: VoiceCall) -> None:
    VoiceCallFactory(broker=lead.broker, lead=other)
    (row,) = PART.export(lead)
    assert json.loads(json.dumps(row, cls=DjangoJSONEncoder))["transcript"] == [
        {"speaker": "bot", "text": "Hola", "timestamp": 0.5}
    ]
    assert row["summary"] == "Sin DICOM"


def test_erasing_a_lead_leaves_no_call_line_or_event(
    lead: Lead, other: Lead, mine: VoiceCall
) -> None:
    kept = VoiceCallFactory(broker=lead.broker, lead=other)
    PART.erase(lead)
    assert list(VoiceCall.objects.all()) == [kept]
    assert (CallTranscript.objects.count(), VoiceEvent.objects.count()) == (0, 0)


def test_a_merge_moves_the_calls(lead: Lead, other: Lead, mine: VoiceCall, at: datetime) -> None:
    assert PART.merge(lead, other, Deed(None, at)) == [mine.pk]
    assert VoiceCall.objects.get().lead == other


def test_the_panel_shows_who_may_see_it(
    lead: Lead, mine: VoiceCall, agent: User, agent2: User
) -> None:
    shown = {user: panel(lead, user) for user in (agent, agent2)}
    assert list(shown[agent].context["calls"]) == [mine]
    assert list(shown[agent2].context["calls"]) == []
