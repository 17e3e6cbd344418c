"""Webhooks that could not be read, in Admin: read once more, or set aside."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, person
from leads import keeping
from leads.enums import KeptState
from leads.models import KeptWebhook


def _open(kept: KeptWebhook) -> bool:
    return kept.state == KeptState.KEPT


@admin.register(KeptWebhook)
class KeptWebhookAdmin(TenantAdmin):
    """Read-only; after 30 days a row goes by itself."""

    list_display = ("id", "channel", "reason", "shown_state", "handled_by", "at")
    list_filter = ("state", "channel", "reason")
    search_fields = ("digest",)
    actions_detail = ("replay", "dismiss")
    empty_hint = _("Todo lo que enviaron los canales se pudo leer: no hay nada que hacer.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"kept": "danger", "replayed": "success", "dismissed": "info"},
    )
    def shown_state(self, kept: KeptWebhook) -> tuple[str, str]:
        return kept.state, kept.get_state_display()

    @door(
        _("Leer de nuevo"),
        done=_("Se leyó: lo que traía ya está en su lugar."),
        icon="replay",
        letter="r",
        applies=_open,
    )
    def replay(self, request: HttpRequest, kept: KeptWebhook, data: dict[str, Any]) -> None:
        keeping.replay(kept, by=person(request), at=timezone.now())

    @door(_("Descartar"), done=_("Descartado."), icon="block", letter="r", applies=_open)
    def dismiss(self, request: HttpRequest, kept: KeptWebhook, data: dict[str, Any]) -> None:
        keeping.dismiss(kept, by=person(request))
