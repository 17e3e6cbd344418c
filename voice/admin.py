"""AI voice calls in Django Admin: placed and cancelled through their door, read here."""

import uuid
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from crm.admin.base import TenantAdmin
from crm.admin.doors import door, person
from voice import calls, reasons
from voice.models import CallStatus, CallTranscript, VoiceCall, VoiceCost, VoiceEvent

CALL_TONES = {
    "initiated": "info",
    "ringing": "info",
    "answered": "primary",
    "completed": "success",
    "failed": "danger",
    "no_answer": "warning",
    "busy": "warning",
    "cancelled": "default",
}


def _is_over(call: VoiceCall) -> bool:
    return CallStatus(call.status).is_over


def _is_under_way(call: VoiceCall) -> bool:
    return not _is_over(call) and bool(call.external_call_id)


def _can_be_withdrawn(call: VoiceCall) -> bool:
    undialled = call.status == CallStatus.INITIATED and call.dialled_at is None
    return undialled or call.retry_at is not None


@admin.register(VoiceCall)
class VoiceCallAdmin(TenantAdmin):
    """Adding one places it through ``voice.calls``; nothing of a call is edited."""

    change_form_template = "admin/voice/voicecall/page.html"
    list_display = (
        "lead",
        "call_purpose",
        "shown_status",
        "disposition",
        "minutes",
        "score_change",
        "cost_usd",
        "started_at",
    )
    list_filter = (
        "status",
        "disposition",
        "call_purpose",
        "is_incoming",
        "provider",
        ("started_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("lead__name", "lead__phone", "phone", "external_call_id", "summary")
    actions_detail = ("call_again", "hang_up", "cancel")
    placed_fields = ("lead", "call_purpose")
    fieldsets = (
        (
            _("Llamada"),
            {
                "fields": (
                    placed_fields,
                    ("status", "shown_reason"),
                    ("phone", "caller_id_class", "is_incoming"),
                    ("started_at", "completed_at"),
                    ("attempt", "retry_of", "retry_at"),
                    ("provider", "external_call_id"),
                    ("placed_by", "recording_url"),
                )
            },
        ),
    )
    empty_hint = _("Aquí quedan las llamadas del asistente, con su transcripción y resultado.")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": self.placed_fields}),)
        return super().get_fieldsets(request, obj)

    def names_broker(self, request: HttpRequest) -> bool:
        """A call's broker is its lead's, for the superadmin too."""
        return False

    def save_model(self, request: HttpRequest, obj: VoiceCall, form: Any, change: bool) -> None:
        given = form.cleaned_data
        placed = _placed_by_hand(given["lead"], given["call_purpose"], person(request))
        obj.__dict__.update(placed.__dict__)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        call = kwargs.get("obj")
        if call is not None:
            told = {"call": call, "minutes": self.minutes(call), "gained": self.score_change(call)}
            context.update(told, lines=call.lines.order_by("position"))
            context["tone"] = CALL_TONES[call.status]
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    @door(
        _("Volver a llamar"),
        done=_("Llamada pedida."),
        icon="call",
        letter="c",
        applies=_is_over,
    )
    def call_again(self, request: HttpRequest, row: VoiceCall, data: dict[str, Any]) -> None:
        _placed_by_hand(row.lead, row.call_purpose, person(request))

    @door(
        _("Cancelar llamada"),
        done=_("Llamada cancelada."),
        icon="phone_disabled",
        letter="c",
        applies=_can_be_withdrawn,
    )
    def cancel(self, request: HttpRequest, row: VoiceCall, data: dict[str, Any]) -> None:
        calls.cancel(row, by=person(request), at=timezone.now())

    @door(
        _("Cortar llamada"),
        done=_("El proveedor está cortando la llamada."),
        icon="call_end",
        letter="c",
        applies=_is_under_way,
    )
    def hang_up(self, request: HttpRequest, row: VoiceCall, data: dict[str, Any]) -> None:
        calls.hang_up(row, by=person(request), at=timezone.now())

    @display(description=_("estado"), ordering="status", label=CALL_TONES)
    def shown_status(self, call: VoiceCall) -> tuple[str, str]:
        return call.status, call.get_status_display()

    @display(description=_("motivo"), ordering="reason")
    def shown_reason(self, call: VoiceCall) -> str:
        return reasons.told(call.reason) or "–"

    @display(description=_("duración"), ordering="duration")
    def minutes(self, call: VoiceCall) -> str | None:
        return None if call.duration is None else f"{call.duration // 60}:{call.duration % 60:02d}"

    @display(description=_("puntaje"), ordering="score_delta")
    def score_change(self, call: VoiceCall) -> str | None:
        return None if call.score_delta is None else f"{call.score_delta:+.1f}".replace(".", ",")


def _placed_by_hand(lead: Any, purpose: str, by: Any) -> VoiceCall:
    key = f"admin:{by.pk}:{uuid.uuid4().hex}"
    return calls.place(lead, purpose=purpose, intent_key=key, by=by, at=timezone.now())


@admin.register(CallTranscript)
class CallTranscriptAdmin(TenantAdmin):
    list_display = ("call", "position", "speaker", "text", "timestamp", "confidence")
    list_filter = ("speaker",)
    list_select_related = ("call__lead", "broker")
    search_fields = ("text", "call__lead__name")
    empty_hint = _("Las transcripciones llegan al terminar cada llamada.")


@admin.register(VoiceEvent)
class VoiceEventAdmin(TenantAdmin):
    """Append-only: what the providers told, and when it had its effect."""

    list_display = ("call", "status", "reason", "provider", "at", "applied_at")
    list_filter = ("status", "provider")
    list_select_related = ("call__lead", "broker")
    search_fields = ("event_key", "call__external_call_id", "call__lead__name")
    empty_hint = _("Los avisos del proveedor de voz quedan aquí.")


@admin.register(VoiceCost)
class VoiceCostAdmin(TenantAdmin):
    """Read-only: what stays of the calls of erased leads."""

    list_display = ("at", "provider", "duration", "cost_usd")
    list_filter = ("provider", ("at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("provider",)
    empty_hint = _("Al borrar a una persona, el costo de sus llamadas queda aquí sin nombrarla.")
