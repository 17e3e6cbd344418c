"""Calls in Django Admin: placed from a lead's page, read as a conversation, shown on the home page."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokers.models import User
from leads.models import Lead
from tests.factories import CallTranscriptFactory, VoiceCallFactory
from voice.dashboard import cards
from voice.models import VoiceCall

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _awake(lead: Lead) -> None:
    config = lead.broker.brokerleadconfig
    config.quiet_hours = {"start": "23:59", "end": "00:00", "sundays": False, "holidays": False}
    config.save()


@pytest.fixture
def ana(agent: User, client: Client) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def talked(lead: Lead) -> VoiceCall:
    call = VoiceCallFactory(
        broker=lead.broker, lead=lead, status="completed", disposition="interested",
        summary="Quiere comprar.\nLlamar el lunes.", score_delta=24.0, duration=95,
        stage_after_call="perfilamiento", cost_usd="0.1425",
    )  # fmt: skip
    CallTranscriptFactory(broker=lead.broker, call=call, text="¿Tiene un minuto?", position=0)
    CallTranscriptFactory(
        broker=lead.broker, call=call, text="Sí, dígame.", position=1, speaker="customer"
    )
    return call


def page(call: VoiceCall) -> str:
    return reverse("admin:voice_voicecall_change", args=[call.pk])


def test_the_call_page_shows_the_conversation_and_what_it_changed(
    ana: Client, talked: VoiceCall
) -> None:
    told = ana.get(page(talked)).content.decode()
    shown = ("+24,0", "1:35", "Quiere comprar.<br>Llamar el lunes.", "interesado", "0,1425")
    assert [each for each in shown if each not in told] == []
    assert told.index("¿Tiene un minuto?") < told.index("Sí, dígame.")
    assert 'class="crm-bubble crm-in"' in told
    assert 'class="crm-bubble crm-out"' in told


def test_a_call_is_placed_from_its_add_page(ana: Client, lead: Lead, agent: User) -> None:
    add = reverse("admin:voice_voicecall_add")
    assert ana.get(f"{add}?lead={lead.pk}").status_code == 200
    told = ana.post(add, {"lead": lead.pk, "call_purpose": "follow_up"})
    assert told.status_code == 302
    call = VoiceCall.objects.get()
    assert (call.lead, call.placed_by, call.status) == (lead, agent, "initiated")


def test_a_refused_call_is_told_on_the_form(ana: Client, lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(treatment_type="hold")
    add = reverse("admin:voice_voicecall_add")
    told = ana.post(add, {"lead": lead.pk, "call_purpose": "follow_up"})
    assert "El lead está en pausa: solo lo contactan personas." in told.content.decode()
    assert VoiceCall.objects.count() == 0


def test_a_finished_call_offers_another(ana: Client, talked: VoiceCall) -> None:
    again = reverse("admin:voice_voicecall_call_again", args=[talked.pk])
    assert again in ana.get(page(talked)).content.decode()
    assert ana.post(again).status_code == 302
    assert VoiceCall.objects.exclude(pk=talked.pk).get().lead == talked.lead


def test_a_waiting_call_is_cancelled_by_a_button(ana: Client, lead: Lead) -> None:
    call = VoiceCallFactory(broker=lead.broker, lead=lead)
    assert ana.post(reverse("admin:voice_voicecall_cancel", args=[call.pk])).status_code == 302
    call.refresh_from_db()
    assert call.status == "cancelled"


def test_the_lead_s_page_lists_its_calls_and_offers_one(
    ana: Client, lead: Lead, talked: VoiceCall
) -> None:
    told = ana.get(reverse("admin:leads_lead_change", args=[lead.pk])).content.decode()
    assert page(talked) in told
    assert f"{reverse('admin:voice_voicecall_add')}?lead={lead.pk}" in told


def test_the_home_page_tells_today_s_calls_of_one_s_own_leads(
    talked: VoiceCall, agent: User, agent2: User
) -> None:
    now: datetime = timezone.now()
    (card,) = cards(agent, now)
    assert [row.value for row in card.rows] == ["interesado"]
    (other,) = cards(agent2, now)
    assert (other.rows, other.empty) == ([], "Hoy el asistente no ha llamado a nadie.")
