"""The Admin site as a whole: language, menu, home page, operations, and no inline scripts."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin as django_admin
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from crm.admin.base import TenantAdmin
from crm.models import FailedTask
from crm.tenancy import Tenanted
from leads.models import Lead
from tests.crm.admin_walk import MODELS, name_of
from tests.factories import FailedTaskFactory, LeadFactory, LLMCallFactory, make_row

pytestmark = pytest.mark.django_db

READ_ONLY = {
    "ActivityLog", "StageTransition", "LLMCall", "ChatMessage", "TelegramMessage", "VoiceEvent",
    "CallTranscript", "CampaignLog", "CampaignEnrollment", "Consent", "Conversation", "SlotOffer",
    "LeadSignal", "ChannelIdentity", "FailedTask", "ChannelHook", "LeadAlert", "AgentCard",
    "LeadExport", "LeadImportRow", "LeadImportPart", "FailedSignIns", "CostDay", "CostShare",
    "ModelHour",
}  # fmt: skip


@pytest.fixture
def berta(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


def test_every_table_has_its_admin_and_no_other_is_shown() -> None:
    ours = {model for model in apps.get_models() if issubclass(model, Tenanted)}
    assert set(django_admin.site._registry) == ours
    assert all(isinstance(each, TenantAdmin) for each in django_admin.site._registry.values())


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_list_is_searched_and_says_what_to_do_when_empty(model: Any) -> None:
    admin = django_admin.site._registry[model]
    assert admin.search_fields
    assert admin.empty_hint or model.__name__.startswith("Broker")


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_what_is_only_appended_is_not_edited_even_by_the_superadmin(
    model: Any, broker: Broker, superadmin: User, client: Client
) -> None:
    client.force_login(superadmin)
    row = make_row(model, broker)
    pages = [reverse(name_of(model, "add")), reverse(name_of(model, "delete"), args=[row.pk])]
    allowed = {client.get(page).status_code for page in pages} == {200}
    assert not (allowed and model.__name__ in READ_ONLY)
    if model.__name__ in READ_ONLY:
        assert {client.get(page).status_code for page in pages} == {403}


# --- Language ---------------------------------------------------------------------------------


def test_pages_are_spanish_whatever_the_browser_asks(berta: Client, lead: Lead) -> None:
    page = reverse("admin:leads_lead_changelist")
    html = berta.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert "Buscar" in html
    assert "Type to search" not in html


def test_english_is_a_persons_choice_that_stays(berta: Client, lead: Lead) -> None:
    page = reverse("admin:leads_lead_changelist")
    berta.post(reverse("set_language"), {"language": "en", "next": page})
    html = berta.get(page).content.decode()
    assert "Type to search" in html
    assert "Conversations" in html
    assert "Conversaciones" not in html


@pytest.mark.parametrize("language", ["es", "en"])
def test_compiled_translations_are_kept_with_their_sources(language: str) -> None:
    folder = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES"
    assert (folder / "django.mo").stat().st_size > 1000
    assert (folder / "django.po").exists()


def test_numbers_and_dates_are_written_as_in_chile(berta: Client, broker: Broker) -> None:
    LLMCallFactory(broker=broker, input_tokens=12345, estimated_cost_usd="0.00055")
    html = berta.get(reverse("admin:llm_llmcall_changelist")).content.decode()
    assert "12.345 → 0" in html
    assert "0,00055" in html


# --- Menu and home ----------------------------------------------------------------------------


def titles(client: Client) -> list[str]:
    return [str(group["title"]) for group in client.get("/admin/").context["sidebar_navigation"]]


def test_the_menu_shows_each_role_what_it_may_follow(
    client: Client, admin: User, agent: User
) -> None:
    client.force_login(agent)
    assert titles(client) == [
        "", "Leads", "Conversaciones", "Agenda", "Campañas", "Conocimiento", "Llamadas",
        "Equipo y configuración",
    ]  # fmt: skip
    client.force_login(admin)
    assert titles(client)[7:] == ["Asistente y costos", "Equipo y configuración", "Operación"]


def test_every_link_of_the_menu_opens(berta: Client) -> None:
    groups = berta.get("/admin/").context["sidebar_navigation"]
    links = [item["link"] for group in groups for item in group["items"]]
    assert {berta.get(link, follow=True).status_code for link in links} == {200}


def test_every_table_is_in_the_menu(superadmin: User, client: Client) -> None:
    client.force_login(superadmin)
    groups = client.get("/admin/").context["sidebar_navigation"]
    links = {item["link"] for group in groups for item in group["items"]}
    assert {reverse(name_of(model, "changelist")) for model in MODELS} <= links


def test_the_home_page_tells_each_person_about_their_own(
    client: Client, broker: Broker, rival: Broker, admin: User, agent: User, agent2: User
) -> None:
    LeadFactory(broker=broker, assigned_to=agent, status="hot", lead_score=80, name="Ana Ríos")
    LeadFactory(broker=broker, assigned_to=agent2, status="hot", lead_score=70, name="Luz Mora")
    LeadFactory(broker=rival, status="hot", lead_score=90, name="Rosa Ajena")

    def home(user: User) -> Any:
        client.force_login(user)
        return client.get(reverse("admin:index"))

    assert [
        name in home(admin).content.decode() for name in ("Ana Ríos", "Luz Mora", "Rosa Ajena")
    ] == [True, True, False]
    assert [
        name in home(agent).content.decode() for name in ("Ana Ríos", "Luz Mora", "Rosa Ajena")
    ] == [True, False, False]
    assert "Gasto en modelos este mes" in [card.title for card in home(admin).context["figures"]]
    assert "Gasto en modelos este mes" not in [
        card.title for card in home(agent).context["figures"]
    ]


def test_a_month_of_models_is_added_up(berta: Client, broker: Broker, rival: Broker) -> None:
    for owner in (broker, broker, rival):
        LLMCallFactory(broker=owner, estimated_cost_usd="1.25")
    spent = {card.title: card for card in berta.get("/admin/").context["figures"]}
    assert spent["Gasto en modelos este mes"].value == "US$ 2,50"


def test_an_empty_list_says_what_to_do_next(berta: Client) -> None:
    html = berta.get(reverse("admin:knowledge_knowledgeentry_changelist")).content.decode()
    assert "el asistente responde solo con lo que esté aquí" in html
    assert "Agregar entrada de conocimiento" in html
    html = berta.get(
        reverse("admin:knowledge_knowledgeentry_changelist"), {"q": "x"}
    ).content.decode()
    assert "Nada coincide con tu búsqueda" in html


# --- Safety -----------------------------------------------------------------------------------


def test_no_page_of_ours_carries_a_script_of_its_own(berta: Client, lead: Lead) -> None:
    for page in ("/admin/", reverse("admin:leads_lead_change", args=[lead.pk])):
        html = berta.get(page).content.decode()
        assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html)
        assert not re.findall(r"\son(?:click|load|submit|change)=", html)


@pytest.mark.parametrize("lookup", ["password__startswith", "broker__channelhook__key", "token"])
def test_secrets_cannot_be_guessed_by_filtering(berta: Client, lookup: str) -> None:
    for name in ("brokers_user", "scheduling_appointment", "leads_lead"):
        answer = berta.get(reverse(f"admin:{name}_changelist"), {lookup: "a"})
        assert answer.status_code in (302, 400)


# --- Operations -------------------------------------------------------------------------------


def test_a_failed_task_is_retried_once_and_says_by_whom(
    berta: Client, broker: Broker, admin: User
) -> None:
    failed = FailedTaskFactory(broker=broker, task="crm.tasks.heartbeat")
    url = reverse("admin:crm_failedtask_retry", args=[failed.pk])
    assert [berta.post(url).status_code for _ in range(2)] == [302, 409]
    failed.refresh_from_db()
    assert (failed.state, failed.retried_by) == ("retried", admin)


def test_failed_tasks_are_set_aside_together(berta: Client, broker: Broker) -> None:
    rows = [FailedTaskFactory(broker=broker).pk for _ in range(2)]
    data = {"action": "dismiss_chosen", "_selected_action": rows}
    berta.post(reverse("admin:crm_failedtask_changelist"), data)
    assert {task.state for task in FailedTask.objects.all()} == {"dismissed"}
