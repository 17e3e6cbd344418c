"""Health: the process answers (for containers); everything that work needs is up (for people)."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from crm import connections
from crm.tasks import background_is_alive


def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def _database() -> bool:
    connections.refresh()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _redis() -> bool:
    cache.set("health", 1, 10)
    return bool(cache.get("health") == 1)


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrated,
    "redis": _redis,
    "worker_and_beat": background_is_alive,
}
ASK_THE_DATABASE = ("database", "migrations", "worker_and_beat")


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - whatever it is, the part is not up, and that is the answer
        return False


def ready(request: HttpRequest) -> JsonResponse:
    """Within seconds also where the database hangs: then it greets nobody, and is not asked."""
    left_out = () if connections.answers() else ASK_THE_DATABASE
    parts = {name: name not in left_out and _passes(check) for name, check in CHECKS.items()}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)
