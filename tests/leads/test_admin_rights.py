"""Consent, rights and the story on the lead's page, as an admin and an agent use them."""

import io
import re
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokers.models import User
from leads import consenting, tasks
from leads.models import Consent, Lead, RightsRequest, Suppression, SuppressionEvent
from tests.factories import ActivityLogFactory, ChatMessageFactory, LeadFactory

pytestmark = pytest.mark.django_db
RIGHTS = ("lift-suppression", "ask-right", "hand-over", "rectify", "object-to-scoring",
          "lift-objection", "erase", "delete")  # fmt: skip


def page(lead: Lead, name: str = "") -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk]).replace(
        "change/", f"{name}/" * bool(name) or "change/"
    )


@pytest.fixture
def boss(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def test_the_page_tells_what_the_gate_would_say_and_the_history(boss, chatting, admin) -> None:
    consenting.grant(
        chatting, channel="", purpose="marketing", evidence="Casilla", text_shown="Acepto todo",
        by=admin, at=timezone.now(),
    )  # fmt: skip
    consenting.opt_out(
        chatting, channel="telegram", everything=False, evidence="alto", at=timezone.now(),
        confirm=False,
    )  # fmt: skip
    response = boss.get(page(chatting))
    shown = {
        title: {a["label"]: a["reason"] for a in rows}
        for title, rows in response.context["contact"]
    }
    assert shown["Telegram"]["Campaña"] == "suppressed"
    assert list(shown) == ["Telegram", "WhatsApp", "Chat web", "Correo", "Llamadas"]
    text = response.content.decode()
    for told in ("pidió no ser contactado", "«alto»", "«Casilla»", "Acepto todo", "Berta Admin"):
        assert told in text


def test_consent_is_recorded_and_a_suppression_lifted_from_the_page(boss, chatting, admin) -> None:
    boss.post(page(chatting, "grant-consent"), {"purpose": "call", "evidence": "Lo dijo"})
    assert Consent.objects.values_list("purpose", "by", "evidence").get() == (
        "call", admin.pk, "Lo dijo",
    )  # fmt: skip
    boss.post(page(chatting, "opt-out"), {"evidence": "pidió baja"})
    assert Suppression.objects.count() == 5
    assert boss.post(page(chatting, "lift-suppression"), {"reason": ""}).status_code == 200
    assert Suppression.objects.count() == 5
    assert boss.post(page(chatting, "lift-suppression"), {"reason": "Firmó"}).status_code == 302
    assert Suppression.objects.count() == 0
    assert SuppressionEvent.objects.filter(change="lifted", by=admin).count() == 5


def test_an_erasure_wants_the_name_typed_and_ends_on_the_receipt(boss, chatting) -> None:
    asked = {"asked_by": "person", "suppress": "on"}
    assert boss.get(page(chatting, "erase")).status_code == 200
    refused = boss.post(page(chatting, "erase"), {**asked, "confirm": "cualquiera"})
    assert refused.status_code == 409
    assert Lead.objects.filter(pk=chatting.pk).exists()
    done = boss.post(page(chatting, "erase"), {**asked, "confirm": str(chatting)}, follow=True)
    receipt = RightsRequest.objects.get()
    assert done.redirect_chain == [
        (reverse("admin:leads_rightsrequest_change", args=[receipt.pk]), 302)
    ]
    text = re.sub(r"\s+", " ", done.content.decode())
    for told in ("Comprobante", "Se borró", "Identidades en canales", "Se conserva, y por qué",
                 "lista de exclusión"):  # fmt: skip
        assert told in text
    assert str(chatting) not in text


@pytest.mark.parametrize("count", [2, 3])
def test_leads_chosen_in_the_list_are_erased_not_cascaded(
    boss, broker, admin, monkeypatch, count, django_capture_on_commit_callbacks
) -> None:
    """More than a page of them go in the background."""
    monkeypatch.setattr("leads.admin.rights.AT_ONCE", 2)
    leads = LeadFactory.create_batch(count, broker=broker)
    chosen = {"action": "delete_selected", "post": "yes",
              "_selected_action": [lead.pk for lead in leads]}  # fmt: skip
    with django_capture_on_commit_callbacks():
        boss.post(reverse("admin:leads_lead_changelist"), chosen)
    requests = RightsRequest.objects.all()
    assert requests.count() == count
    assert Lead.objects.count() == (0 if count == 2 else count)
    for request in requests:
        tasks.erase_person(request.pk)
    assert Lead.objects.count() == 0
    assert set(requests.values_list("kind", "state", "handled_by")) == {
        ("erasure", "done", admin.pk)
    }


def test_deleting_on_the_page_asks_what_erasing_asks(boss, chatting) -> None:
    url = reverse("admin:leads_lead_delete", args=[chatting.pk])
    boss.post(url, {"post": "yes"})
    assert Lead.objects.filter(pk=chatting.pk).exists()
    boss.post(url, {"asked_by": "broker", "confirm": str(chatting)})
    assert not Lead.objects.filter(pk=chatting.pk).exists()


def test_data_is_handed_over_corrected_and_the_score_frozen_from_the_page(boss, chatting) -> None:
    file = boss.post(page(chatting, "hand-over"), {"asked_by": "person"})
    names = zipfile.ZipFile(io.BytesIO(b"".join(file.streaming_content))).namelist()
    assert names == ["datos.json", "conversacion.txt"]
    boss.post(page(chatting, "object-to-scoring"), {"asked_by": "person"})
    assert "se opuso al puntaje automático" in boss.get(page(chatting)).content.decode()
    boss.post(page(chatting, "lift-objection"), {"reason": "Aceptó"})
    sent = {
        "asked_by": "person",
        "name": "Camila Soto",
        "phone": chatting.phone,
        "email": chatting.email,
    }
    assert boss.post(page(chatting, "rectify"), sent).status_code == 302
    chatting.refresh_from_db()
    assert (chatting.name, chatting.score_frozen_at) == ("Camila Soto", None)
    assert RightsRequest.objects.get(kind="rectification").receipt == {"fields": ["name"]}
    assert boss.post(page(chatting, "rectify"), sent).status_code == 409
    states = dict(RightsRequest.objects.values_list("kind", "state"))
    assert states == {"access": "done", "objection": "done", "rectification": "done"}


def test_an_agent_reads_the_panel_and_exercises_no_right(agent, lead, client) -> None:
    client.force_login(agent)
    assert "Contacto y consentimiento" in client.get(page(lead)).content.decode()
    forbidden = {name: client.post(page(lead, name), {}).status_code for name in RIGHTS}
    assert set(forbidden.values()) == {403}
    assert client.get(reverse("admin:leads_rightsrequest_changelist")).status_code == 403
    assert client.get(reverse("admin:leads_suppression_changelist")).status_code == 403


def test_a_rival_finds_nothing_to_erase_or_read(rival_admin, lead, client) -> None:
    client.force_login(rival_admin)
    answers = {
        name: client.post(page(lead, name), {"confirm": str(lead)}).status_code
        for name in (*RIGHTS, "grant-consent", "story")
    }
    assert set(answers.values()) == {404}
    assert Lead.objects.filter(pk=lead.pk).exists()


def test_a_list_is_taken_in_with_its_report_and_one_is_added_normalised(boss, admin) -> None:
    url = reverse("admin:leads_suppression_take_in")
    file = SimpleUploadedFile("no.csv", b"fono\n9 8765 4321\nmalo1\n")
    response = boss.post(url, {"file": file, "reason": "Sernac"})
    report = response.context["report"]
    assert (report.accepted, report.known, report.refused) == (1, 0, [(3, "malo1")])
    neither = boss.post(url, {"reason": "x"})
    assert neither.context["form"].errors["file"]
    boss.post(
        reverse("admin:leads_suppression_add"),
        {"identifier": "ANA@Example.com", "channel": "", "reason": "x"},
    )
    assert set(Suppression.objects.values_list("identifier", "broker")) == {
        ("+56987654321", admin.broker_id), ("ana@example.com", admin.broker_id),
    }  # fmt: skip


def test_the_story_goes_on_where_the_page_stops_and_narrows(boss, lead, at) -> None:
    for n in range(35):
        ChatMessageFactory(broker=lead.broker, lead=lead, message_text=f"mensaje-{n:02d}.", at=at)
    ActivityLogFactory(broker=lead.broker, lead=lead, action_type="stage_changed", timestamp=at)
    first = boss.get(page(lead)).content.decode()
    story = first[first.index('id="historia"') :]
    more = re.search(r'href="([^"]+)" data-story-more', story)
    assert more
    rest = boss.get(more[1].replace("&amp;", "&")).content.decode()
    shown, later = (set(re.findall(r"mensaje-(\d\d)\.", text)) for text in (story, rest))
    assert (len(shown), len(later), shown & later) == (30, 5, set())
    assert "data-story-more" not in rest
    assert "Cambio de etapa" in rest
    stages: Any = boss.get(f"{page(lead, 'story')}?kind=stage").content.decode()
    assert ("Cambio de etapa" in stages, "mensaje" in stages) == (True, False)
    assert boss.get(f"{page(lead, 'story')}?kind=x&cursor=roto").status_code == 200
