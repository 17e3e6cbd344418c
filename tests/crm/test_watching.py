"""The page of the operation: green, or red with what is wrong, since when, what to do, and where."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client, override_settings
from django.utils import timezone, translation

from brokers.models import Broker, BrokerChatConfig, BrokerPromptConfig, User
from crm import health, troubles, watching
from crm.fields import Sealed
from crm.models import PeriodicRun
from crm.tasks import list_periodic
from leads.models import Lead
from llm import breaker
from tests.factories import (
    CalendarConnectionFactory,
    ChatMessageFactory,
    FailedTaskFactory,
    LeadAlertFactory,
    LLMCallFactory,
)

pytestmark = pytest.mark.django_db
PAGE = "/admin/crm/failedtask/estado/"
ROOM = SimpleNamespace(total=100 * 2**30, free=50 * 2**30)


@pytest.fixture(autouse=True)
def all_is_well(monkeypatch: Any) -> None:
    """Every sweep has just run, and the disk of the test's machine is large enough."""
    list_periodic()
    now = timezone.now()
    PeriodicRun.objects.update(started_at=now, finished_at=now, succeeded=True)
    monkeypatch.setattr(troubles.shutil, "disk_usage", lambda _: ROOM)


def red(user: User) -> dict[str, str]:
    """Each red line by its kind, as a person reads it."""
    client = Client()
    client.force_login(user)
    page = client.get(PAGE)
    assert page.status_code == 200
    rows = re.findall(r'data-kind="(\w+)">(.*?)</li>', page.text, re.DOTALL)
    return {kind: unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split())) for kind, row in rows}


def test_all_is_well(superadmin: User, admin: User) -> None:
    assert red(superadmin) == {}
    client = Client()
    client.force_login(superadmin)
    assert "Todo funciona" in client.get(PAGE).text
    assert red(admin) == {}


def test_agents_have_no_such_page(agent: User) -> None:
    client = Client()
    client.force_login(agent)
    assert client.get(PAGE).status_code == 403


def _pulse_stops(_: Any, __: Any) -> None:
    PeriodicRun.objects.filter(task="crm.tasks.heartbeat").update(
        finished_at=timezone.now() - timedelta(minutes=9)
    )


def _sweep_lags(_: Any, __: Any) -> None:
    PeriodicRun.objects.filter(task="leads.tasks.sweep_messages").update(
        started_at=timezone.now() - timedelta(minutes=31)
    )


def _sweep_fails(_: Any, __: Any) -> None:
    PeriodicRun.objects.filter(task="leads.tasks.sweep_alerts").update(
        succeeded=False, error="OperationalError"
    )


def _queue_grows(lead: Lead, _: Any) -> None:
    due = timezone.now() - timedelta(hours=3)
    ChatMessageFactory(lead=lead, direction="out", author="assistant", status="pending", due_at=due)


def _tasks_fail(_: Any, __: Any) -> None:
    FailedTaskFactory(broker=None)


def _disk_fills(_: Any, monkeypatch: Any) -> None:
    full = SimpleNamespace(total=100 * 2**30, free=2**30)
    monkeypatch.setattr(troubles.shutil, "disk_usage", lambda _: full)


