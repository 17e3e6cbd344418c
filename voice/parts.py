"""What hangs on a lead here: its calls, with what was said, exported, erased, merged and shown."""

from typing import Any

from django.utils.translation import gettext as _

from crm.tenancy import allows
from leads.models import Lead
from leads.parts import LeadPart, Panel, erase_rows, move_rows, register
from voice.models import VoiceCall

SHOWN = 10
EXPORTED = (
    "id", "call_purpose", "status", "disposition", "phone", "started_at", "completed_at",
    "duration", "summary", "recording_url", "score_delta", "stage_after_call", "created_at",
)  # fmt: skip
LINE = ("speaker", "text", "timestamp")


def export(lead: Lead) -> list[dict[str, Any]]:
    calls = VoiceCall.objects.filter(lead=lead).order_by("pk").prefetch_related("lines")
    return [
        {
            **{name: getattr(call, name) for name in EXPORTED},
            "transcript": [
                {name: getattr(line, name) for name in LINE} for line in call.lines.all()
            ],
        }
        for call in calls
    ]


def panel(lead: Lead, user: Any) -> Panel:
    calls = VoiceCall.objects.visible_to(user).filter(lead=lead)[:SHOWN]
    context = {"calls": calls, "lead": lead, "may_call": allows(user, VoiceCall, "c")}
    return Panel(_("Llamadas"), "voice/lead_panel.html", context)


register(LeadPart("calls", VoiceCall, export, erase_rows(VoiceCall), move_rows(VoiceCall), panel))
