"""Starts the embedding of an entry whose text was just saved."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from crm import tasks
from knowledge.models import EmbedStatus, KnowledgeEntry
from knowledge.tasks import embed_entry


@receiver(post_save, sender=KnowledgeEntry, dispatch_uid="knowledge.embed")
def embed_when_changed(instance: KnowledgeEntry, raw: bool, **_: Any) -> None:
    if not raw and instance.embed_status == EmbedStatus.PENDING:
        tasks.enqueue(embed_entry, instance.pk)
