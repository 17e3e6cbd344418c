"""Starts the background work on an entry whose text was just saved, and on documents."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from crm import tasks
from knowledge.models import EmbedStatus, KnowledgeEntry
from knowledge.signals import document_pending, document_split
from knowledge.tasks import embed_document, embed_entry, split_document


@receiver(post_save, sender=KnowledgeEntry, dispatch_uid="knowledge.embed")
def embed_when_changed(instance: KnowledgeEntry, raw: bool, **_: Any) -> None:
    if not raw and instance.embed_status == EmbedStatus.PENDING:
        tasks.enqueue(embed_entry, instance.pk)


@receiver(document_pending, dispatch_uid="knowledge.split")
def split_in_background(*, document_id: int, **_: Any) -> None:
    tasks.enqueue(split_document, document_id)


@receiver(document_split, dispatch_uid="knowledge.embed_document")
def embed_in_background(*, document_id: int, **_: Any) -> None:
    tasks.enqueue(embed_document, document_id)
