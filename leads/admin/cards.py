"""What agents were told in Telegram: read only, and tried again where it failed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door
from leads import cards, reasons
from leads.admin.tables import LEAD_SEARCH
from leads.enums import CardState
from leads.models import AgentCard


def _failed(card: AgentCard) -> bool:
    return card.state == CardState.FAILED


@admin.register(AgentCard)
class AgentCardAdmin(TenantAdmin):
    list_display = ("lead", "kind", "agent", "shown_state", "sent_at", "shown_error", "created_at")
    list_filter = ("kind", "state")
    search_fields = (*LEAD_SEARCH, "agent__name")
    exclude = ("chat_id", "telegram_message_id", "wanted", "lease_until", "error", "key", "details")
    readonly_fields = ("shown_error",)
    actions_detail = ("retry",)
    empty_hint = _("Aquí quedan los avisos a quienes vincularon su Telegram en su usuario.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"pending": "warning", "sent": "success", "failed": "danger", "dropped": "info"},
    )
    def shown_state(self, card: AgentCard) -> tuple[str, str]:
        return card.state, card.get_state_display()

    @display(description=_("motivo"))
    def shown_error(self, card: AgentCard) -> str:
        return reasons.told(card.error)

    @door(
        _("Reintentar"),
        done=_("El aviso se enviará de nuevo."),
        icon="replay",
        letter="r",
        applies=_failed,
    )
    def retry(self, request: HttpRequest, card: AgentCard, data: dict[str, Any]) -> None:
        cards.retry(card, at=timezone.now())
