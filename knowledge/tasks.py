"""Background work of the knowledge base: splitting documents and embedding, at once and by sweep."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from crm.tasks import enqueue
from knowledge import documents, indexing, ingestion

BATCH = 50
MAX_BATCHES = 4  # then others have their turn


@shared_task(name="knowledge.tasks.embed_entry", tenant="knowledge.KnowledgeEntry")
def embed_entry(entry_id: int) -> None:
    at = timezone.now()
    entries = ingestion.due(at=at).filter(pk=entry_id)
    ingestion.embed(ingestion.claim(entries, at=at, limit=1), at=at)


@shared_task(name="knowledge.tasks.split_document", tenant="knowledge.KnowledgeDocument")
def split_document(document_id: int) -> bool:
    return documents.process(document_id, at=timezone.now())


@shared_task(name="knowledge.tasks.embed_document", tenant="knowledge.KnowledgeDocument")
def embed_document(document_id: int) -> None:
    """The entries of one document, without waiting for the sweep."""
    if _embed_batches(document=document_id):
        enqueue(embed_document, document_id)


@shared_task(name="knowledge.tasks.embed_pending", tenant="brokers.Broker")
def embed_pending(broker_id: int) -> None:
    """Whatever the fast path missed of one brokerage; two at once share the work."""
    if _embed_batches(broker=broker_id):
        enqueue(embed_pending, broker_id)


@shared_task(name="knowledge.tasks.sweep_embeddings", across="sweep")
def sweep_embeddings() -> int:
    """A task a brokerage: nobody's entries wait for thousands of another's."""
    brokers = set(ingestion.due(at=timezone.now()).values_list("broker", flat=True))
    for broker_id in sorted(brokers):
        enqueue(embed_pending, broker_id)
    return len(brokers)


def _embed_batches(**only: Any) -> bool:
    """Some batches of what is due; True where more may be."""
    for _ in range(MAX_BATCHES):
        at = timezone.now()
        entries = ingestion.claim(ingestion.due(at=at).filter(**only), at=at, limit=BATCH)
        if not entries:
            return False
        ingestion.embed(entries, at=at)
    return True


@shared_task(name="knowledge.tasks.sweep_documents", across="sweep")
def sweep_documents() -> int:
    """Start every document that still waits; one that is at work is left alone."""
    waiting = documents.due(at=timezone.now())
    for document_id in waiting:
        enqueue(split_document, document_id)
    return len(waiting)


@shared_task(name="knowledge.tasks.refresh_index", across="sweep", time_limit=3600)
def refresh_index() -> bool:
    return indexing.refresh()
