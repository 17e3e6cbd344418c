"""What the list of leads is filtered by."""

from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter

from brokers.models import User
from crm.admin.doors import person
from crm.admin.filters import BandFilter, QueryFilter
from crm.tenancy import visible
from leads import metrics
from leads.models import Lead


class ScoreBand(BandFilter):
    title = _("puntaje")
    parameter_name = "puntaje"
    column = "lead_score"
    bands = (
        ("0-20", _("0 a 20"), 0, 20),
        ("20-50", _("20 a 50"), 20, 50),
        ("50-75", _("50 a 75"), 50, 75),
        ("75-100", _("75 a 100"), 75, 100),
    )


class Assignee(DropdownFilter):
    """Somebody whom the user sees, oneself, or nobody."""

    title = _("asignado a")
    parameter_name = "asignado"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        team = visible(User, person(request)).exclude(pk=person(request).pk).filter(is_active=True)
        people = [(str(pk), name) for pk, name in team.values_list("pk", "name")[:200]]
        return [("mios", _("A mí")), ("nadie", _("Sin asignar")), *people]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        if value == "mios":
            return queryset.filter(assigned_to=request.user)
        if value == "nadie":
            return queryset.filter(assigned_to__isnull=True)
        is_id = value.isdecimal() and len(value) < 19
        return queryset.filter(assigned_to=int(value)) if is_id else queryset


class Attention(QueryFilter):
    title = _("atención")
    parameter_name = "atencion"
    conditions = {
        "espera": (_("Espera a una persona"), Q(conversation__waiting_reason__gt="")),
        "sin-respuesta": (
            _("Sin respuesta nuestra"),
            Q(conversation__last_inbound_at__isnull=False)
            & (
                Q(conversation__last_outbound_at__isnull=True)
                | Q(conversation__last_outbound_at__lt=F("conversation__last_inbound_at"))
            ),
        ),
        "nunca": (_("Nunca contactado"), Q(last_contacted__isnull=True)),
        "vencida": (_("Acción vencida"), Q(next_action_at__lt=Now())),
        "conflicto": (_("Datos en conflicto"), Q(metadata__has_key="conflicts")),
        "estancado": (_("Estancado en su etapa"), Q()),
    }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "estancado":
            return super().queryset(request, queryset)
        user = person(request)
        leads = Lead.objects.visible_to(user).living()
        return queryset.filter(metrics.stuck(leads, broker=user.broker, at=timezone.now()))


class Tag(FieldTextFilter):
    """Leads with this very tag."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset
