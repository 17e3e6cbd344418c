"""The lead, its channel identities, what scoring must know of it, and its stage history."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.emails import OneSpellingEmailField
from crm.models import BrokerOwned, one_of, within
from crm.tenancy import Actor as User
from crm.tenancy import AgentScope, TenantQuerySet, of_their_leads
from leads.enums import Actor, Channel, SignalKind
from leads.models import expressions
from leads.stages import Source, Stage, Status, Treatment


def empty_components() -> dict[str, float]:
    return {"base": 0, "behavior": 0, "engagement": 0}


class LeadQuerySet(TenantQuerySet["Lead"]):
    """The reading words of leads."""

    def in_stage(self, *stages: Stage) -> "LeadQuerySet":
        return self.filter(pipeline_stage__in=stages)

    def open(self) -> "LeadQuerySet":
        return self.exclude(pipeline_stage__in=[Stage.WON, Stage.LOST])

    def living(self) -> "LeadQuerySet":
        """Without those that were merged into another."""
        return self.filter(merged_into__isnull=True)

    def unassigned(self) -> "LeadQuerySet":
        return self.filter(assigned_to__isnull=True)

    def stale_since(self, at: Any) -> "LeadQuerySet":
        return self.filter(stage_entered_at__lt=at)


def _of_lists() -> list[models.Index]:
    """One for each way in which lists are filtered and sorted.

    They carry what the tenant's scope reads, so that counting and searching never touch the rows.
    """
    ways = {
        "status": ["status", "-lead_score", "-id"],
        "stage": ["pipeline_stage", "-lead_score", "-id"],
        "entered": ["pipeline_stage", "stage_entered_at"],
        "assigned": ["assigned_to", "-id"],
        "score": ["-lead_score", "-id"],
        "source": ["source", "-id"],
        "treatment": ["treatment_type", "-id"],
    }
    scope = ("merged_into", "assigned_to", "created_at")
    return [
        *(
            models.Index(
                fields=["broker", *columns],
                include=[column for column in scope if column not in columns],
                name=f"leads_broker_{way}",
            )
            for way, columns in ways.items()
        ),
        models.Index(
            fields=["broker", "-id"], include=["searchable", *scope], name="leads_broker_search"
        ),
    ]


class Lead(BrokerOwned):
    """A person who may buy: contact, facts, score, stage and who looks after them."""

    admin_can: ClassVar[str] = "crud"
    agent_can: ClassVar[str] = "cru"
    agent_sees = staticmethod(of_their_leads(""))

    phone = models.CharField(_("teléfono"), max_length=20, blank=True, default="")
    phone_e164 = models.CharField(_("teléfono E.164"), max_length=16, null=True, blank=True)
    name = models.CharField(_("nombre"), max_length=100, null=True, blank=True)
    email = OneSpellingEmailField(_("correo"), max_length=100, null=True, blank=True)
    status = models.CharField(
        _("temperatura"), max_length=20, choices=Status.choices, default=Status.COLD
    )
    lead_score = models.FloatField(_("puntaje"), default=0, db_index=True)
    lead_score_components = models.JSONField(
        _("componentes del puntaje"), default=empty_components, blank=True
    )
    last_contacted = models.DateTimeField(
        _("último contacto"), null=True, blank=True, db_index=True
    )
    pipeline_stage = models.CharField(
        _("etapa"), max_length=50, choices=Stage.choices, default=Stage.ENTRY
    )
    stage_entered_at = models.DateTimeField(
        _("en la etapa desde"), default=timezone.now, db_index=True
    )
    campaign_history = models.JSONField(_("historial de campañas"), default=list, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        db_column="assigned_to",
        verbose_name=_("asignado a"),
    )
    treatment_type = models.CharField(
        _("tratamiento"),
        max_length=30,
        choices=Treatment.choices,
        default=Treatment.AUTOMATED_TELEGRAM,
    )
    next_action_at = models.DateTimeField(_("próxima acción"), null=True, blank=True, db_index=True)
    notes = models.TextField(_("notas internas"), blank=True, default="")
    tags = models.JSONField(_("etiquetas"), default=list, blank=True)
    metadata = models.JSONField(_("datos"), default=dict, blank=True)
    source = models.CharField(
        _("origen"), max_length=20, choices=Source.choices, default=Source.PERSON
    )
    timezone = models.CharField(_("zona horaria"), max_length=50, blank=True, default="")
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("fusionado en"),
    )
    close_reason = models.CharField(_("motivo de cierre"), max_length=300, blank=True, default="")
    version = models.PositiveIntegerField(_("versión"), default=1, editable=False)
    score_frozen_at = models.DateTimeField(
        _("se opuso al puntaje automático"), null=True, blank=True, editable=False
    )

    searchable = expressions.searchable()
    sought_in = expressions.sought(models.TextField(_("comunas buscadas")), "location")
    sought_amount = expressions.sought(models.FloatField(_("presupuesto")), "budget", "amount")
    sought_currency = expressions.sought(models.TextField(_("moneda")), "budget", "currency")

    objects: ClassVar[Any] = LeadQuerySet.as_manager()

    class Meta:
        db_table = "leads"
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-id"]
        constraints = [
            one_of("status", Status, "leads"),
            one_of("pipeline_stage", Stage, "leads"),
            one_of("treatment_type", Treatment, "leads"),
            one_of("source", Source, "leads"),
            within("lead_score", 0, 100, "leads"),
            models.CheckConstraint(
                condition=Q(status=Status.CONVERTED, pipeline_stage=Stage.WON)
                | (~Q(status=Status.CONVERTED) & ~Q(pipeline_stage=Stage.WON)),
                name="leads_converted_iff_won",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.LOST, pipeline_stage=Stage.LOST)
                | (~Q(status=Status.LOST) & ~Q(pipeline_stage=Stage.LOST)),
                name="leads_lost_iff_lost",
            ),
            models.CheckConstraint(
                condition=Q(phone_e164__isnull=True) | Q(phone_e164__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="leads_phone_e164_form",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "lead_score"], name="leads_status_score"),
            models.Index(fields=["pipeline_stage", "stage_entered_at"], name="leads_stage_entered"),
            models.Index(fields=["assigned_to", "treatment_type"], name="leads_assigned_treatment"),
            models.Index(fields=["next_action_at", "treatment_type"], name="leads_next_treatment"),
            models.Index(fields=["phone"], name="leads_phone"),
            models.Index(fields=["broker", "phone_e164"], name="leads_broker_e164"),
            models.Index(fields=["broker", "email"], name="leads_broker_email"),
            GinIndex(fields=["tags"], name="leads_tags"),
            *_of_lists(),
            # Whom a property suits is found in the index alone, the best scores first.
            models.Index(
                fields=["broker", "-lead_score", "-id"],
                include=[
                    "sought_in",
                    "sought_amount",
                    "sought_currency",
                    "pipeline_stage",
                    "merged_into",
                    "assigned_to",
                ],
                condition=Q(sought_in__isnull=False),
                name="leads_broker_sought",
            ),
            models.Index(
                fields=["broker", "-id"],
                condition=Q(metadata__has_key="conflicts"),
                name="leads_broker_conflicts",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.phone or f"Lead {self.pk}"


class LeadOwned(BrokerOwned):
    """A row that hangs on a lead: agents see it when they see the lead."""

    agent_can: ClassVar[str] = "r"
    agent_sees = staticmethod(of_their_leads())

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, verbose_name=_("lead"))

    class Meta:
        abstract = True


class ChannelIdentity(LeadOwned):
    """The lead as a channel knows them; joins every later message to the same lead."""

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="identities", verbose_name=_("lead")
    )
    channel = models.CharField(_("canal"), max_length=20, choices=Channel.choices)
    external_id = models.CharField(_("identificador en el canal"), max_length=200)
    display_name = models.CharField(_("nombre en el canal"), max_length=200, blank=True)
    blocked_at = models.DateTimeField(_("bloqueado"), null=True, blank=True)

    class Meta:
        db_table = "channel_identities"
        verbose_name = _("identidad en un canal")
        verbose_name_plural = _("identidades en canales")
        ordering = ["-id"]
        constraints = [
            one_of("channel", Channel, "channel_identities"),
            models.UniqueConstraint(
                fields=["broker", "channel", "external_id"], name="channel_identities_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.display_name or self.lead_id}"


class LeadSignal(LeadOwned):
    """One thing that scoring must know of a lead, reported by whoever knows it."""

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="signals", verbose_name=_("lead")
    )
    kind = models.CharField(_("señal"), max_length=30, choices=SignalKind.choices)
    source_key = models.CharField(_("origen"), max_length=100)
    at = models.DateTimeField(_("momento"))
    active = models.BooleanField(_("vigente"), default=True)

    class Meta:
        db_table = "lead_signals"
        verbose_name = _("señal de puntaje")
        verbose_name_plural = _("señales de puntaje")
        ordering = ["-id"]
        constraints = [
            one_of("kind", SignalKind, "lead_signals"),
            models.UniqueConstraint(
                fields=["lead", "kind", "source_key"], name="lead_signals_unique"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class StageTransition(LeadOwned):
    """One real change of stage: from, to, by whom and why."""

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="transitions", verbose_name=_("lead")
    )
    from_stage = models.CharField(_("desde"), max_length=50, choices=Stage.choices)
    to_stage = models.CharField(_("hacia"), max_length=50, choices=Stage.choices)
    at = models.DateTimeField(_("momento"))
    entered_from_at = models.DateTimeField(_("entró a la anterior"))
    actor = models.CharField(_("quién"), max_length=20, choices=Actor.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("usuario"),
    )
    event = models.CharField(_("evento"), max_length=50, blank=True)
    reason = models.CharField(_("motivo"), max_length=300, blank=True)

    class Meta:
        db_table = "stage_transitions"
        verbose_name = _("cambio de etapa")
        verbose_name_plural = _("cambios de etapa")
        ordering = ["-id"]
        constraints = [
            one_of("from_stage", Stage, "stage_transitions"),
            one_of("to_stage", Stage, "stage_transitions"),
            one_of("actor", Actor, "stage_transitions"),
            models.CheckConstraint(
                condition=~Q(from_stage=models.F("to_stage")), name="stage_transitions_real"
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "at"], name="stage_transitions_broker_at"),
            models.Index(fields=["lead", "at"], name="stage_transitions_lead_at"),
            # Metrics read a broker's whole history: all they need stands in the index.
            models.Index(
                fields=["broker", "lead"],
                include=["from_stage", "to_stage", "at", "entered_from_at"],
                name="stage_transitions_history",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_from_stage_display()} → {self.get_to_stage_display()}"


def both_of_their_leads(*paths: str) -> AgentScope:
    """Rows about two leads: an agent sees them who sees both."""

    def scope(user: User) -> Q:
        seen = Q()
        for path in paths:
            seen &= of_their_leads(path)(user)
        return seen

    return scope


class SuggestionQuerySet(TenantQuerySet["MergeSuggestion"]):
    def between_living(self) -> "SuggestionQuerySet":
        """Of two leads that are still two."""
        return self.filter(lead__merged_into__isnull=True, other__merged_into__isnull=True)


class MergeSuggestion(LeadOwned):
    """Two leads that may be one person, for people to decide."""

    admin_can: ClassVar[str] = "ru"
    agent_can: ClassVar[str] = "ru"
    agent_sees = staticmethod(both_of_their_leads("lead__", "other__"))

    class State(models.TextChoices):
        OPEN = "open", _("por revisar")
        ACCEPTED = "accepted", _("aceptada")
        DISMISSED = "dismissed", _("descartada")

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="merge_suggestions", verbose_name=_("lead")
    )
    other = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="+", verbose_name=_("posible duplicado de")
    )
    reason = models.CharField(_("coinciden en"), max_length=50)
    state = models.CharField(_("estado"), max_length=20, choices=State.choices, default=State.OPEN)

    objects: ClassVar[Any] = SuggestionQuerySet.as_manager()

    class Meta:
        db_table = "merge_suggestions"
        verbose_name = _("posible duplicado")
        verbose_name_plural = _("posibles duplicados")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "dismissed"]),
                name="merge_suggestions_state_valid",
            ),
            models.UniqueConstraint(fields=["lead", "other"], name="merge_suggestions_unique"),
            models.CheckConstraint(
                condition=~Q(lead=models.F("other")), name="merge_suggestions_two_leads"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} ~ {self.other_id}"
