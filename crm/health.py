"""Health: the process answers (for containers); everything that work needs is up (for people).

An app adds to `NOTES` what people should know that keeps nobody from working.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from crm import connections, pages, rowsecurity, secrecy, storage
from crm.postgres import policies
from crm.tasks import READY_WITHIN, background_is_alive

Answer = bool | str  # True, or why not
AWAY = "The database does not answer."


def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def _database() -> bool:
    connections.refresh()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrated() -> Answer:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} have not run: run `python manage.py migrate`." if missing else True


def _row_security() -> bool:
    """Whether the second wall stands for our own role; on a laptop it need not."""
    with connection.cursor() as cursor:
        return settings.DEBUG or policies.hold(cursor)


def _redis() -> bool:
    cache.set("health", 1, 10)
    return bool(cache.get("health") == 1)


def _background() -> Answer:
    silence = f"No heartbeat for {READY_WITHIN.seconds} s: is a worker running, and beat?"
    return background_is_alive() or silence


CHECKS: dict[str, Callable[[], Answer]] = {
    "database": _database,
    "migrations": _migrated,
    "row_security": _row_security,
    "redis": _redis,
    "worker_and_beat": _background,
    "files": storage.answers,
    "pages": lambda: pages.trouble() or True,
    "secrets": lambda: secrecy.trouble() or True,
}
NOTES: list[Callable[[], str]] = []
ASK_THE_DATABASE = ("database", "migrations", "worker_and_beat", "secrets")


def _asked(check: Callable[[], Answer]) -> Answer:
    """Of an error its kind only: anybody may ask."""
    try:
        return check() or "It does not answer as it should."
    except Exception as error:  # noqa: BLE001 - whatever it is, the part is not up
        return f"It does not answer ({type(error).__name__})."


def _notes() -> list[str]:
    """Without a database there are none."""
    try:
        return [text for note in NOTES if (text := note())]
    except DatabaseError:
        return []


@rowsecurity.across("operations")
def ready(request: HttpRequest) -> JsonResponse:
    """Within seconds also where the database hangs: then it greets nobody, and is not asked."""
    is_there = connections.answers()
    left_out = () if is_there else ASK_THE_DATABASE
    answers = {name: AWAY if name in left_out else _asked(check) for name, check in CHECKS.items()}
    reasons = {name: answer for name, answer in answers.items() if answer is not True}
    body: dict[str, Any] = {name: answer is True for name, answer in answers.items()}
    body |= {"reasons": reasons} if reasons else {}
    body |= {"notes": notes} if is_there and (notes := _notes()) else {}
    return JsonResponse(body, status=503 if reasons else 200)
