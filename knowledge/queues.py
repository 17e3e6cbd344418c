"""Documents and entries that wait to be read, for who watches the operation."""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from crm.queues import Queue, register
from knowledge import documents, ingestion

register(
    Queue(
        "documents",
        _("documentos por leer"),
        "knowledge.tasks.sweep_documents",
        documents.owed,
        Coalesce(F("due_at"), F("updated_at")),
        "knowledge_knowledgedocument",
        timedelta(minutes=15),
    ),
    Queue(
        "embeddings",
        _("entradas por indexar"),
        "knowledge.tasks.sweep_embeddings",
        lambda at: ingestion.due(at=at),
        Coalesce(F("embed_due_at"), F("updated_at")),
        "knowledge_knowledgeentry",
        timedelta(hours=1),
    ),
)
