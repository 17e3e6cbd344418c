"""Forecasts in Admin: totals, and the lines behind them."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns import reasons
from campaigns.models import CampaignForecast, CampaignForecastLine, ForecastState
from crm.admin.base import TenantAdmin
from crm.admin.filters import ScopedRelatedFilter


@admin.register(CampaignForecast)
class CampaignForecastAdmin(TenantAdmin):
    """What a campaign would do: totals, each with a link to the lines behind it."""

    list_display = ("campaign", "shown_state", "progress", "starts_at", "finished_at", "asked_by")
    list_filter = ("state", ("campaign", ScopedRelatedFilter))
    search_fields = ("campaign__name",)
    fields = ("campaign", ("shown_state", "progress"), ("starts_at", "finished_at"), "totals")
    readonly_fields = ("shown_state", "progress", "totals")
    empty_hint = _("Pide una proyección con «Proyectar» en la página de una campaña.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"pending": "info", "running": "warning", "done": "success", "failed": "danger"},
    )
    def shown_state(self, forecast: CampaignForecast) -> tuple[str, str]:
        return forecast.state, forecast.get_state_display()

    @display(description=_("avance"))
    def progress(self, forecast: CampaignForecast) -> str:
        return f"{forecast.done} / {forecast.total}"

    @display(description=_("resultado"))
    def totals(self, forecast: CampaignForecast) -> str:
        if forecast.state != ForecastState.DONE:
            return "–"
        listed = reverse("admin:campaigns_campaignforecastline_changelist")
        counts = {
            name: [{**row, "words": reasons.told(row["reason"])} for row in forecast.result[name]]
            for name in ("by_reason", "by_delay")
        }
        behind = f"{listed}?forecast__id__exact={forecast.pk}"
        context = {**forecast.result, **counts, "lines": behind}
        return render_to_string("campaigns/forecast.html", context)


@admin.register(CampaignForecastLine)
class CampaignForecastLineAdmin(TenantAdmin):
    """Read-only: what a forecast says of each lead and step."""

    list_display = ("lead", "step", "outcome", "local_time", "shown_reason", "conflict")
    list_filter = ("outcome", "reason", "delayed", "day", ("forecast", ScopedRelatedFilter))
    search_fields = ("lead__name", "lead__phone", "reason")
    list_select_related = ("lead", "step", "conflict", "broker")
    empty_hint = _("Aquí aparece el detalle de la última proyección de cada campaña.")

    @display(description=_("motivo"), ordering="reason")
    def shown_reason(self, line: CampaignForecastLine) -> str:
        return reasons.told(line.reason or line.delayed) if line.reason or line.delayed else "–"
