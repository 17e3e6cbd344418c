"""The assistant's desk and model costs in Admin."""

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, BrokerPromptConfig, User
from llm import prompts
from llm.models import LLMCall, PromptVersion
from tests.factories import LLMCallFactory, PromptVersionFactory

pytestmark = pytest.mark.django_db
DESK, MODELS = "admin:llm_promptversion_desk", "admin:llm_promptversion_models"


@pytest.fixture
def berta(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def texts(broker: Broker, **changes: str) -> dict[str, str]:
    """The editor's form as a browser sends it."""
    return {**prompts.draft(broker.brokerpromptconfig), **changes, "situation_handlers": ""}


def test_a_version_is_made_by_its_author_and_stays_as_it_is(
    berta: Client, broker: Broker, admin: User
) -> None:
    changed = texts(broker, restrictions="Nunca hables de política.")
    situation = {"situation_name": ["Renta baja", ""], "situation_text": ["Habla del DS1.", ""]}
    data = {**changed, **situation, "deed": "version", "notes": "Sin política"}
    assert berta.post(reverse(DESK), data).status_code == 302
    made = PromptVersion.objects.latest("pk")
    assert (made.broker, made.created_by, made.is_active) == (broker, admin, False)
    assert made.sections_json["situation_handlers"] == {"Renta baja": "Habla del DS1."}
    assert "Nunca hables de política." in made.content
    assert berta.post(reverse(DESK), data).status_code == 200
    page = reverse("admin:llm_promptversion_change", args=[made.pk])
    assert "Nunca hables de política." in berta.get(page).content.decode()
    assert berta.post(page, {**data, "content": "Otra"}).status_code == 403
    assert berta.get(reverse("admin:llm_promptversion_add")).url == reverse(DESK)


def test_a_version_needs_a_note_and_a_refused_form_keeps_its_texts(
    berta: Client, broker: Broker
) -> None:
    data = {**texts(broker, restrictions="Nunca."), "deed": "version", "notes": ""}
    answer = berta.post(reverse(DESK), data)
    assert answer.status_code == 200
    assert "Nunca.</textarea>" in answer.content.decode()
    assert not PromptVersion.objects.exists()


def test_a_draft_is_kept_and_what_leads_are_answered_with_stays(
    berta: Client, broker: Broker
) -> None:
    before = prompts.base_prompt(broker, None)
    berta.post(reverse(DESK), {**texts(broker, restrictions="Nunca."), "deed": "draft"})
    assert "Nunca.</textarea>" in berta.get(reverse(DESK)).content.decode()
    assert prompts.base_prompt(broker, prompts.active_version(broker)) == before


def test_a_version_may_be_activated_as_it_is_saved(berta: Client, broker: Broker) -> None:
    data = {**texts(broker, restrictions="Nunca."), "deed": "version", "notes": "x"}
    berta.post(reverse(DESK), {**data, "activate": "on"})
    active = prompts.active_version(broker)
    assert active is not None
    assert "Nunca." in active.content


def test_activating_one_steps_the_other_down_and_back_by_one_click(
    berta: Client, broker: Broker
) -> None:
    first, second = (PromptVersionFactory(broker=broker) for _ in range(2))
    for version in (first, second, first):
        address = reverse("admin:llm_promptversion_activate", args=[version.pk])
        berta.get(address)
        assert not PromptVersion.objects.get(pk=version.pk).is_active
        berta.post(address)
        assert list(PromptVersion.objects.filter(is_active=True)) == [version]


def test_differences_are_shown_to_any_other_version_the_active_one_and_the_draft(
    berta: Client, broker: Broker
) -> None:
    old = PromptVersionFactory(broker=broker, content="Eres Sofía, breve.", is_active=True)
    new = PromptVersionFactory(broker=broker, content="Eres Elena, breve.")
    page = reverse("admin:llm_promptversion_differences", args=[new.pk])
    for beside in ("", f"?con={old.pk}", "?con=activa"):
        shown = berta.get(page + beside).content.decode()
        assert (">Sofía,</del>" in shown, ">Elena,</ins>" in shown) == (True, True)
    assert berta.get(f"{page}?con=borrador").status_code == 200
    theirs = PromptVersionFactory()
    for wrong in (theirs.pk, "x", "9" * 30):
        assert berta.get(f"{page}?con={wrong}").status_code == 404


def test_going_on_from_an_older_version_makes_its_texts_the_draft(
    berta: Client, broker: Broker
) -> None:
    old = PromptVersionFactory(broker=broker, content="Eres Elena.")
    berta.post(reverse("admin:llm_promptversion_edit_from_here", args=[old.pk]))
    assert BrokerPromptConfig.objects.get(broker=broker).full_custom_prompt == "Eres Elena."
    assert not PromptVersion.objects.get(pk=old.pk).is_active


def test_models_are_chosen_from_lists_that_say_what_they_cost(
    berta: Client, broker: Broker, settings
) -> None:
    settings.GEMINI_API_KEY = "key"
    config = broker.brokerpromptconfig
    config.model_chain = ["openai:qwen3:8b"]
    config.save()
    shown = berta.get(reverse(MODELS)).content.decode()
    assert "openai:qwen3:8b · sin precio conocido" in shown
    assert "google:gemini-2.5-flash · US$" in shown
    assert "anthropic:" not in shown
    chosen = {"model_1": "google:gemini-2.5-flash", "model_2": "openai:qwen3:8b"}
    data = {**chosen, "writing_model": "google:gemini-2.5-flash-lite", "temperature": "0.4"}
    assert berta.post(reverse(MODELS), data).status_code == 302
    config.refresh_from_db()
    assert config.model_chain == ["google:gemini-2.5-flash", "openai:qwen3:8b"]
    assert (config.writing_model, config.temperature) == ("google:gemini-2.5-flash-lite", 0.4)
    for wrong in ({"model_1": "nobody:x"}, {"model_2": "openai:qwen3:8b"}, {"temperature": "3"}):
        assert berta.post(reverse(MODELS), wrong).status_code == 200
    assert berta.post(reverse(MODELS), {}).status_code == 302
    config.refresh_from_db()
    assert (config.model_chain, config.temperature) == (None, None)


def test_nobody_but_admins_comes_to_the_desk(
    client: Client, agent: User, superadmin: User, broker: Broker, rival_admin: User
) -> None:
    client.force_login(agent)
    assert [client.get(reverse(page)).status_code for page in (DESK, MODELS)] == [403, 403]
    assert client.post(reverse(DESK), {"deed": "draft"}).status_code == 403
    client.force_login(superadmin)
    assert broker.name in client.get(reverse(DESK)).content.decode()
    assert client.get(f"{reverse(DESK)}?corredora={broker.pk}").status_code == 200
    assert client.get(f"{reverse(DESK)}?corredora=999999").status_code == 404
    client.force_login(rival_admin)
    shown = client.get(f"{reverse(DESK)}?corredora={broker.pk}").content.decode()
    assert broker.name not in shown


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
