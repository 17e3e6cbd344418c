"""Webhooks that could not be read, in Admin: read once more, or set aside."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, each, person
from leads import keeping
from leads.enums import KeptState
from leads.models import KeptWebhook


def _open(kept: KeptWebhook) -> bool:
    return kept.state == KeptState.KEPT


@admin.register(KeptWebhook)
class KeptWebhookAdmin(TenantAdmin):
    """Read-only; after 30 days a row goes by itself."""

    list_display = ("at", "channel", "reason", "shown_state", "handled_by")
    list_filter = ("state", "channel", "reason")
    search_fields = ("payload",)
    fieldsets = (
        (
            None,
            {
                "fields": (("channel", "at"), ("reason", "state"), "handled_by"),
                "description": _(
                    "El canal envió algo que no se pudo leer, y quedó aquí para que no se pierda. "
                    "«Leer de nuevo» sirve cuando el sistema ya lo entiende: lo que se leyó antes no "
                    "se repite. Si no trae nada que sirva, descártalo. A los 30 días se borra solo."
                ),
            },
        ),
        (_("Contenido"), {"fields": ("shown_error", "shown_payload")}),
    )
    actions = ("replay_chosen", "dismiss_chosen")
    actions_detail = ("replay", "dismiss")
    empty_hint = _("Todo lo que enviaron los canales se pudo leer: no hay nada que hacer.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"kept": "danger", "replayed": "success", "dismissed": "info"},
    )
    def shown_state(self, kept: KeptWebhook) -> tuple[str, str]:
        return kept.state, kept.get_state_display()

    @display(description=_("error"))
    def shown_error(self, kept: KeptWebhook) -> str:
        return format_html('<pre class="crm-raw">{}</pre>', kept.error)

    @display(description=_("contenido original"))
    def shown_payload(self, kept: KeptWebhook) -> str:
        """As a person reads it: with its accents and emojis."""
        told = json.dumps(kept.payload, indent=2, ensure_ascii=False)
        return format_html('<pre class="crm-raw">{}</pre>', told)

    @door(
        _("Leer de nuevo"),
        done=_("Se leyó: lo que traía ya está en su lugar."),
        icon="replay",
        letter="r",
        applies=_open,
    )
    def replay(self, request: HttpRequest, kept: KeptWebhook, data: dict[str, Any]) -> None:
        keeping.replay(kept, by=person(request))

    @admin.action(description=_("Leer de nuevo los elegidos"))
    def replay_chosen(self, request: HttpRequest, queryset: Any) -> None:
        by, oldest_first = person(request), queryset.order_by("pk")
        each(self, request, oldest_first, lambda row: keeping.replay(row, by=by), _("Leídos"))

    @admin.action(description=_("Descartar los elegidos"))
    def dismiss_chosen(self, request: HttpRequest, queryset: Any) -> None:
        by = person(request)
        each(self, request, queryset, lambda row: keeping.dismiss(row, by=by), _("Descartados"))

    @door(_("Descartar"), done=_("Descartado."), icon="block", letter="r", applies=_open)
    def dismiss(self, request: HttpRequest, kept: KeptWebhook, data: dict[str, Any]) -> None:
        keeping.dismiss(kept, by=person(request))
