"""What the database and Redis know, asked when somebody scrapes: a fixed number of short statements.

Every statement of ``/metrics`` is here, and sees all brokers: no figure has one as a label.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import Error, connection, transaction
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily as Gauge
from redis.exceptions import RedisError

from crm import outage, queues
from crm.models import FailedTask, PeriodicRun
from crm.tasks import lateness

PATIENCE_MS = 2000  # a scrape gives up rather than hold a database up that is slow already
CONNECTIONS = """
    SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() GROUP BY 1
"""
MOST_CONNECTIONS = (
    "SELECT current_setting('max_connections')::int, pg_database_size(current_database())"
)
NAMES = {
    "crm_db_up": "Whether the database answered the scrape.",
    "crm_db_connections": "Connections to our database, by what they do.",
    "crm_db_connections_limit": "How many connections the server takes.",
    "crm_db_size_bytes": "How much the database holds on its disk.",
    "crm_queue_oldest_due_seconds": "How long the oldest due row of a queue has waited.",
    "crm_queue_due_rows": f"How many rows of a queue are due; no more than {queues.MOST} are counted.",
    "crm_sweep_late_seconds": "How late the next run of each sweep is; -1 for one that never ran.",
    "crm_sweep_succeeded": "Whether the last run of each sweep succeeded.",
    "crm_failed_tasks": "Tasks that gave up and wait for a person.",
    "crm_redis_up": "Whether Redis answered the scrape.",
}


def families(at: datetime) -> Iterator[Gauge]:
    yield from _database(at)
    yield _gauge("crm_redis_up", float(_redis_answers()))


def _database(at: datetime) -> list[Gauge]:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            found = [*_server(), *_queues(at), *_sweeps(), *_failed()]
    except Error:
        connection.close_if_unusable_or_obsolete()
        return [_gauge("crm_db_up", 0.0)]
    return [_gauge("crm_db_up", 1.0), *found]


def _gauge(name: str, value: float) -> Gauge:
    return Gauge(name, NAMES[name], value=value)


def _labelled(name: str, label: str, values: dict[str, float]) -> Gauge:
    family = Gauge(name, NAMES[name], labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family


def _server() -> Iterator[Gauge]:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        states = dict(cursor.fetchall())
        cursor.execute(MOST_CONNECTIONS)
        most, size = cursor.fetchone()
    yield _labelled("crm_db_connections", "state", states)
    yield _gauge("crm_db_connections_limit", most)
    yield _gauge("crm_db_size_bytes", size)


def _queues(at: datetime) -> Iterator[Gauge]:
    found = queues.depths(at)
    waits = {depth.queue.name: depth.waits(at).total_seconds() for depth in found}
    yield _labelled("crm_queue_oldest_due_seconds", "queue", waits)
    rows: dict[str, float] = {depth.queue.name: depth.rows for depth in found}
    yield _labelled("crm_queue_due_rows", "queue", rows)


def _sweeps() -> Iterator[Gauge]:
    runs = list(PeriodicRun.objects.all())
    late = {run.task: _seconds_late(run) for run in runs}
    yield _labelled("crm_sweep_late_seconds", "task", late)
    yield _labelled("crm_sweep_succeeded", "task", {run.task: run.succeeded for run in runs})


def _seconds_late(run: PeriodicRun) -> float:
    late = lateness(run)
    return -1.0 if late is None else max(late.total_seconds(), 0.0)


def _failed() -> Iterator[Gauge]:
    waiting: Any = FailedTask.objects.filter(state=FailedTask.State.FAILED).order_by()
    by_task = dict(waiting.values_list("task").annotate(Count("pk")))
    yield _labelled("crm_failed_tasks", "task", by_task)


def _redis_answers() -> bool:
    try:
        with outage.watched():
            cache.set("health", 1, 10)
    except (RedisError, OSError):
        return False
    return True
