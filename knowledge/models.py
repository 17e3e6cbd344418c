"""What we can say: documents, the entries that answers come from, and what was missing."""

import hashlib
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import IvfflatIndex, VectorField

from crm.models import BrokerOwned, one_of
from crm.tenancy import everything
from leads.models import ChatMessage

DIMENSIONS = 768


class SourceType(models.TextChoices):
    PROPERTY = "property", _("propiedad")
    FAQ = "faq", _("pregunta frecuente")
    POLICY = "policy", _("política")
    SUBSIDY = "subsidy", _("subsidio")
    CUSTOM = "custom", _("otro")


class EmbedStatus(models.TextChoices):
    PENDING = "pending", _("pendiente")
    READY = "ready", _("lista")
    FAILED = "failed", _("fallida")


class DocumentFormat(models.TextChoices):
    CSV = "csv", "CSV"
    MARKDOWN = "markdown", "Markdown"
    TEXT = "text", _("texto")


# What save() resets when the text of an entry changed.
EMBEDDING_STATE = (
    "content_hash",
    "embed_status",
    "embed_attempts",
    "embed_due_at",
    "embed_error",
)


class KnowledgeDocument(BrokerOwned):
    """A file that is split into entries in the background; its entries go with it."""

    admin_can: ClassVar[str] = "crud"
    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(everything)

    title = models.CharField(_("título"), max_length=255)
    format = models.CharField(
        _("formato"),
        max_length=20,
        choices=DocumentFormat.choices,
        default=DocumentFormat.TEXT,
        editable=False,
    )
    source_type = models.CharField(
        _("tipo"), max_length=50, choices=SourceType.choices, default=SourceType.CUSTOM
    )
    text = models.TextField(_("texto"))
    content_hash = models.CharField(_("huella"), max_length=64, editable=False)
    status = models.CharField(
        _("estado"),
        max_length=20,
        choices=EmbedStatus.choices,
        default=EmbedStatus.PENDING,
        editable=False,
    )
    error = models.CharField(_("error"), max_length=300, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0, editable=False)
    due_at = models.DateTimeField(_("procesar desde"), null=True, editable=False)

    class Meta:
        db_table = "knowledge_documents"
        verbose_name = _("documento")
        verbose_name_plural = _("documentos")
        ordering = ["-id"]
        constraints = [
            one_of("source_type", SourceType, "knowledge_documents"),
            one_of("format", DocumentFormat, "knowledge_documents"),
            one_of("status", EmbedStatus, "knowledge_documents"),
            models.UniqueConstraint(
                fields=["broker", "content_hash"], name="knowledge_documents_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class KnowledgeEntry(BrokerOwned):
    """A piece of text that the assistant may answer with, and its embedding."""

    admin_can: ClassVar[str] = "crud"
    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(everything)

    title = models.CharField(_("título"), max_length=255)
    content = models.TextField(_("contenido"))
    embedding = VectorField(dimensions=DIMENSIONS, null=True, editable=False)
    embedding_model = models.CharField(
        _("modelo de embedding"), max_length=100, blank=True, editable=False
    )
    content_hash = models.CharField(_("huella"), max_length=64, editable=False)
    embed_status = models.CharField(
        _("estado"),
        max_length=20,
        choices=EmbedStatus.choices,
        default=EmbedStatus.PENDING,
        editable=False,
    )
    embed_attempts = models.PositiveSmallIntegerField(_("intentos"), default=0, editable=False)
    embed_due_at = models.DateTimeField(_("procesar desde"), null=True, editable=False)
    embed_error = models.CharField(_("error"), max_length=200, blank=True, editable=False)
    # Its vector serves, and is to be made again although text and model are the same.
    embed_again = models.BooleanField(_("indexar de nuevo"), default=False, editable=False)
    source_type = models.CharField(
        _("tipo"), max_length=50, choices=SourceType.choices, default=SourceType.CUSTOM
    )
    metadata = models.JSONField(_("datos"), default=dict, blank=True)
    document = models.ForeignKey(
        KnowledgeDocument,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="entries",
        verbose_name=_("documento"),
    )
    part = models.PositiveIntegerField(_("parte"), default=0, editable=False)
    valid_from = models.DateField(_("vigente desde"), null=True, blank=True)
    valid_until = models.DateField(_("vigente hasta"), null=True, blank=True)
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="spanish")
        + SearchVector("content", weight="B", config="spanish"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        db_table = "knowledge_base"
        verbose_name = _("entrada de conocimiento")
        verbose_name_plural = _("base de conocimiento")
        ordering = ["-id"]
        constraints = [
            one_of("source_type", SourceType, "knowledge_base"),
            one_of("embed_status", EmbedStatus, "knowledge_base"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_from__lte=models.F("valid_until")),
                name="knowledge_base_validity_order",
                violation_error_message=_("La vigencia debe terminar después de empezar."),
            ),
            models.CheckConstraint(
                condition=~Q(embed_status="ready") | Q(embedding__isnull=False),
                name="knowledge_base_ready_has_embedding",
            ),
            models.UniqueConstraint(
                fields=["document", "part"],
                condition=Q(document__isnull=False),
                name="knowledge_base_part_once",
            ),
        ]
        indexes = [
            IvfflatIndex(
                name="knowledge_base_embedding",
                fields=["embedding"],
                lists=100,
                opclasses=["vector_cosine_ops"],
            ),
            GinIndex(fields=["search"], name="knowledge_base_search"),
            models.Index(fields=["broker", "source_type", "-id"], name="knowledge_base_broker"),
            models.Index(fields=["broker", "embed_status"], name="knowledge_base_status"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def embedded_text(self) -> str:
        return f"{self.title}\n{self.content}"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.embedded_text.encode()).hexdigest()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A changed text waits for a new embedding, whoever saves it."""
        if self.fingerprint != self.content_hash:
            self.content_hash = self.fingerprint
            self.embed_status = EmbedStatus.PENDING
            self.embed_attempts, self.embed_due_at, self.embed_error = 0, None, ""
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], *EMBEDDING_STATE}
        super().save(*args, **kwargs)


class KnowledgeGap(BrokerOwned):
    """A question that found no answer, counted, for people to fill."""

    admin_can: ClassVar[str] = "rud"

    class State(models.TextChoices):
        OPEN = "open", _("sin respuesta")
        RESOLVED = "resolved", _("resuelta")

    question = models.CharField(_("pregunta"), max_length=500)
    question_key = models.CharField(max_length=64, editable=False)
    times = models.PositiveIntegerField(_("veces"), default=1)
    state = models.CharField(_("estado"), max_length=20, choices=State.choices, default=State.OPEN)
    last_message = models.ForeignKey(
        ChatMessage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("último mensaje"),
    )

    class Meta:
        db_table = "knowledge_gaps"
        verbose_name = _("pregunta sin respuesta")
        verbose_name_plural = _("preguntas sin respuesta")
        ordering = ["-times", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "resolved"]), name="knowledge_gaps_state_valid"
            ),
            models.UniqueConstraint(
                fields=["broker", "question_key"], name="knowledge_gaps_question_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.question
