"""Who is locked out of signing in, for the admins of their brokerage, who let them in again."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from brokers import guessing
from brokers.models import FailedSignIns, locked_now
from crm.admin.base import TenantAdmin
from crm.admin.doors import door, each
from crm.admin.filters import QueryFilter


class LockedFilter(QueryFilter):
    title = _("estado")
    parameter_name = "estado"

    @property
    def conditions(self) -> dict[str, tuple[Any, Q]]:  # type: ignore[override]
        locked = locked_now(timezone.now())
        return {"bloqueado": (_("Bloqueado"), locked), "libre": (_("Sin bloqueo"), ~locked)}


def _locked(row: FailedSignIns) -> bool:
    return row.locked_until is not None and row.locked_until > timezone.now()


@admin.register(FailedSignIns)
class FailedSignInsAdmin(TenantAdmin):
    """Read-only; a lock is lifted by its button, and the row and Admin's log tell who did it."""

    list_display = (
        "user",
        "address",
        "lane",
        "failures",
        "shown_state",
        "until",
        "last_at",
        "lifted_by",
        "lifted_at",
    )
    list_filter = (LockedFilter, "lane")
    search_fields = ("user__name", "user__email", "address")
    actions = ("lift_chosen",)
    actions_detail = ("lift",)
    empty_hint = _("Nadie ha errado su contraseña en los últimos 30 días.")

    @display(description=_("estado"), label={"locked": "danger", "free": "success"})
    def shown_state(self, row: FailedSignIns) -> tuple[str, Any]:
        return ("locked", _("Bloqueado")) if _locked(row) else ("free", _("Sin bloqueo"))

    @display(description=_("bloqueado hasta"))
    def until(self, row: FailedSignIns) -> datetime | None:
        return row.locked_until if _locked(row) else None

    @door(
        _("Levantar bloqueo"),
        done=_("Puede volver a intentarlo."),
        icon="lock_open",
        letter="r",
        applies=_locked,
        help_text=_(
            "Hazlo solo si sabes quién intentaba entrar: el contador de claves erradas vuelve a cero."
        ),
    )
    def lift(self, request: HttpRequest, row: FailedSignIns, data: dict[str, Any]) -> None:
        self._lift(request, row)

    @admin.action(description=_("Levantar el bloqueo de los elegidos"))
    def lift_chosen(self, request: HttpRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda row: self._lift(request, row), _("Levantados"))

    def _lift(self, request: HttpRequest, row: FailedSignIns) -> None:
        guessing.lift(row, by=request.user, at=timezone.now())
        self.log_change(request, row, str(_("Bloqueo de ingreso levantado.")))
