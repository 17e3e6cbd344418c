"""Health: what answers, what is ready, and which part is not."""

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from crm import tasks
from crm.models import PeriodicRun
from tests.crm.test_limits import DEAD_CACHE

PARTS = {"database": True, "migrations": True, "redis": True, "worker_and_beat": True}


@pytest.fixture
def beating(db: None) -> None:
    tasks.shared_heartbeat.apply()


def ready(client) -> tuple[int, dict[str, bool]]:
    response = client.get("/health/ready")
    return response.status_code, response.json()


def test_a_process_that_answers_is_alive_and_asks_nothing_of_anybody(
    client, django_assert_num_queries, db
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/health/live")
    assert (response.status_code, response.content) == (200, b"ok")


def test_with_everything_up_it_is_ready(client, beating) -> None:
    assert ready(client) == (200, PARTS)


def test_a_silent_worker_is_told(client, beating) -> None:
    PeriodicRun.objects.update(finished_at=timezone.now() - 2 * tasks.READY_WITHIN)
    assert ready(client) == (503, {**PARTS, "worker_and_beat": False})


def test_a_dead_cache_is_told(client, beating) -> None:
    with override_settings(CACHES=DEAD_CACHE):
        answer = ready(client)
    assert answer == (503, {**PARTS, "redis": False})


def test_a_migration_that_has_not_run_is_told(client, beating) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'campaigns'")
    assert ready(client) == (503, {**PARTS, "migrations": False})
