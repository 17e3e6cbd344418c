"""Takes texts into the knowledge base and gives each entry its embedding, in the background."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from brokers.models import Broker
from knowledge import embedding
from knowledge.models import EmbedStatus, KnowledgeEntry, SourceType

MAX_ATTEMPTS = 5
LEASE = timedelta(minutes=2)
UPGRADE_PAUSE = timedelta(minutes=30)  # before a vendor that failed is asked again for an entry


def upsert(
    broker: Broker,
    *,
    title: str,
    content: str,
    source_type: str = SourceType.CUSTOM,
    metadata: dict[str, Any] | None = None,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> KnowledgeEntry:
    """The broker's entry of that title and type, made or changed to say this."""
    title, content = _storable(title)[:255], _storable(content)
    entry = (
        KnowledgeEntry.objects.filter(broker=broker, title=title, source_type=source_type)
        .order_by("id")
        .first()
    ) or KnowledgeEntry(broker=broker, title=title, source_type=source_type)
    entry.content, entry.metadata = content, metadata or {}
    entry.valid_from, entry.valid_until = valid_from, valid_until
    return save_entry(entry)


def save_entry(entry: KnowledgeEntry) -> KnowledgeEntry:
    """Check and store an entry; a changed text is embedded once the transaction commits."""
    entry.full_clean()
    entry.save()
    return entry


def retry(entries: QuerySet[KnowledgeEntry], *, at: datetime) -> int:
    """Give failed entries another round of attempts; returns how many there were."""
    return entries.filter(embed_status=EmbedStatus.FAILED).update(
        embed_status=EmbedStatus.PENDING,
        embed_attempts=0,
        embed_due_at=None,
        embed_error="",
        updated_at=at,
    )


def _storable(text: str) -> str:
    return text.replace("\x00", "").strip()


def due(*, at: datetime) -> QuerySet[KnowledgeEntry]:
    """Entries without an embedding, or whose own serves until a newer one takes its place."""
    another_model = ~Q(embedding_model=embedding.preferred_model())
    outdated = Q(embed_status=EmbedStatus.READY) & (another_model | Q(embed_again=True))
    ready_for_it = Q(embed_due_at__isnull=True) | Q(embed_due_at__lte=at)
    entries: QuerySet[KnowledgeEntry] = KnowledgeEntry.objects.filter(
        ready_for_it, Q(embed_status=EmbedStatus.PENDING) | outdated
    )
    return entries


@transaction.atomic
def claim(entries: QuerySet[KnowledgeEntry], *, at: datetime, limit: int) -> list[KnowledgeEntry]:
    """Take due entries for a lease; another worker at the same moment takes others.

    An entry that was claimed too often without result is marked failed instead; one whose older
    vector serves is only left in peace for a while.
    """
    locked = entries.select_for_update(skip_locked=True, of=("self",)).order_by("broker_id", "id")
    claimed = list(locked.select_related("broker")[:limit])
    spent = [entry.pk for entry in claimed if entry.embed_attempts >= MAX_ATTEMPTS]
    without_result = KnowledgeEntry.objects.filter(pk__in=spent)
    without_result.filter(embed_status=EmbedStatus.READY).update(
        embed_attempts=0, embed_due_at=at + UPGRADE_PAUSE, embed_error="no_result_after_attempts"
    )
    without_result.filter(embed_status=EmbedStatus.PENDING).update(
        embed_status=EmbedStatus.FAILED, embed_error="no_result_after_attempts"
    )
    taken = [entry for entry in claimed if entry.pk not in spent]
    KnowledgeEntry.objects.filter(pk__in=[entry.pk for entry in taken]).update(
        embed_due_at=at + LEASE, embed_attempts=F("embed_attempts") + 1
    )
    return taken


def embed(entries: Sequence[KnowledgeEntry], *, at: datetime) -> int:
    """Give claimed entries their vectors, broker by broker; returns how many got one."""
    count = 0
    for _, group in groupby(entries, key=lambda entry: entry.broker_id):
        batch = list(group)
        texts = [entry.embedded_text for entry in batch]
        made = embedding.embed_documents(texts, batch[0].broker, at=at)
        retry_at = at + UPGRADE_PAUSE if made.reason else None
        for entry, vector in zip(batch, made.vectors, strict=True):
            count += _store(entry, vector, made, retry_at)
    return count


def _store(
    entry: KnowledgeEntry, vector: list[float], made: embedding.Embedded, retry_at: datetime | None
) -> int:
    """Keep a vector unless the text changed while it was made; a lesser one says why it is.

    A lesser one never takes the place of a vector that serves.
    """
    same_text = KnowledgeEntry.objects.filter(pk=entry.pk, content_hash=entry.content_hash)
    if made.reason and entry.embed_status == EmbedStatus.READY:
        same_text.update(embed_attempts=0, embed_due_at=retry_at, embed_error=made.reason)
        return 0
    return int(
        same_text.update(
            embedding=vector,
            embedding_model=made.model,
            embed_status=EmbedStatus.READY,
            embed_again=False,
            embed_attempts=0,
            embed_due_at=retry_at,
            embed_error=made.reason,
        )
    )
