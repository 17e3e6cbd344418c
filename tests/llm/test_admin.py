"""Prompt versions and model costs in Admin."""

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from llm.models import LLMCall, PromptVersion
from tests.factories import LLMCallFactory, PromptVersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def berta(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def test_a_version_is_made_by_its_author_and_stays_as_it_is(
    berta: Client, broker: Broker, admin: User
) -> None:
    data = {"version_tag": "v1", "content": "Eres Sofía.", "notes": ""}
    assert berta.post(reverse("admin:llm_promptversion_add"), data).status_code == 302
    made = PromptVersion.objects.get()
    assert (made.broker, made.created_by, made.is_active) == (broker, admin, False)
    page = reverse("admin:llm_promptversion_change", args=[made.pk])
    assert berta.post(page, {**data, "content": "Otra"}).status_code == 403


def test_a_tag_names_one_version_of_a_broker(berta: Client, broker: Broker) -> None:
    PromptVersionFactory(broker=broker, version_tag="v1")
    data = {"version_tag": "v1", "content": "Eres Sofía.", "notes": ""}
    response = berta.post(reverse("admin:llm_promptversion_add"), data)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert PromptVersion.objects.count() == 1


def test_activating_one_steps_the_other_down(berta: Client, broker: Broker) -> None:
    first, second = (PromptVersionFactory(broker=broker) for _ in range(2))
    for version in (first, second):
        berta.post(reverse("admin:llm_promptversion_activate", args=[version.pk]))
    assert list(PromptVersion.objects.filter(is_active=True)) == [second]


def test_costs_are_read_by_admins_and_written_by_nobody(
    berta: Client, broker: Broker, agent: User
) -> None:
    call = LLMCallFactory(broker=broker, estimated_cost_usd=None)
    page = reverse("admin:llm_llmcall_change", args=[call.pk])
    assert "desconocido" in berta.get(reverse("admin:llm_llmcall_changelist")).content.decode()
    assert berta.post(page, {"error": "x"}).status_code == 403
    assert berta.get(reverse("admin:llm_llmcall_add")).status_code == 403
    berta.force_login(agent)
    assert berta.get(reverse("admin:llm_llmcall_changelist")).status_code == 403
    assert berta.get(page).status_code == 404
    assert LLMCall.objects.get().error == ""
