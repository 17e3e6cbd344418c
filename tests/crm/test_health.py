"""Health: what answers, what is ready, and which part is not."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.contrib.staticfiles.finders import get_finder
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from brokers.models import User
from crm import pages, tasks
from crm.models import PeriodicRun
from tests.addresses import every_address
from tests.crm.test_limits import DEAD_CACHE
from tests.factories import BrokerFactory, UserFactory

PARTS = dict.fromkeys(
    (
        "database",
        "migrations",
        "row_security",
        "redis",
        "worker_and_beat",
        "files",
        "pages",
        "secrets",
    ),
    True,
)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
DEMO = "demo$$2b$04$hash"
Damage = Callable[[Path], object]


@pytest.fixture
def collected(settings, tmp_path: Path) -> Callable[[Damage], AbstractContextManager[None]]:
    """Static files as in production: one of ours, collected, then damaged."""
    source = tmp_path / "source"
    (source / "crm").mkdir(parents=True)
    (source / "crm" / "unit.css").write_text("a { color: red }")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    backend = "whitenoise.storage.CompressedManifestStaticFilesStorage"

    @contextmanager
    def having(damage: Damage) -> Iterator[None]:
        settings.STATIC_ROOT = tmp_path / "static"
        settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
        get_finder.cache_clear()
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        damage(tmp_path / "static")
        settings.STORAGES = dict(settings.STORAGES)  # as a new process reads its list of files
        pages.trouble.cache_clear()
        try:
            yield
        finally:
            pages.trouble.cache_clear()
            get_finder.cache_clear()

    return having


@pytest.fixture
def beating(db: None) -> None:
    tasks.shared_heartbeat.apply()


def ready(client) -> tuple[int, dict[str, bool]]:
    response = client.get("/health/ready")
    body = response.json()
    assert ("reasons" in body) == (response.status_code != 200)
    return response.status_code, {name: body[name] for name in PARTS}


def why(client) -> dict[str, str]:
    reasons: dict[str, str] = client.get("/health/ready").json()["reasons"]
    return reasons


def test_a_process_that_answers_is_alive_and_asks_nothing_of_anybody(
    client, django_assert_num_queries, db
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/health/live")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.parametrize(
    "address", [each.template for each in every_address() if "/health/" in each.template]
)
@pytest.mark.parametrize("named", [{"HTTP_HOST": "evil.test"}, {"SERVER_NAME": "0.0.0.0"}], ids=str)
def test_whoever_watches_us_need_not_know_our_name(client, beating, address, named) -> None:
    assert client.get(address, **named).status_code == 200


def test_everything_else_is_answered_under_our_names_only(client, broker) -> None:
    for path in ("/chat/andes/", "/admin/login/", "/api/v1/leads/"):
        assert client.get(path, HTTP_HOST="evil.test").status_code == 400


@pytest.mark.django_db
def test_who_looks_with_a_browser_reads_what_is_wrong(client) -> None:
    answer = client.get("/health/ready", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["worker_and_beat"]) == (503, False)


def test_with_everything_up_it_is_ready(client, beating) -> None:
    assert ready(client) == (200, PARTS)


def test_a_silent_worker_is_told(client, beating) -> None:
    PeriodicRun.objects.update(finished_at=timezone.now() - 2 * tasks.READY_WITHIN)
    assert ready(client) == (503, {**PARTS, "worker_and_beat": False})
    reason = "No heartbeat for 90 s: is a worker running, and beat?"
    assert why(client) == {"worker_and_beat": reason}


def test_a_dead_cache_is_told(client, beating) -> None:
    with override_settings(CACHES=DEAD_CACHE):
        answer = ready(client)
    assert answer == (503, {**PARTS, "redis": False})


def test_a_migration_that_has_not_run_is_told(client, beating) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'campaigns'")
    assert ready(client) == (503, {**PARTS, "migrations": False})
    assert "run `python manage.py migrate`" in why(client)["migrations"]


def test_a_reason_names_the_kind_of_an_error_and_nothing_of_its_text(client, beating) -> None:
    with override_settings(CACHES=DEAD_CACHE):
        assert why(client) == {"redis": "It does not answer (ConnectionError)."}


def test_a_key_that_is_missing_is_told(client, beating, settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    broker = BrokerFactory()
    broker.brokerchatconfig.provider_configs = {"telegram": {"token": "1:x"}}
    broker.brokerchatconfig.save()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert ready(client) == (200, PARTS)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert ready(client) == (503, {**PARTS, "secrets": False})
    assert "brokers.BrokerChatConfig.provider_configs" in why(client)["secrets"]


def test_pages_that_would_fail_are_told(client, beating, collected) -> None:
    with collected(Path.exists):
        assert ready(client) == (200, PARTS)
    with collected(lambda folder: (folder / "staticfiles.json").unlink()):
        assert ready(client) == (503, {**PARTS, "pages": False})
        assert "not collected: run" in why(client)["pages"]
    with collected(lambda folder: (folder / "crm" / "unit.css").write_text("older")):
        assert "another version (crm/unit.css differs)" in why(client)["pages"]
    with collected(lambda folder: next((folder / "crm").glob("unit.*.css")).unlink()):
        assert "incomplete (crm/unit.css is missing)" in why(client)["pages"]


@pytest.mark.parametrize("debug", [True, False])
def test_accounts_with_the_demos_password_are_a_note(client, beating, settings, debug) -> None:
    settings.DEBUG = debug
    UserFactory(email="root@demo.test")
    User.objects.update(password=DEMO)
    body = client.get("/health/ready").json()
    assert ("notes" in body) is not debug
    assert "demo.test" not in str(body)
