"""Immutable prompt versions, one row for every attempt at a model, and totals of these by day."""

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, TimeStamped, one_of, within
from crm.tenancy import Tenanted, TenantQuerySet, nothing
from leads.models import ChatMessage, Lead, LeadOwned
from leads.stages import Source
from llm.spans import Span


class PromptVersion(BrokerOwned):
    """A prompt as it stood; one per broker may be active."""

    admin_can: ClassVar[str] = "cr"

    version_tag = models.CharField(_("versión"), max_length=50)
    content = models.TextField(_("contenido"))
    sections_json = models.JSONField(_("secciones"), default=dict, blank=True)
    prompt_hash = models.CharField(_("huella"), max_length=64, editable=False)
    notes = models.TextField(_("notas"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("creado por"),
    )
    is_active = models.BooleanField(_("activa"), default=False, editable=False)

    class Meta:
        db_table = "prompt_versions"
        verbose_name = _("versión del prompt")
        verbose_name_plural = _("versiones del prompt")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["broker", "version_tag"], name="prompt_versions_tag_unique"
            ),
            models.UniqueConstraint(
                fields=["broker"], condition=Q(is_active=True), name="prompt_versions_one_active"
            ),
        ]

    def __str__(self) -> str:
        return self.version_tag

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("prompt versions are immutable: make a new one")
        self.prompt_hash = hashlib.sha256(self.content.encode()).hexdigest()
        super().save(*args, **kwargs)


class ReplayState(models.TextChoices):
    PENDING = "pending", _("por empezar")
    RUNNING = "running", _("en curso")
    DONE = "done", _("lista")
    STOPPED = "stopped", _("detenida")
    FAILED = "failed", _("fallida")


class PromptReplay(BrokerOwned):
    """Real conversations held once more with a text of the assistant, sending and booking nothing.

    The row is the work: who has the lease works. It keeps the text that it was asked for; the
    ``version`` is set once that text is one. ``result`` are the totals, then and now.
    """

    FEWEST, MOST = 10, 100
    admin_can: ClassVar[str] = "cr"

    version = models.ForeignKey(
        PromptVersion,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="replays",
        verbose_name=_("versión"),
    )
    content = models.TextField(_("contenido"))
    sections_json = models.JSONField(_("secciones"), default=dict, blank=True)
    asked = models.PositiveSmallIntegerField(_("conversaciones pedidas"))
    state = models.CharField(
        _("estado"), max_length=20, choices=ReplayState.choices, default=ReplayState.PENDING
    )
    leads = models.JSONField(_("leads por repetir"), default=list, blank=True)
    done = models.PositiveIntegerField(_("repetidas"), default=0)
    total = models.PositiveIntegerField(_("conversaciones"), default=0)
    estimated_cost_usd = models.DecimalField(
        _("costo estimado (USD)"), max_digits=12, decimal_places=6, null=True, blank=True
    )
    result = models.JSONField(_("resultado"), default=dict, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("pedida por"),
    )
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    lease_until = models.DateTimeField(_("en curso hasta"), null=True, blank=True)
    finished_at = models.DateTimeField(_("terminada"), null=True, blank=True)

    class Meta:
        db_table = "prompt_replays"
        verbose_name = _("repetición")
        verbose_name_plural = _("repeticiones")
        ordering = ["-id"]
        constraints = [
            one_of("state", ReplayState, "prompt_replays"),
            within("asked", 10, 100, "prompt_replays"),
            models.UniqueConstraint(
                fields=["broker"],
                condition=Q(state__in=["pending", "running"]),
                name="prompt_replays_one_at_work",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["pending", "running"]),
                name="prompt_replays_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version or _('borrador')} · {self.get_state_display()}"


class ReplayedConversation(LeadOwned):
    """One lead's messages beside what was answered then, and what would be answered now."""

    agent_can: ClassVar[str] = ""
    agent_sees = staticmethod(nothing)

    replay = models.ForeignKey(
        PromptReplay,
        on_delete=models.CASCADE,
        related_name="conversations",
        verbose_name=_("repetición"),
    )
    exchanges = models.JSONField(_("mensajes"), default=list, blank=True)
    figures = models.JSONField(_("cifras"), default=dict, blank=True)

    class Meta:
        db_table = "prompt_replay_conversations"
        verbose_name = _("conversación repetida")
        verbose_name_plural = _("conversaciones repetidas")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["replay", "lead"], name="prompt_replay_leads_once")
        ]

    def __str__(self) -> str:
        return f"{self.replay} · {self.lead}"


