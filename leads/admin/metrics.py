"""The page of the pipeline's metrics: what to measure, and its charts."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from brokers.models import User
from crm.admin.dashboard import Card, Row
from crm.tenancy import Role, visible
from leads import metrics, words
from leads.models import Lead
from leads.stages import Source, Stage


def _day(label: Any) -> forms.DateField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget)


class ChoiceForm(forms.Form):
    """Which leads are measured; empty means all."""

    since = _day(_("Llegaron desde"))
    until = _day(_("Hasta"))
    agent = forms.ModelChoiceField(
        label=_("Agente"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Todos"),
        widget=UnfoldAdminSelectWidget,
    )
    source = forms.ChoiceField(
        label=_("Origen"),
        required=False,
        choices=[("", _("Todos")), *Source.choices],
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = visible(User, user).exclude(role=Role.SUPERADMIN)
        self.fields["agent"].queryset = team  # type: ignore[attr-defined]

    def chosen(self) -> metrics.Choice:
        given = self.cleaned_data if self.is_valid() else {}
        return metrics.Choice(**{name: value for name, value in given.items() if value})


def context(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    form = ChoiceForm(request.GET or {}, user=user)
    zone = user.broker.zone if user.broker else timezone.get_default_timezone()
    leads = form.chosen().of(Lead.objects.visible_to(user).living(), zone)
    told = metrics.pipeline(leads, broker=user.broker, at=timezone.now())
    return {
        "title": _("Métricas del pipeline"),
        "form": form,
        "metrics": told,
        "figures": _figures(told),
        "panels": [_funnel(told), _stays(told), _losses(told), _stuck(told)],
        "cohorts": [_cohort(cohort) for cohort in told.cohorts],
        "stages": [str(stage.label) for stage in metrics.FUNNEL],
    }


def _figures(told: metrics.PipelineMetrics) -> list[Card]:
    won = next(stage for stage in told.stages if stage.stage == Stage.WON)
    share = f"{100 * won.reached / told.total:.0f} %" if told.total else "–"
    return [
        Card(_t("Leads"), str(told.total), icon="group"),
        Card(_t("Ganados"), str(won.reached), share, icon="trophy"),
        _speed(_t("Primera respuesta"), told.first_answer),
        _speed(_t("Primera respuesta de una persona"), told.first_human_answer),
    ]


def _speed(title: str, speed: metrics.Speed) -> Card:
    note = _t("9 de 10 antes de %(p90)s · %(waiting)s sin responder") % {
        "p90": _minutes(speed.p90_minutes),
        "waiting": speed.unanswered,
    }
    return Card(title, _minutes(speed.median_minutes), note, icon="timer")


def _minutes(minutes: float | None) -> str:
    if minutes is None:
        return "–"
    if minutes < 1:
        return _t("menos de 1 min")
    if minutes < 90:
        return _t("%d min") % round(minutes)
    return _t("%d h") % round(minutes / 60) if minutes < 2880 else _t("%d días") % (minutes // 1440)


def _funnel(told: metrics.PipelineMetrics) -> Card:
    rows = [
        Row(
            str(Stage(stage.stage).label),
            f"{stage.reached}" + (f" · {100 * stage.conversion:.0f} %" if stage.conversion else ""),
            _list(f"?pipeline_stage__exact={stage.stage}"),
            _share(stage.reached, told.total),
        )
        for stage in told.stages
        if stage.stage != Stage.LOST
    ]
    note = _t("Cuántos llegaron a cada etapa, y qué parte siguió a la próxima.")
    return Card(_t("Embudo"), note=note, rows=rows, icon="filter_alt")


def _stays(told: metrics.PipelineMetrics) -> Card:
    stays = [stage for stage in told.stages if stage.median_days is not None]
    longest = max((stage.median_days or 0 for stage in stays), default=0)
    rows = [
        Row(
            str(Stage(stage.stage).label),
            _t("%(median)s días · p90 %(p90)s")
            % {
                "median": words.points(stage.median_days or 0),
                "p90": words.points(stage.p90_days or 0),
            },
            share=_share(stage.median_days or 0, longest),
        )
        for stage in stays
    ]
    return Card(
        _t("Tiempo en cada etapa"),
        note=_t("Mediana de quienes ya salieron de la etapa."),
        rows=rows,
        icon="hourglass",
        empty=_t("Todavía nadie ha salido de una etapa."),
    )


def _losses(told: metrics.PipelineMetrics) -> Card:
    most = max((loss.count for loss in told.lost_reasons), default=0)
    rows = [
        Row(loss.reason or _t("Sin motivo"), str(loss.count), share=_share(loss.count, most))
        for loss in told.lost_reasons
    ]
    empty = _t("Ningún lead se ha perdido.")
    return Card(_t("Motivos de pérdida"), rows=rows, icon="cancel", empty=empty)


def _stuck(told: metrics.PipelineMetrics) -> Card:
    rows = [
        Row(
            str(lead),
            f"{lead.get_pipeline_stage_display()} · "
            + date_format(timezone.localtime(lead.stage_entered_at), "SHORT_DATE_FORMAT"),
            reverse("admin:leads_lead_change", args=[lead.pk]),
        )
        for lead in told.stuck
    ]
    return Card(
        _t("Estancados"),
        note=_t("Llevan en su etapa más que nueve de cada diez leads antes que ellos."),
        rows=rows,
        icon="front_hand",
        link=_list("?atencion=estancado"),
        empty=_t("Ningún lead está estancado."),
    )


def _cohort(cohort: metrics.Cohort) -> dict[str, Any]:
    share = "–" if cohort.conversion is None else f"{100 * cohort.conversion:.0f} %"
    return {
        "month": date_format(cohort.month, "F Y"),
        "leads": cohort.leads,
        "reached": list(cohort.reached.values()),
        "lost": cohort.lost,
        "conversion": share,
    }


def _share(part: float, whole: float) -> int:
    return round(100 * part / whole) if whole else 0


def _list(query: str) -> str:
    return reverse("admin:leads_lead_changelist") + query
