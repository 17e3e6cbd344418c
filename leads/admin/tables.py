"""The other tables of leads: history that is only read, consent, templates, duplicates."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.filters import EmptyFieldListFilter
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, person
from crm.admin.filters import ScopedRelatedFilter
from crm.errors import Conflict
from leads import alerts, words
from leads.enums import AlertState
from leads.models import (
    ActivityLog,
    ChannelIdentity,
    LeadAlert,
    LeadSignal,
    StageTransition,
)

LEAD_SEARCH = ("lead__name", "lead__phone", "lead__phone_e164", "lead__email")


@admin.register(ActivityLog)
class ActivityLogAdmin(TenantAdmin):
    """Append-only: read by everybody who sees the lead, changed by nobody."""

    list_display = ("lead", "what", "told", "actor", "user", "timestamp")
    list_filter = (
        "actor",
        "action_type",
        ("user", ScopedRelatedFilter),
        ("timestamp", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = (*LEAD_SEARCH, "action_type")
    empty_hint = _("Aquí queda todo lo que ocurre con cada lead.")

    @display(description=_("evento"), ordering="action_type")
    def what(self, entry: ActivityLog) -> str:
        return words.event(entry)

    @display(description=_("detalle"))
    def told(self, entry: ActivityLog) -> str:
        return words.event_details(entry)[:120]


def _unseen(alert: LeadAlert) -> bool:
    return alert.seen_at is None


def _failed(alert: LeadAlert) -> bool:
    return alert.state == AlertState.FAILED


@admin.register(LeadAlert)
class LeadAlertAdmin(TenantAdmin):
    """Read-only: what people were told by e-mail, and what could not be delivered."""

    list_display = ("lead", "kind", "shown_state", "told", "seen_at", "error", "created_at")
    list_filter = ("kind", "state", ("seen_at", EmptyFieldListFilter))
    search_fields = (*LEAD_SEARCH, "error")
    actions_detail = ("see", "retry")
    empty_hint = _("Aquí quedan los avisos por correo: leads calientes, calificados y en espera.")

    @display(
        description=_("estado"),
        ordering="state",
        label={"pending": "warning", "sent": "success", "failed": "danger"},
    )
    def shown_state(self, alert: LeadAlert) -> tuple[str, str]:
        return alert.state, alert.get_state_display()

    @display(description=_("enviado a"))
    def told(self, alert: LeadAlert) -> str:
        return ", ".join(alert.sent_to)

    @door(
        _("Marcar como visto"),
        done=_("Aviso visto."),
        icon="visibility",
        letter="r",
        applies=_unseen,
    )
    def see(self, request: HttpRequest, alert: LeadAlert, data: dict[str, Any]) -> None:
        alerts.see(alert, by=person(request), at=timezone.now())

    @door(
        _("Reintentar"),
        done=_("El aviso se enviará de nuevo."),
        icon="replay",
        letter="r",
        applies=_failed,
    )
    def retry(self, request: HttpRequest, alert: LeadAlert, data: dict[str, Any]) -> None:
        if not alerts.retry(alert, at=timezone.now()):
            raise Conflict


@admin.register(StageTransition)
class StageTransitionAdmin(TenantAdmin):
    """Append-only history of stages."""

    list_display = ("lead", "from_stage", "to_stage", "actor", "by", "reason", "at")
    list_filter = ("from_stage", "to_stage", "actor", ("at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = (*LEAD_SEARCH, "reason")
    empty_hint = _("Aquí queda cada cambio de etapa, con quién lo hizo y por qué.")


@admin.register(LeadSignal)
class LeadSignalAdmin(TenantAdmin):
    """What scoring knows of a lead besides its facts; reported by doors."""

    list_display = ("lead", "kind", "source_key", "active", "at")
    list_filter = ("kind", "active")
    search_fields = (*LEAD_SEARCH, "source_key")
    empty_hint = _("Las señales llegan solas: visitas, inasistencias, bajas.")


@admin.register(ChannelIdentity)
class ChannelIdentityAdmin(TenantAdmin):
    """The lead as each channel knows them."""

    list_display = ("lead", "channel", "display_name", "external_id", "blocked_at", "created_at")
    list_filter = ("channel",)
    search_fields = (*LEAD_SEARCH, "display_name", "external_id")
    empty_hint = _("Cada persona que escribe por un canal queda identificada aquí.")
