"""What row-level security costs: the same work with the policies standing and taken down, in turns."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from bench import leads_list, market, timing, turns
from bench.leads_list import Caller
from crm import rowsecurity
from llm import gateway

ROUNDS = 6  # of each way, in turns: what the machine does beside it hits both alike
CALLS = 15
PATHS = {**leads_list.QUERIES, "metrics": "/api/v1/pipeline/metrics/"}
GUARDED = (
    "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
)


def run() -> dict[str, Any]:
    """Median milliseconds of each kind of work, guarded and open, and their ratio."""
    with leads_list.served() as (port, token):
        caller = Caller(port, token)
        works = {name: _asking(caller, path) for name, path in PATHS.items()}
        works["turn"] = _turning(market.brokers()[7].pk)
        return {name: _compared(work) for name, work in works.items()}


def _asking(caller: Caller, path: str) -> Callable[[], list[float]]:
    return lambda: timing.timed(lambda _: caller.get(path), CALLS)


def _turning(broker_id: int) -> Callable[[], list[float]]:
    gateway.OfflineModel = turns.InstantModel  # type: ignore[misc, assignment]

    def work() -> list[float]:
        with rowsecurity.of(broker_id):
            return turns.timed_turns(broker_id, CALLS)

    return work


def _compared(work: Callable[[], list[float]]) -> dict[str, float]:
    guarded: list[float] = []
    opened: list[float] = []
    work()
    for _ in range(ROUNDS):
        guarded += work()
        with _taken_down():
            work()  # plans are made anew
            opened += work()
        work()
    guarded_ms, open_ms = (statistics.median(each) * 1000 for each in (guarded, opened))
    return {
        "guarded_ms": round(guarded_ms, 2),
        "open_ms": round(open_ms, 2),
        "ratio": round(guarded_ms / open_ms, 3),
    }


@contextmanager
def _taken_down() -> Iterator[None]:
    tables = _alter("DISABLE")
    try:
        yield
    finally:
        _alter("ENABLE", tables)


def _alter(what: str, tables: list[str] | None = None) -> list[str]:
    """Tables are their owner's to change."""
    with connection.as_owner(), rowsecurity.nobody(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        if tables is None:
            cursor.execute(GUARDED)
            tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" {what} ROW LEVEL SECURITY')
    return tables
