"""Calls in Admin are read, with their transcript."""

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import User
from leads.models import Lead
from tests.factories import CallTranscriptFactory, VoiceCallFactory
from voice.models import CallTranscript

pytestmark = pytest.mark.django_db


def test_an_agent_reads_the_calls_of_their_leads(client: Client, lead: Lead, agent: User) -> None:
    call = VoiceCallFactory(broker=lead.broker, lead=lead, duration=75)
    line = CallTranscriptFactory(broker=lead.broker, call=call, text="Busco en Ñuñoa")
    client.force_login(agent)
    page = reverse("admin:voice_voicecall_change", args=[call.pk])
    assert "Busco en Ñuñoa" in client.get(page).content.decode()
    assert client.post(page, {"summary": "x"}).status_code == 403
    assert "1:15" in client.get(reverse("admin:voice_voicecall_changelist")).content.decode()
    assert CallTranscript.objects.get() == line