def _connections_run_out(_: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(troubles, "CONNECTIONS", "SELECT 95, 100")


def _tables_are_old(_: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(health, "_migrated", lambda: False)


def _backup_is_old(_: Any, __: Any) -> None:
    PeriodicRun.objects.create(task=troubles.BACKUP, finished_at=timezone.now() - timedelta(days=3))


def _vendor_rests(_: Any, __: Any) -> None:
    for _try in range(breaker.FAILURES):
        breaker.failed("google")


def _a_check_breaks(_: Any, monkeypatch: Any) -> None:
    def broken(at: Any) -> Iterator[Any]:
        raise OperationalError("camila@example.com")

    monkeypatch.setattr(watching, "_checks", [*watching._checks, broken])


OF_THE_INSTALLATION: list[tuple[str, Callable[..., None], str]] = [
    ("background", _pulse_stops, "hace 9 minutos Levanta worker y beat"),
    ("sweep_late", _sweep_lags, "leads.tasks.sweep_messages no se ejecuta a tiempo"),
    ("sweep_failed", _sweep_fails, "leads.tasks.sweep_alerts falló: OperationalError"),
    ("queue", _queue_grows, "mensajes por enviar: 1 sin atender a tiempo. hace 3 horas"),
    ("failed_tasks", _tasks_fail, "Tareas que se dieron por vencidas: 1."),
    ("disk", _disk_fills, "1024 MB"),
    ("connections", _connections_run_out, "95 de 100 conexiones"),
    ("migrations", _tables_are_old, "manage.py migrate"),
    ("backup", _backup_is_old, "hace 3 días"),
    ("breaker", _vendor_rests, "google falla"),
    ("unchecked", _a_check_breaks, "No se pudo revisar «broken»: OperationalError."),
]


@pytest.mark.parametrize(("kind", "happens", "says"), OF_THE_INSTALLATION)
def test_what_is_wrong_with_the_installation_is_red_for_superadmins_alone(
    kind: str, happens: Any, says: str, superadmin: User, admin: User, lead: Lead,
    monkeypatch: Any, settings: Any,
) -> None:  # fmt: skip
    settings.GEMINI_API_KEY = "x"
    happens(lead, monkeypatch)
    found = red(superadmin)
    assert set(found) == {kind}
    assert says in found[kind]
    assert red(admin) == {}


def test_redis_away(superadmin: User) -> None:
    away = {"BACKEND": "crm.caching.CountingCache", "LOCATION": "redis://127.0.0.1:1/0"}
    with override_settings(
        CACHES={"default": away}, SESSION_ENGINE="django.contrib.sessions.backends.db"
    ):
        found = red(superadmin)
    assert set(found) == {"redis"}


def _telegram_is_refused(broker: Broker) -> None:
    LeadAlertFactory(
        broker=broker, lead=None, kind="telegram_trouble", details={"reason": "bad_token"}
    )


def _calendar_breaks(broker: Broker) -> None:
    CalendarConnectionFactory(broker=broker, state="broken")


def _month_is_spent(broker: Broker) -> None:
    BrokerPromptConfig.objects.filter(broker=broker).update(monthly_llm_budget_usd=1)
    LLMCallFactory(broker=broker, estimated_cost_usd=2)
    LeadAlertFactory(broker=broker, lead=None, kind="llm_budget", key="now")


def _tasks_of_theirs_fail(broker: Broker) -> None:
    FailedTaskFactory(broker=broker)


def _key_is_lost(broker: Broker) -> None:
    closed = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    BrokerChatConfig.objects.filter(broker=broker).update(provider_configs=Sealed(closed))


@pytest.mark.parametrize(
    ("kind", "happens", "says"),
    [
        ("secrets", _key_is_lost, "ninguna clave abre"),
        ("channel", _telegram_is_refused, "el token del bot ya no vale"),
        ("calendar", _calendar_breaks, "perdieron su permiso en Google"),
        ("budget", _month_is_spent, "gastó su tope mensual"),
        ("failed_tasks", _tasks_of_theirs_fail, "vencidas: 1"),
    ],
)
def test_what_is_wrong_with_a_brokerage_is_red_for_its_admin_and_no_other(
    kind: str, happens: Any, says: str, broker: Broker, admin: User, rival_admin: User,
    superadmin: User,
) -> None:  # fmt: skip
    happens(broker)
    assert says in red(admin)[kind]
    assert says in red(superadmin)[kind]
    assert red(rival_admin) == {}


def test_every_line_leads_to_a_page_that_opens(
    broker: Broker, lead: Lead, superadmin: User, settings: Any
) -> None:
    settings.GEMINI_API_KEY = "x"
    for happens in (_telegram_is_refused, _calendar_breaks, _month_is_spent, _tasks_of_theirs_fail):
        happens(broker)
    for happens in (_sweep_lags, _sweep_fails, _queue_grows, _tasks_fail, _vendor_rests):
        happens(lead, None)
    client = Client()
    client.force_login(superadmin)
    links = re.findall(r'<a class="crm-button" href="([^"]+)"', client.get(PAGE).text)
    assert len(links) >= 8
    assert [client.get(unescape(link)).status_code for link in links] == [200] * len(links)


def test_every_queue_leads_to_a_page_that_opens(superadmin: User) -> None:
    client = Client()
    client.force_login(superadmin)
    for queue in troubles.queues.all_queues():
        assert client.get(troubles._page(queue.page)).status_code == 200, queue.name


def test_the_english_page_is_english(superadmin: User, lead: Lead) -> None:
    _queue_grows(lead, None)
    at = timezone.now()
    with translation.override("en"):
        (told,) = watching.troubles(superadmin, at)
        assert told.what == "messages to send pile up: 1 not attended to in time."
        assert troubles.told_since(told.since, at) == "3 hours ago"
    cache.clear()
