"""Background work of the knowledge base: embeddings, at once and by sweep."""

from celery import shared_task
from django.utils import timezone

from knowledge import ingestion

BATCH = 50
MAX_BATCHES = 20


@shared_task(name="knowledge.tasks.embed_entry")
def embed_entry(entry_id: int) -> None:
    at = timezone.now()
    entries = ingestion.due(at=at).filter(pk=entry_id)
    ingestion.embed(ingestion.claim(entries, at=at, limit=1), at=at)


@shared_task(name="knowledge.tasks.sweep_embeddings")
def sweep_embeddings() -> None:
    """Whatever the fast path missed; two sweeps at once share the work."""
    for _ in range(MAX_BATCHES):
        at = timezone.now()
        entries = ingestion.claim(ingestion.due(at=at), at=at, limit=BATCH)
        if not entries:
            return
        ingestion.embed(entries, at=at)
