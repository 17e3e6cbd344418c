"""The registry of queues: tables whose rows are work that is owed, with since when each row is due.

Upper apps fill it from a module of theirs named ``queues``; metrics and the page of the operation
read it, and a test asks of every sweep whether its queue is here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import RowNumber

MOST = 1000  # rows counted of a queue: beyond, more says nothing new and costs

USUAL = timedelta(minutes=5)


@dataclass(frozen=True)
class Queue:
    """``owed`` gives the rows that are due at a moment, ``since`` when each became so.

    ``patience`` is how long a row may be due before a person should look; ``page`` names the Admin
    page on which they see it.
    """

    name: str
    title: Any
    sweep: str
    owed: Callable[[datetime], QuerySet[Any]]
    since: Combinable
    page: str
    patience: timedelta = USUAL


@dataclass(frozen=True)
class Depth:
    """How a queue stands: since when its oldest row is due, and how many are, up to ``MOST``."""

    queue: Queue
    oldest: datetime | None
    rows: int

    def waits(self, at: datetime) -> timedelta:
        return max(at - self.oldest, timedelta()) if self.oldest else timedelta()


_queues: dict[str, Queue] = {}


def register(*queues: Queue) -> None:
    _queues.update({queue.name: queue for queue in queues})


def all_queues() -> list[Queue]:
    return list(_queues.values())


def in_turn(rows: QuerySet[Any], *order: str) -> QuerySet[Any]:
    """The first of each brokerage, then the second of each, and so on.

    What a sweep takes of it has an end, and no brokerage's backlog takes up all of it.
    """
    place = Window(RowNumber(), partition_by=F("broker_id"), order_by=order)
    turns: QuerySet[Any] = rows.annotate(turn=place).order_by("turn", *order)
    return turns


def depths(at: datetime) -> list[Depth]:
    """Every queue in one statement: the oldest row by its index, and a count that has an end."""
    selects, values = [], []
    for queue in all_queues():
        rows = queue.owed(at).order_by().values(due_since=queue.since)
        oldest, oldest_params = rows.order_by("due_since")[:1].query.sql_with_params()
        some, counted = rows[:MOST].query.sql_with_params()
        # Django wrote both, their values apart.
        selects.append(f"SELECT ({oldest}), (SELECT count(*) FROM ({some}) rows)")  # noqa: S608
        values += [*oldest_params, *counted]
    return _read(selects, values)


def _read(selects: Sequence[str], values: Sequence[Any]) -> list[Depth]:
    if not selects:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), values)
        found = cursor.fetchall()
    return [
        Depth(queue, oldest, rows)
        for queue, (oldest, rows) in zip(all_queues(), found, strict=True)
    ]