class CallType(models.TextChoices):
    TURN = "turn", _("conversación")
    SUMMARY = "summary", _("resumen")
    EMBEDDING = "embedding", _("embedding")
    ANALYSIS = "analysis", _("análisis de llamada")
    CAMPAIGN = "campaign", _("mensaje de campaña")
    TRIAL = "trial", _("prueba del asistente")


class LLMCall(Tenanted, TimeStamped):
    """One attempt at a model: what it cost, how long it took, whether it failed.

    ``estimated_cost_usd`` is null when the model's price is unknown. Attempts at one answer
    share ``trace_id``; those after the first model failed have ``used_fallback``.
    """

    broker = models.ForeignKey(
        "brokers.Broker",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("corredora"),
    )
    lead = models.ForeignKey(
        Lead,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lead"),
    )
    message = models.ForeignKey(
        ChatMessage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mensaje"),
    )
    prompt_version = models.ForeignKey(
        PromptVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("versión del prompt"),
    )
    trace_id = models.UUIDField(_("traza"), db_index=True)
    provider = models.CharField(_("proveedor"), max_length=50)
    model = models.CharField(_("modelo"), max_length=100)
    call_type = models.CharField(
        _("tipo"), max_length=20, choices=CallType.choices, default=CallType.TURN
    )
    attempt = models.PositiveSmallIntegerField(_("intento"), default=1)
    input_tokens = models.PositiveIntegerField(_("tokens de entrada"), default=0)
    cached_tokens = models.PositiveIntegerField(_("tokens en caché"), default=0)
    output_tokens = models.PositiveIntegerField(_("tokens de salida"), default=0)
    estimated_cost_usd = models.DecimalField(
        _("costo estimado (USD)"), max_digits=12, decimal_places=8, null=True, blank=True
    )
    latency_ms = models.PositiveIntegerField(_("duración (ms)"), default=0)
    error = models.CharField(_("error"), max_length=200, blank=True)
    used_fallback = models.BooleanField(_("respaldo"), default=False)

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        db_table = "llm_calls"
        verbose_name = _("llamada a modelo")
        verbose_name_plural = _("llamadas a modelos")
        ordering = ["-id"]
        constraints = [
            one_of("call_type", CallType, "llm_calls"),
            within("estimated_cost_usd", 0, None, "llm_calls"),
            within("attempt", 1, None, "llm_calls"),
        ]
        indexes = [
            models.Index(fields=["broker", "-created_at"], name="llm_calls_broker"),
            models.Index(fields=["broker", "provider", "-created_at"], name="llm_calls_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"


class Costs(BrokerOwned):
    """What some of a day's calls came to, and what they belong to; the day is one of the broker's zone.

    ``agent`` had the lead, and ``source`` brought it, when the day was last totalled.
    ``estimated_cost_usd`` is null where no call had a known price; ``unpriced`` are those without one.
    Written by ``llm.totals`` alone.
    """

    day = models.DateField(_("día"))
    provider = models.CharField(_("proveedor"), max_length=50)
    model = models.CharField(_("modelo"), max_length=100)
    call_type = models.CharField(_("tipo"), max_length=20, choices=CallType.choices)
    prompt_version = models.ForeignKey(
        PromptVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("versión del prompt"),
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agente"),
    )
    source = models.CharField(_("origen"), max_length=30, choices=Source.choices, blank=True)
    calls = models.PositiveIntegerField(_("consultas"), default=0)
    failed = models.PositiveIntegerField(_("con error"), default=0)
    fallbacks = models.PositiveIntegerField(_("de respaldo"), default=0)
    unpriced = models.PositiveIntegerField(_("sin precio"), default=0)
    input_tokens = models.BigIntegerField(_("tokens de entrada"), default=0)
    cached_tokens = models.BigIntegerField(_("tokens en caché"), default=0)
    output_tokens = models.BigIntegerField(_("tokens de salida"), default=0)
    estimated_cost_usd = models.DecimalField(
        _("costo estimado (USD)"), max_digits=14, decimal_places=8, null=True, blank=True
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.day} · {self.provider}:{self.model}"


def known_or_blank(field: str, choices: type[models.TextChoices], table: str) -> Any:
    """The check that holds a text column to its enum, or to nothing."""
    condition = Q(**{field: ""}) | Q(**{f"{field}__in": choices.values})
    return models.CheckConstraint(condition=condition, name=f"{table}_{field}_valid")


class CostDay(Costs):
    """What one day's calls of a kind came to."""

    class Meta:
        db_table = "llm_cost_days"
        verbose_name = _("costo de un día")
        verbose_name_plural = _("costos por día")
        ordering = ["-day", "-id"]
        constraints = [
            one_of("call_type", CallType, "llm_cost_days"),
            known_or_blank("source", Source, "llm_cost_days"),
            within("estimated_cost_usd", 0, None, "llm_cost_days"),
        ]
        indexes = [models.Index(fields=["broker", "day"], name="llm_cost_days_broker")]


class Part(models.TextChoices):
    DAY = "day", _("todo el día")
    KIND = "kind", _("modelo y tipo")
    VERSION = "version", _("versión del prompt")
    AGENT = "agent", _("agente")
    SOURCE = "source", _("origen")


class CostShare(Costs):
    """The same calls by one thing at a time: every part comes to all of its days.

    What a part does not tell apart is empty. Of thirds of months there are all parts but DAY.
    """

    part = models.CharField(_("concepto"), max_length=10, choices=Part.choices)
    span = models.CharField(_("período"), max_length=10, choices=Span.choices, default=Span.DAY)

    class Meta:
        db_table = "llm_cost_shares"
        verbose_name = _("costo por concepto")
        verbose_name_plural = _("costos por concepto")
        ordering = ["-day", "-id"]
        constraints = [
            one_of("part", Part, "llm_cost_shares"),
            one_of("span", Span, "llm_cost_shares"),
            known_or_blank("call_type", CallType, "llm_cost_shares"),
            known_or_blank("source", Source, "llm_cost_shares"),
            within("estimated_cost_usd", 0, None, "llm_cost_shares"),
        ]
        # Of one broker, and of all: a month among years of them.
        indexes = [
            models.Index(fields=["broker", "day"], name="llm_cost_shares_broker"),
            models.Index(fields=["part", "span", "day"], name="llm_cost_shares_part"),
        ]

    def __str__(self) -> str:
        return f"{self.day} · {self.get_part_display()}"


class ModelHour(BrokerOwned):
    """How a model did in one hour of a broker's day; an hour that comes twice counts once.

    Of a third of a month it is the same hour of all its days. Written by ``llm.totals`` alone.
    """

    # A worker of the version before knows of days only, and does not name them.
    span = models.CharField(
        _("período"), max_length=10, choices=Span.choices, default=Span.DAY, db_default=Span.DAY
    )
    provider = models.CharField(_("proveedor"), max_length=50)
    model = models.CharField(_("modelo"), max_length=100)
    day = models.DateField(_("día"))
    hour = models.PositiveSmallIntegerField(_("hora"))
    calls = models.PositiveIntegerField(_("consultas"), default=0)
    failed = models.PositiveIntegerField(_("con error"), default=0)
    fallbacks = models.PositiveIntegerField(_("de respaldo"), default=0)

    class Meta:
        db_table = "llm_model_hours"
        verbose_name = _("hora de un modelo")
        verbose_name_plural = _("fallas por hora")
        ordering = ["-day", "-hour", "-id"]
        constraints = [
            within("hour", 0, 23, "llm_model_hours"),
            one_of("span", Span, "llm_model_hours"),
            models.UniqueConstraint(
                fields=["provider", "model", "broker", "day", "hour", "span"],
                name="llm_model_hours_once",
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "day"], name="llm_model_hours_broker"),
            models.Index(fields=["span", "day"], name="llm_model_hours_span"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.hour}:00 · {self.provider}:{self.model}"
