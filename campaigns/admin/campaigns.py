"""Campaigns in Django Admin: planned here, run and stopped by their doors."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectMultipleWidget

from campaigns import enrolment, forecasting, reasons, running, stats
from campaigns.enrolment import Outcome
from campaigns.errors import NotActive
from campaigns.models import (
    Campaign,
    CampaignEnrollment,
    CampaignLog,
    CampaignStatus,
    CampaignStep,
    EnrollmentState,
)
from crm.admin.base import TenantAdmin, TenantInline
from crm.admin.doors import DoorForm, door, each, person
from crm.admin.filters import ScopedRelatedFilter
from crm.errors import DomainError
from crm.tenancy import visible
from leads.models import Lead
from leads.stages import Stage, Status

STATUS_TONES = {"draft": "default", "active": "success", "paused": "warning", "finished": "info"}
LOG_TONES = {
    "due": "info",
    "claimed": "info",
    "sent": "success",
    "failed": "danger",
    "skipped": "warning",
}
OPEN_STAGES = [(stage.value, stage.label) for stage in Stage if not stage.is_closed]
OPEN_STATUSES = [(each.value, each.label) for each in (Status.COLD, Status.WARM, Status.HOT)]
MOST_AT_ONCE = 1_000


class Nobody(DomainError):
    code = "nobody_enrolled"
    message = _("Ningún lead nuevo cumple: ya están en la campaña, o no hay cupo.")


class AudienceForm(DoorForm):
    """Which of the open leads enter; what is left empty asks nothing."""

    stages = forms.MultipleChoiceField(
        label=_("Etapas"),
        choices=OPEN_STAGES,
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
    )
    statuses = forms.MultipleChoiceField(
        label=_("Temperatura"),
        choices=OPEN_STATUSES,
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
    )
    score_min = forms.IntegerField(
        label=_("Puntaje desde"),
        required=False,
        min_value=0,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    limit = forms.IntegerField(
        label=_("Cuántos, como máximo"),
        initial=100,
        min_value=1,
        max_value=MOST_AT_ONCE,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def audience(self, data: dict[str, Any]) -> list[int]:
        """The best leads first, without those who were in the campaign before."""
        leads = visible(Lead, self.user).filter(broker=self.row.broker_id, merged_into=None)
        leads = leads.filter(pipeline_stage__in=data["stages"] or [key for key, _ in OPEN_STAGES])
        leads = leads.exclude(enrollments__campaign=self.row)
        if data["statuses"]:
            leads = leads.filter(status__in=data["statuses"])
        if data["score_min"] is not None:
            leads = leads.filter(lead_score__gte=data["score_min"])
        ranked = leads.order_by("-lead_score", "-pk")
        return list(ranked.values_list("pk", flat=True)[: data["limit"]])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            cleaned["leads"] = self.audience(cleaned)
        return cleaned


class StepInline(TenantInline):
    """The steps of a campaign, in their order: too wide for a table's row."""

    model = CampaignStep
    template = StackedInline.template
    fields = (
        ("step_number", "delay_hours"),
        ("action", "use_ai_message"),
        "message_template",
        "message_text",
        ("step_channel", "target_stage"),
    )
    ordering = ("step_number",)
    tab = False
    verbose_name_plural = _("Pasos")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        ran = obj is not None and obj.pk is not None and obj.enrollments.exists()
        return super().has_delete_permission(request, obj) and not ran


def _may_start(campaign: Campaign) -> bool:
    return campaign.status in (CampaignStatus.DRAFT, CampaignStatus.PAUSED)


def _runs(campaign: Campaign) -> bool:
    return campaign.status == CampaignStatus.ACTIVE


def _not_finished(campaign: Campaign) -> bool:
    return campaign.status != CampaignStatus.FINISHED


