"""A lead's story as its page tells it: one line a moment, the next piece on request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from leads import timeline, words
from leads.enums import NEVER_LEFT
from leads.models import Lead

SHOWN = 30
ICONS = {
    "message": "chat", "stage": "conversion_path", "score": "speed", "facts": "fact_check",
    "appointment": "event", "call": "call", "campaign": "campaign", "conversation": "forum",
    "consent": "verified_user", "task": "task_alt", "other": "history",
}  # fmt: skip
LABELS = {
    "": _("Todo"), "message": _("Mensajes"), "stage": _("Etapas"), "score": _("Puntaje"),
    "facts": _("Datos"), "appointment": _("Citas"), "call": _("Llamadas"),
    "campaign": _("Campañas"), "conversation": _("Conversación"),
    "consent": _("Consentimiento"), "task": _("Tareas"), "other": _("Otros"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    icon: str
    title: str
    told: str
    who: str
    at: datetime


def context(lead: Lead, kind: str, cursor: str) -> dict[str, Any]:
    """A piece of the story of one kind, or of all with ``""``."""
    page = timeline.page(lead, kinds=[kind] if kind else [], cursor=cursor, size=SHOWN)
    return {
        "lines": [_line(moment) for moment in page.moments],
        "following": page.next,
        "kind": kind,
        "kinds": LABELS.items(),
    }


def _line(moment: timeline.Moment) -> Line:
    icon = ICONS[moment.topic]
    if moment.message is not None:
        message = moment.message
        who = str(message.sent_by or message.get_author_display())
        channel = str(message.get_provider_display())
        if message.status in NEVER_LEFT:
            channel = f"{channel} ({message.get_status_display()})"
        return Line(icon, channel, message.message_text[:200], who, moment.at)
    entry = moment.activity
    assert entry is not None, "a moment is a message or an event"
    who = str(entry.user or entry.get_actor_display())
    return Line(icon, words.event(entry), words.event_details(entry), who, moment.at)
