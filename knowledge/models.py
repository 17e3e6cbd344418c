"""What we can say: documents, the entries that answers come from, and what was missing."""

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pgvector.django import IvfflatIndex, VectorField

from crm.models import BrokerOwned, TimeStamped, one_of, within
from crm.tenancy import Tenanted, TenantQuerySet, everything
from knowledge import listings
from leads.models import ChatMessage
from leads.models.lead import LeadOwned

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


# From what a listing is read, and where it is kept.
LISTING_SOURCES = {"title", "content", "metadata", "source_type"}
LISTING_STATE = ("listing", "listed_place", "listed_uf", "listed_clp")


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
    # What ``listings`` read of a property, and of it what its stock is searched by.
    listing = models.JSONField(_("ficha"), null=True, editable=False)
    listed_place = models.CharField(_("comuna"), max_length=60, blank=True, editable=False)
    listed_uf = models.FloatField(_("precio en UF"), null=True, editable=False)
    listed_clp = models.FloatField(_("precio en pesos"), null=True, editable=False)
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
            models.Index(
                fields=["broker", "listed_place", "-id"],
                condition=Q(source_type=SourceType.PROPERTY),
                name="knowledge_base_stock",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def embedded_text(self) -> str:
        return f"{self.title}\n{self.content}"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.embedded_text.encode()).hexdigest()

    def read_listing(self) -> None:
        """Take the listing's figures from what the entry says now."""
        if self.source_type != SourceType.PROPERTY:
            self.listing, self.listed_place, self.listed_uf, self.listed_clp = None, "", None, None
            return
        found = listings.read(self.title, self.content, self.metadata)
        self.listing, self.listed_place = found.as_stored(), found.place
        self.listed_uf, self.listed_clp = found.uf, found.clp

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A changed text waits for a new embedding, whoever saves it; its listing is read anew."""
        fields = kwargs.get("update_fields")
        if fields is None or LISTING_SOURCES & set(fields):
            self.read_listing()
            if fields is not None:
                kwargs["update_fields"] = {*fields, *LISTING_STATE}
        if self.fingerprint != self.content_hash:
            self.content_hash = self.fingerprint
            self.embed_status = EmbedStatus.PENDING
            self.embed_attempts, self.embed_due_at, self.embed_error = 0, None, ""
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], *EMBEDDING_STATE}
        super().save(*args, **kwargs)


class RefusalReason(models.TextChoices):
    PRICE = "price", _("muy cara")
    PLACE = "place", _("no le gusta el sector")
    SIZE = "size", _("muy chica")
    KIND = "kind", _("no es el tipo de propiedad que busca")
    DELIVERY = "delivery", _("se entrega muy tarde")
    PETS = "pets", _("no acepta mascotas")
    OTHER = "other", _("otro motivo")


class ListingRefusal(LeadOwned):
    """A property that a lead did not want, as it was then, and why: what is offered next learns of it."""

    admin_can: ClassVar[str] = "rd"
    agent_can: ClassVar[str] = "rd"

    entry = models.ForeignKey(
        KnowledgeEntry,
        on_delete=models.SET_NULL,
        null=True,
        related_name="refusals",
        verbose_name=_("propiedad"),
    )
    title = models.CharField(_("título"), max_length=255, editable=False)
    listing = models.JSONField(_("ficha"), default=dict, editable=False)
    reason = models.CharField(_("motivo"), max_length=20, choices=RefusalReason.choices)
    note = models.CharField(_("lo que dijo"), max_length=300, blank=True)
    at = models.DateTimeField(_("momento"), default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("registrado por"),
    )

    class Meta:
        db_table = "listing_refusals"
        verbose_name = _("propiedad rechazada")
        verbose_name_plural = _("propiedades rechazadas")
        ordering = ["-id"]
        constraints = [
            one_of("reason", RefusalReason, "listing_refusals"),
            models.UniqueConstraint(
                fields=["lead", "entry", "reason"], name="listing_refusals_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.get_reason_display()}"


class FigureKind(models.TextChoices):
    """What a row of the tables means; ``low`` and ``high`` are its ends, or ``low`` its one value."""

    UF = "uf", _("UF (pesos)")
    UTM = "utm", _("UTM (pesos)")
    DOWN_PAYMENT = "down_payment", _("Pie (% del precio)")
    RATE = "rate", _("Tasa anual sobre UF (%)")
    TERM = "term", _("Plazo (años)")
    DIVIDEND_SHARE = "dividend_share", _("Dividendo máximo (% de la renta)")
    DEBT_SHARE = "debt_share", _("Carga financiera máxima con otras deudas (% de la renta)")
    DS1_1 = "ds1_1", _("DS1 tramo 1 (UF: ahorro mínimo y precio máximo)")
    DS1_2 = "ds1_2", _("DS1 tramo 2 (UF: ahorro mínimo y precio máximo)")
    DS1_3 = "ds1_3", _("DS1 tramo 3 (UF: ahorro mínimo y precio máximo)")
    DS19 = "ds19", _("DS19 (UF: ahorro mínimo y precio máximo)")


class Figure(Tenanted, TimeStamped):
    """A value that orientation rests on, with its source and date; without a broker, everybody's.

    A brokerage's own row takes the place of the installation's.
    """

    admin_can: ClassVar[str] = "crud"
    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(everything)

    broker = models.ForeignKey(
        "brokers.Broker",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("corredora"),
        help_text=_("Sin corredora, vale para todas las que no tengan un valor propio."),
    )
    kind = models.CharField(_("valor"), max_length=30, choices=FigureKind.choices)
    low = models.DecimalField(_("valor, o mínimo"), max_digits=14, decimal_places=4)
    high = models.DecimalField(_("máximo"), max_digits=14, decimal_places=4, null=True, blank=True)
    source = models.CharField(_("fuente"), max_length=200)
    source_url = models.URLField(_("enlace a la fuente"), max_length=300, blank=True)
    as_of = models.DateField(_("valor al día"))

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        db_table = "figures"
        verbose_name = _("valor de referencia")
        verbose_name_plural = _("valores de referencia")
        ordering = ["kind", "id"]
        constraints = [
            one_of("kind", FigureKind, "figures"),
            within("low", 0, None, "figures"),
            models.CheckConstraint(
                condition=Q(high__isnull=True) | Q(high__gte=models.F("low")),
                name="figures_order",
                violation_error_message=_("El máximo no puede ser menor que el mínimo."),
            ),
            models.UniqueConstraint(
                fields=["broker", "kind"], nulls_distinct=False, name="figures_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


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
