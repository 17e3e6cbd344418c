"""Campaigns in Django Admin: planned here, run by their own doors."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from campaigns.models import Campaign, CampaignEnrollment, CampaignLog, CampaignStep
from crm.admin.base import TenantAdmin, TenantInline
from crm.admin.filters import ScopedRelatedFilter

STATUS_TONES = {"draft": "default", "active": "success", "paused": "warning", "finished": "info"}
LOG_TONES = {
    "due": "info",
    "claimed": "info",
    "sent": "success",
    "failed": "danger",
    "skipped": "warning",
}


class StepInline(TenantInline):
    """The steps of a campaign, in their order."""

    model = CampaignStep
    fields = (
        "step_number",
        "action",
        "message_template",
        "use_ai_message",
        "delay_hours",
        "step_channel",
        "target_stage",
    )
    ordering = ("step_number",)
    tab = False
    verbose_name_plural = _("Pasos")


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
    readonly_fields = ("status", "contacts_made")
    inlines = (StepInline,)
    fieldsets = (
        (None, {"fields": (("name", "channel"), "description", ("status", "contacts_made"))}),
        (
            _("A quién"),
            {"fields": ("triggered_by", "trigger_condition", ("max_contacts", "stop_on_reply"))},
        ),
    )
    empty_hint = _("Crea una campaña con sus pasos para dar seguimiento sin olvidar a nadie.")

    @display(description=_("estado"), ordering="status", label=STATUS_TONES)
    def shown_status(self, campaign: Campaign) -> tuple[str, str]:
        return campaign.status, campaign.get_status_display()


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


@admin.register(CampaignEnrollment)
class CampaignEnrollmentAdmin(TenantAdmin):
    list_display = ("lead", "campaign", "rotation", "shown_state", "reason", "enrolled_at")
    list_filter = ("state", ("campaign", ScopedRelatedFilter))
    search_fields = ("lead__name", "lead__phone", "campaign__name")
    empty_hint = _("Aquí aparecen los leads que entran a una campaña activa.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"active": "success", "finished": "info", "stopped": "warning"},
    )
    def shown_state(self, enrollment: CampaignEnrollment) -> tuple[str, str]:
        return enrollment.state, enrollment.get_state_display()


@admin.register(CampaignLog)
class CampaignLogAdmin(TenantAdmin):
    """Append-only: what each step did, or why it did not."""

    list_display = ("lead", "campaign", "step", "shown_status", "reason", "due_at", "executed_at")
    list_filter = ("status", ("campaign", ScopedRelatedFilter), ("due_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("lead__name", "lead__phone", "campaign__name", "reason")
    list_select_related = ("lead", "campaign", "step", "broker")
    empty_hint = _("Cada paso que una campaña ejecuta u omite queda registrado aquí.")

    @display(description=_("estado"), ordering="status", label=LOG_TONES)
    def shown_status(self, log: CampaignLog) -> tuple[str, str]:
        return log.status, log.get_status_display()
