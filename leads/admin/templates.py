"""Message templates in Admin, with Meta's word on those of WhatsApp."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from brokers.models import BrokerChatConfig
from crm.admin.base import TenantAdmin
from crm.admin.doors import door, each
from crm.tenancy import visible
from leads import approval
from leads.enums import Channel, TemplateApproval
from leads.models import MessageTemplate

TONES = {
    "none": "default",
    "changed": "warning",
    "pending": "info",
    "approved": "success",
    "rejected": "danger",
    "paused": "warning",
    "disabled": "danger",
    "unsupported": "warning",
}


def _may_be_submitted(template: MessageTemplate) -> bool:
    is_whatsapp = template.channel == Channel.WHATSAPP
    return (
        is_whatsapp and template.approval != TemplateApproval.PENDING and not template.opens_window
    )


@admin.register(MessageTemplate)
class MessageTemplateAdmin(TenantAdmin):
    """Texts for campaigns, reminders and, outside WhatsApp's 24 hours, for people."""

    list_display = (
        "name",
        "channel",
        "agent_type",
        "shown_variables",
        "shown_approval",
        "approval_reason",
        "checked_at",
    )
    list_filter = ("channel", "agent_type", "approval", "category")
    search_fields = ("name", "content", "whatsapp_name")
    readonly_fields = ("told_approval", "approval_reason", "quality", "checked_at")
    derived_fields = ("variables",)
    actions = ("submit_chosen",)
    actions_list = ("sync",)
    actions_detail = ("submit",)
    empty_hint = _("Crea una plantilla para usarla en campañas y recordatorios.")
    fieldsets = (
        (None, {"fields": (("name", "channel"), "content", "agent_type")}),
        (
            "WhatsApp",
            {
                "fields": (
                    ("whatsapp_name", "whatsapp_language"),
                    "category",
                    ("told_approval", "checked_at"),
                    ("approval_reason", "quality"),
                ),
                "description": _(
                    "Fuera de las 24 horas desde el último mensaje del lead, WhatsApp solo acepta "
                    "plantillas que Meta aprobó. Si cambias el texto, envíala otra vez a aprobación; "
                    "los nombres de las variables puedes cambiarlos siempre."
                ),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Meta knows a template by name and language: once it does, they stay."""
        fields = super().get_readonly_fields(request, obj)
        known = obj is not None and obj.whatsapp_id
        return [*fields, "channel", "whatsapp_name", "whatsapp_language"] if known else fields

    @display(description=_("variables"))
    def shown_variables(self, template: MessageTemplate) -> str:
        return ", ".join(template.variables)

    @display(description=_("aprobación"), ordering="approval", label=TONES)
    def shown_approval(self, template: MessageTemplate) -> Any:
        if template.channel and template.channel != Channel.WHATSAPP:
            return None
        if template.approval == TemplateApproval.APPROVED and not template.opens_window:
            return "changed", _("cambió desde la aprobación")
        if template.approval == TemplateApproval.NONE:
            return "none", _("sin enviar")
        return template.approval, template.get_approval_display()

    @display(description=_("aprobación"))
    def told_approval(self, template: MessageTemplate) -> str:
        shown = self.shown_approval(template)
        return str(shown[1]) if shown else ""

    @door(
        _("Enviar a aprobación"),
        done=_("Está en revisión en Meta. El estado cambia solo cuando responda."),
        icon="approval",
        applies=_may_be_submitted,
        help_text=_("Envía el texto a Meta. La revisión suele tardar minutos, y hasta un día."),
    )
    def submit(self, request: HttpRequest, row: MessageTemplate, data: dict[str, Any]) -> None:
        approval.submit(row, at=timezone.now())

    @admin.action(description=_("Enviar a aprobación"), permissions=["change"])
    def submit_chosen(self, request: HttpRequest, queryset: Any) -> None:
        at = timezone.now()
        each(self, request, queryset, lambda row: approval.submit(row, at=at), _("En revisión"))

    @action(
        description=_("Sincronizar con Meta"), url_path="sync", icon="sync", permissions=["sync"]
    )
    def sync(self, request: HttpRequest) -> HttpResponseRedirect:
        """To the button of the broker's channels, which asks before it acts."""
        mine = visible(BrokerChatConfig, request.user).order_by("pk")
        if self.may(request, "u") and mine.count() == 1:
            page = reverse("admin:brokers_brokerchatconfig_sync_templates", args=[mine[0].pk])
        else:
            page = reverse("admin:brokers_brokerchatconfig_changelist")
        return HttpResponseRedirect(page)

    def has_sync_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "u")
