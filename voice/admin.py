"""AI voice calls in Django Admin: read here, written by the calls themselves."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from crm.admin.base import TenantAdmin, TenantInline
from voice.models import CallTranscript, VoiceCall

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


class TranscriptInline(TenantInline):
    """The call, line by line."""

    model = CallTranscript
    fields = ("speaker", "text", "timestamp", "confidence")
    ordering = ("position",)
    tab = False
    verbose_name_plural = _("Transcripción")


@admin.register(VoiceCall)
class VoiceCallAdmin(TenantAdmin):
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
        "provider",
        ("started_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("lead__name", "lead__phone", "phone", "external_call_id", "summary")
    inlines = (TranscriptInline,)
    fieldsets = (
        (None, {"fields": (("lead", "call_purpose"), ("status", "disposition"), "summary")}),
        (_("Resultado"), {"fields": (("score_delta", "stage_after_call"), "recording_url")}),
        (
            _("Llamada"),
            {
                "fields": (
                    ("phone", "caller_id_class"),
                    ("started_at", "completed_at"),
                    ("duration", "cost_usd"),
                    ("provider", "external_call_id"),
                )
            },
        ),
    )
    empty_hint = _("Aquí quedan las llamadas del asistente, con su transcripción y resultado.")

    @display(description=_("estado"), ordering="status", label=CALL_TONES)
    def shown_status(self, call: VoiceCall) -> tuple[str, str]:
        return call.status, call.get_status_display()

    @display(description=_("duración"), ordering="duration")
    def minutes(self, call: VoiceCall) -> str | None:
        return None if call.duration is None else f"{call.duration // 60}:{call.duration % 60:02d}"

    @display(description=_("puntaje"), ordering="score_delta")
    def score_change(self, call: VoiceCall) -> str | None:
        return None if call.score_delta is None else f"{call.score_delta:+.1f}".replace(".", ",")


@admin.register(CallTranscript)
class CallTranscriptAdmin(TenantAdmin):
    list_display = ("call", "position", "speaker", "text", "timestamp", "confidence")
    list_filter = ("speaker",)
    list_select_related = ("call__lead", "broker")
    search_fields = ("text", "call__lead__name")
    empty_hint = _("Las transcripciones llegan al terminar cada llamada.")
