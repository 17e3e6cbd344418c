"""Calls to start, repeat and hear of, for who watches the operation."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm.queues import Queue, register
from voice import calls, events, retries

SWEEP = "voice.tasks.sweep_calls"

register(
    Queue(
        "calls", _("llamadas por iniciar"), SWEEP, calls.owed, F("created_at"), "voice_voicecall"
    ),
    Queue(
        "call_events",
        _("informes de llamadas"),
        SWEEP,
        lambda _at: events.owed(),
        F("created_at"),
        "voice_voiceevent",
    ),
    Queue(
        "call_retries",
        _("llamadas por repetir"),
        SWEEP,
        retries.owed,
        F("retry_at"),
        "voice_voicecall",
    ),
)