@admin.register(Campaign)
class CampaignAdmin(TenantAdmin):
    list_display = (
        "name",
        "channel",
        "shown_status",
        "triggered_by",
        "contacts_made",
        "max_contacts",
    )
    list_filter = ("status", "channel", "triggered_by")
    search_fields = ("name", "description")
    readonly_fields = ("status", "contacts_made", "activated_at", "figures")
    inlines = (StepInline,)
    actions_detail = ("forecast", "activate", "pause", "enrol", "finish")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "channel"),
                    "description",
                    ("status", "activated_at", "contacts_made"),
                )
            },
        ),
        (
            _("A quién"),
            {"fields": ("triggered_by", "trigger_condition", ("max_contacts", "stop_on_reply"))},
        ),
        (_("Resultados"), {"fields": ("figures",)}),
    )
    empty_hint = _("Crea una campaña con sus pasos para dar seguimiento sin olvidar a nadie.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        running.require_fit(form.instance.pk)

    @display(description=_("estado"), ordering="status", label=STATUS_TONES)
    def shown_status(self, campaign: Campaign) -> tuple[str, str]:
        return campaign.status, campaign.get_status_display()

    @display(description=_("cifras"))
    def figures(self, campaign: Campaign) -> str:
        if campaign.pk is None:
            return "–"
        counted = stats.of(campaign)
        by_reason = [
            {**row, "text": reasons.told(row["reason"]).rstrip(".")} for row in counted["reasons"]
        ]
        return render_to_string("campaigns/figures.html", {**counted, "reasons": by_reason})

    @door(
        _("Proyectar"),
        done=_("La proyección se está calculando: recarga en unos segundos."),
        help_text=_("Calcula a quién llegaría desde ahora, cuándo y a qué costo. No envía nada."),
        icon="query_stats",
        applies=_not_finished,
    )
    def forecast(self, request: HttpRequest, row: Campaign, data: dict[str, Any]) -> HttpResponse:
        asked = forecasting.ask(row, by=person(request), at=timezone.now())
        page = reverse("admin:campaigns_campaignforecast_change", args=[asked.pk])
        return HttpResponseRedirect(page)

    @door(
        _("Activar"),
        done=_("Campaña activa."),
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        applies=_may_start,
    )
    def activate(self, request: HttpRequest, row: Campaign, data: dict[str, Any]) -> None:
        running.activate(row, at=timezone.now())

    @door(
        _("Pausar"),
        done=_("Campaña en pausa."),
        help_text=_("Los mensajes que aún no salen se retiran; al activarla de nuevo, siguen."),
        icon="pause",
        applies=_runs,
    )
    def pause(self, request: HttpRequest, row: Campaign, data: dict[str, Any]) -> None:
        running.pause(row, at=timezone.now())

    @door(
        _("Inscribir"),
        form=AudienceForm,
        done=_("Leads inscritos."),
        help_text=_("Entran los leads abiertos que cumplen, los de mayor puntaje primero."),
        icon="group_add",
        applies=_runs,
    )
    def enrol(self, request: HttpRequest, row: Campaign, data: dict[str, Any]) -> None:
        if not _runs(row):
            raise NotActive
        outcomes = enrolment.enrol_all(row, data["leads"], at=timezone.now(), by=person(request))
        if Outcome.ENROLLED not in outcomes.values():
            raise Nobody

    @door(
        _("Terminar"),
        done=_("Campaña terminada."),
        help_text=_("Todos salen de la campaña y no puede volver a activarse."),
        icon="stop",
        variant=ActionVariant.DANGER,
        applies=_not_finished,
    )
    def finish(self, request: HttpRequest, row: Campaign, data: dict[str, Any]) -> None:
        running.finish(row, at=timezone.now(), by=person(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        ran = obj is not None and obj.enrollments.exists()
        return super().has_delete_permission(request, obj) and not ran

    def delete_model(self, request: HttpRequest, obj: Campaign) -> None:
        running.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        each(self, request, queryset, running.delete, _("Campañas borradas"))


@admin.register(CampaignStep)
class CampaignStepAdmin(TenantAdmin):
    list_display = (
        "campaign",
        "step_number",
        "action",
        "message_template",
        "delay_hours",
        "step_channel",
    )
    list_filter = ("action", ("campaign", ScopedRelatedFilter))
    search_fields = ("campaign__name", "message_text")
    empty_hint = _("Los pasos se agregan desde la página de cada campaña.")

    def save_model(self, request: HttpRequest, obj: CampaignStep, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        running.require_fit(obj.campaign_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        ran = obj is not None and obj.logs.exists()
        return super().has_delete_permission(request, obj) and not ran

    def delete_model(self, request: HttpRequest, obj: CampaignStep) -> None:
        running.delete_step(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        each(self, request, queryset, running.delete_step, _("Pasos borrados"))


def _inside(enrollment: CampaignEnrollment) -> bool:
    return enrollment.state == EnrollmentState.ACTIVE


@admin.register(CampaignEnrollment)
class CampaignEnrollmentAdmin(TenantAdmin):
    list_display = ("lead", "campaign", "rotation", "shown_state", "shown_reason", "enrolled_at")
    list_filter = ("state", ("campaign", ScopedRelatedFilter))
    search_fields = ("lead__name", "lead__phone", "campaign__name")
    actions_detail = ("take_out",)
    empty_hint = _("Aquí aparecen los leads que entran a una campaña activa.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"active": "success", "finished": "info", "stopped": "warning"},
    )
    def shown_state(self, enrollment: CampaignEnrollment) -> tuple[str, str]:
        return enrollment.state, enrollment.get_state_display()

    @display(description=_("motivo"), ordering="reason")
    def shown_reason(self, enrollment: CampaignEnrollment) -> str:
        return reasons.told(enrollment.reason) if enrollment.reason else "–"

    @door(
        _("Sacar de la campaña"),
        done=_("El lead salió de la campaña."),
        icon="person_remove",
        variant=ActionVariant.DANGER,
        letter="r",
        applies=_inside,
    )
    def take_out(self, request: HttpRequest, row: Any, data: dict[str, Any]) -> None:
        enrolment.stop(Q(pk=row.pk), reason="removed", at=timezone.now(), by=person(request))


@admin.register(CampaignLog)
class CampaignLogAdmin(TenantAdmin):
    """Append-only: what each step did, or why it did not."""

    list_display = (
        "lead",
        "campaign",
        "step",
        "shown_status",
        "shown_reason",
        "due_at",
        "executed_at",
    )
    list_filter = ("status", ("campaign", ScopedRelatedFilter), ("due_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("lead__name", "lead__phone", "campaign__name", "reason")
    list_select_related = ("lead", "campaign", "step", "broker")
    empty_hint = _("Cada paso que una campaña ejecuta u omite queda registrado aquí.")

    @display(description=_("estado"), ordering="status", label=LOG_TONES)
    def shown_status(self, log: CampaignLog) -> tuple[str, str]:
        return log.status, log.get_status_display()

    @display(description=_("motivo"), ordering="reason")
    def shown_reason(self, log: CampaignLog) -> str:
        return reasons.told(log.reason) if log.reason else "–"
