"""What is used is not deleted in silence, by nobody and through no way in."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from campaigns.models import Campaign, CampaignStatus, CampaignStep
from crm import usage
from knowledge.models import KnowledgeDocument, KnowledgeEntry
from leads.models import ChatMessage, Lead, MessageTemplate
from llm.models import PromptVersion
from scheduling.models import Appointment
from tests.api import signed_in
from tests.factories import make_row
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(broker: Broker) -> MessageTemplate:
    row: MessageTemplate = make_row(MessageTemplate, broker, name="Bienvenida", content="Hola")
    return row


@pytest.fixture
def step(broker: Broker, template: MessageTemplate) -> CampaignStep:
    campaign = make_row(Campaign, broker, name="Otoño", status=CampaignStatus.PAUSED)
    row: CampaignStep = make_row(
        CampaignStep, broker, campaign=campaign, step_number=2, message_template=template
    )
    return row


def path(row: Any) -> str:
    return f"/api/v1/templates/{row.pk}/"


def test_the_api_tells_which_steps_send_a_template(
    admin: User, template: MessageTemplate, step: CampaignStep
) -> None:
    for flag in ("", "?even_if_used=true"):
        refused = signed_in(admin).delete(path(template) + flag)
        assert refused.status_code == 409
        error = refused.json()
        assert error["errors"][0]["code"] == "in_use"
        assert error["data"]["uses"] == [
            {"kind": "campaign_step", "id": step.pk, "text": "la campaña «Otoño», paso 2"}
        ]
    assert MessageTemplate.objects.filter(pk=template.pk).exists()


def test_a_finished_campaign_holds_no_template(
    admin: User, template: MessageTemplate, step: CampaignStep
) -> None:
    Campaign.objects.update(status=CampaignStatus.FINISHED)
    assert signed_in(admin).delete(path(template)).status_code == 204


def test_a_message_that_waits_holds_its_template(admin: User, broker: Broker, lead: Lead) -> None:
    template = make_row(MessageTemplate, broker, whatsapp_name="saludo", whatsapp_language="es")
    carried = {"template": {"name": "saludo", "language": "es", "values": {}}}
    message = make_row(ChatMessage, broker, lead=lead, status="pending", provider_metadata=carried)
    assert signed_in(admin).delete(path(template)).json()["data"]["uses"][0]["id"] == message.pk
    ChatMessage.objects.update(status="sent")
    assert signed_in(admin).delete(path(template)).status_code == 204


def test_a_property_with_a_visit_that_stands_goes_only_once_that_was_said(
    admin: User, broker: Broker
) -> None:
    entry = make_row(KnowledgeEntry, broker)
    visit = make_row(Appointment, broker, listing=entry)
    address = f"/api/v1/knowledge/{entry.pk}/"
    (use,) = signed_in(admin).delete(address).json()["data"]["uses"]
    assert (use["kind"], use["id"]) == ("appointment", visit.pk)
    assert str(visit.lead) in use["text"]
    assert signed_in(admin).delete(f"{address}?even_if_used=true").status_code == 204
    visit.refresh_from_db()
    assert visit.listing is None


def test_a_part_of_a_document_goes_only_once_that_was_said(admin: User, broker: Broker) -> None:
    document = make_row(KnowledgeDocument, broker, title="Reglamento")
    entry = make_row(KnowledgeEntry, broker, document=document, part=11)
    address = f"/api/v1/knowledge/{entry.pk}/"
    refused = signed_in(admin).delete(address)
    assert (refused.status_code, refused.json()["data"]["uses"][0]["text"]) == (
        409,
        "el documento «Reglamento», del que es la parte 12",
    )
    unclear = signed_in(admin).delete(f"{address}?even_if_used=perhaps")
    assert unclear.json()["errors"][0]["attr"] == "even_if_used"
    assert signed_in(admin).delete(f"{address}?even_if_used=true").status_code == 204


def test_admin_says_what_document_a_part_is_of(client: Client, admin: User, broker: Broker) -> None:
    document = make_row(KnowledgeDocument, broker, title="Reglamento")
    entry = make_row(KnowledgeEntry, broker, document=document, part=11)
    client.force_login(admin)
    page = reverse("admin:knowledge_knowledgeentry_delete", args=[entry.pk])
    assert "Se usa en: el documento «Reglamento»" in client.get(page).content.decode()
    client.post(page, {"post": "yes"})
    assert not KnowledgeEntry.objects.exists()


def test_admin_names_what_uses_a_template_and_deletes_nothing(
    client: Client, admin: User, template: MessageTemplate, step: CampaignStep
) -> None:
    client.force_login(admin)
    page = reverse("admin:leads_messagetemplate_delete", args=[template.pk])
    assert "la campaña «Otoño», paso 2" in client.get(page).content.decode()
    client.post(page, {"post": "yes"})
    many = {"action": "delete_selected", "_selected_action": [template.pk], "post": "yes"}
    client.post(reverse("admin:leads_messagetemplate_changelist"), many)
    assert MessageTemplate.objects.filter(pk=template.pk).exists()


def test_the_active_prompt_is_used_by_the_assistant_and_nobody_deletes_versions(
    client: Client, admin: User, superadmin: User, broker: Broker
) -> None:
    version = make_row(PromptVersion, broker, is_active=True)
    assert [use.kind for use in usage.uses(version)] == ["assistant"]
    for person in (admin, superadmin):
        assert signed_in(person).delete(f"/api/v1/prompts/{version.pk}/").status_code in (403, 405)
        client.force_login(person)
        client.post(reverse("admin:llm_promptversion_delete", args=[version.pk]), {"post": "yes"})
    assert PromptVersion.objects.filter(pk=version.pk).exists()


def test_whatever_loses_a_link_when_a_row_is_deleted_is_named_before() -> None:
    """A reference that would be emptied in silence, from rows that are not mere history."""
    history = {
        ("llm.LLMCall", "prompt_version"),
        ("llm.CostDay", "prompt_version"),
        ("llm.CostShare", "prompt_version"),
        ("knowledge.ListingRefusal", "entry"),
        ("scheduling.SlotOffer", "listing"),
    }
    silent = {
        (relation.related_model._meta.label, relation.field.name)
        for model in (MessageTemplate, KnowledgeEntry, KnowledgeDocument, PromptVersion)
        for relation in model._meta.get_fields(include_hidden=True)
        if relation.auto_created
        and not relation.concrete
        and relation.on_delete.__name__ == "SET_NULL"
    }
    named = {
        ("campaigns.CampaignStep", "message_template"),
        ("scheduling.Appointment", "listing"),
    }
    assert silent == named | history
    assert {MessageTemplate, KnowledgeEntry, PromptVersion} <= set(usage.used_models())


@pytest.mark.django_db(transaction=True)
def test_a_step_that_takes_the_template_meanwhile_never_ends_without_one(
    admin: User, broker: Broker, template: MessageTemplate
) -> None:
    campaign = make_row(Campaign, broker)
    steps = f"/api/v1/campaigns/{campaign.pk}/steps/"
    body = {"step_number": 1, "message_template": template.pk, "delay_hours": 0}

    def act(number: int) -> int:
        caller = signed_in(admin)
        answer = caller.delete(path(template)) if number else caller.post(steps, body)
        return int(answer.status_code)

    added, deleted = race(2, act)
    assert (added, deleted) in {(201, 409), (400, 204), (409, 204)}
    assert not CampaignStep.objects.filter(message_template=None).exists()
