"""What a campaign would do: a forecast with its totals, and a line for each lead and step."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign, CampaignStep
from crm.models import BrokerOwned, one_of
from crm.tenancy import of_their_leads
from leads.models import LeadOwned


class ForecastState(models.TextChoices):
    PENDING = "pending", _("por calcular")
    RUNNING = "running", _("calculando")
    DONE = "done", _("lista")
    FAILED = "failed", _("fallida")


class Foreseen(models.TextChoices):
    WILL_RUN = "will_run", _("se hará")
    WILL_NOT = "will_not", _("no se hará")
    STAYS_OUT = "stays_out", _("no entra")


class CampaignForecast(BrokerOwned):
    """A campaign run on a virtual clock, sending nothing. The row is the work: who has the lease works.

    ``starts_at`` is the moment from which the clock runs; ``result`` holds the totals.
    """

    admin_can: ClassVar[str] = "r"

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="forecasts", verbose_name=_("campaña")
    )
    state = models.CharField(
        _("estado"), max_length=20, choices=ForecastState.choices, default=ForecastState.PENDING
    )
    starts_at = models.DateTimeField(_("desde"))
    done = models.PositiveIntegerField(_("leads calculados"), default=0)
    total = models.PositiveIntegerField(_("leads"), default=0)
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
        db_table = "campaign_forecasts"
        verbose_name = _("proyección")
        verbose_name_plural = _("proyecciones")
        ordering = ["-id"]
        constraints = [
            one_of("state", ForecastState, "campaign_forecasts"),
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(state__in=["pending", "running"]),
                name="campaign_forecasts_one_at_work",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "-id"], name="campaign_forecasts_latest"),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["pending", "running"]),
                name="campaign_forecasts_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.get_state_display()}"


class CampaignForecastLine(LeadOwned):
    """What a forecast says of one step for one lead: when, or why not.

    ``delayed`` is why it is later than its step asks; ``conflict`` another campaign of that day.
    """

    agent_can: ClassVar[str] = ""
    agent_sees = staticmethod(of_their_leads())

    forecast = models.ForeignKey(
        CampaignForecast,
        on_delete=models.CASCADE,
        related_name="lines",
        verbose_name=_("proyección"),
    )
    step = models.ForeignKey(
        CampaignStep,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("paso"),
    )
    outcome = models.CharField(_("qué pasará"), max_length=20, choices=Foreseen.choices)
    at = models.DateTimeField(_("cuándo"), null=True, blank=True)
    day = models.DateField(_("día"), null=True, blank=True)
    local_time = models.CharField(_("hora del lead"), max_length=25, blank=True)
    reason = models.CharField(_("motivo"), max_length=100, blank=True)
    delayed = models.CharField(_("se atrasa por"), max_length=100, blank=True)
    conflict = models.ForeignKey(
        Campaign,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("coincide con"),
    )

    class Meta:
        db_table = "campaign_forecast_lines"
        verbose_name = _("línea de proyección")
        verbose_name_plural = _("líneas de proyección")
        ordering = ["id"]
        constraints = [one_of("outcome", Foreseen, "campaign_forecast_lines")]
        indexes = [
            models.Index(fields=["forecast", "id"], name="forecast_lines_all"),
            models.Index(fields=["forecast", "outcome", "id"], name="forecast_lines_outcome"),
            models.Index(fields=["forecast", "reason", "id"], name="forecast_lines_reason"),
            models.Index(fields=["forecast", "delayed", "id"], name="forecast_lines_delayed"),
            models.Index(fields=["forecast", "day", "id"], name="forecast_lines_day"),
            models.Index(fields=["forecast", "step", "id"], name="forecast_lines_step"),
            models.Index(fields=["forecast", "lead"], name="forecast_lines_lead"),
            models.Index(
                fields=["forecast", "conflict", "id"],
                condition=Q(conflict__isnull=False),
                name="forecast_lines_conflict",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead} · {self.get_outcome_display()}"
