"""Embedding a knowledge base anew while people search it, for the person at the server who watches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from knowledge import ingestion
from knowledge.models import EmbedStatus, KnowledgeEntry

BATCH = 50


@dataclass(frozen=True)
class Progress:
    """How far it is: entries with their new vector of all that were to be made, since it began."""

    made: int
    total: int
    # Their vendor is away or the month's budget is spent: the sweep asks again in half an hour.
    postponed: int = 0
    # Another worker has them and has not given them back: how long until they are free at the latest.
    wait: timedelta | None = None


def ask_again(entries: QuerySet[KnowledgeEntry]) -> int:
    """Have the vectors of these entries made again, by whoever comes first: command or sweep."""
    failed = ingestion.retry(entries, at=timezone.now())
    return failed + entries.filter(embed_status=EmbedStatus.READY).update(
        embed_again=True, embed_due_at=None, embed_attempts=0, embed_error=""
    )


def run(entries: QuerySet[KnowledgeEntry]) -> Iterator[Progress]:
    """Embed what is owed among ``entries``, a batch at each step, until nothing is left to do.

    All it knows stands in the rows: stopped at any moment, the next run or the sweep goes on.
    Where another worker holds the rest, the step says for how long: the caller waits, or leaves.
    """
    made, total = 0, _owed(entries).count()
    while True:
        at = timezone.now()
        batch = ingestion.claim(_same(ingestion.due(at=at), entries), at=at, limit=BATCH)
        made += ingestion.embed(batch, at=at)
        if batch:
            yield Progress(made, total)
            continue
        held = _held(entries).aggregate(Min("embed_due_at"))["embed_due_at__min"]
        yield Progress(made, total, _postponed(entries).count(), held and held - at)
        if held is None:
            return


def _same(owed: QuerySet[KnowledgeEntry], entries: QuerySet[KnowledgeEntry]) -> Any:
    return owed.filter(pk__in=entries.order_by().values("pk"))


def _owed(entries: QuerySet[KnowledgeEntry]) -> Any:
    """Also what another worker has at the moment, and what waits for its vendor."""
    whenever = timezone.now() + max(ingestion.LEASE, ingestion.UPGRADE_PAUSE)
    return _same(ingestion.due(at=whenever), entries)


def _held(entries: QuerySet[KnowledgeEntry]) -> Any:
    return _owed(entries).filter(embed_attempts__gt=0, embed_due_at__gt=timezone.now())


def _postponed(entries: QuerySet[KnowledgeEntry]) -> Any:
    return _owed(entries).filter(~Q(embed_error=""), embed_attempts=0)
