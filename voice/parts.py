"""What hangs on a lead here: its calls with their transcripts, exported, erased, merged and shown."""

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from leads.models import Lead
from leads.parts import LeadPart, Panel, erase_rows, move_rows, register
from voice.models import CallTranscript, VoiceCall

SHOWN = 10
EXPORTED = [
    "id", "provider", "status", "disposition", "call_purpose", "phone", "started_at",
    "completed_at", "duration", "recording_url", "summary", "created_at",
]  # fmt: skip
LINE = ["speaker", "text", "timestamp"]


def export(lead: Lead) -> list[dict[str, Any]]:
    """The calls, each with what was said in it."""
    calls = list(VoiceCall.objects.filter(lead=lead).order_by("pk").values(*EXPORTED))
    lines = CallTranscript.objects.filter(call__lead=lead).order_by("call", "position")
    for call in calls:
        call["lines"] = []
    by_id = {call["id"]: call for call in calls}
    for line in lines.values("call_id", *LINE):
        by_id[line.pop("call_id")]["lines"].append(line)
    return calls


def panel(lead: Lead, user: Any) -> Panel | None:
    """The lead's latest calls that the user may see; nothing for a lead never called."""
    calls = VoiceCall.objects.visible_to(user).filter(lead=lead).annotate(said=Count("lines"))
    shown = list(calls.order_by("-pk")[:SHOWN])
    if not shown:
        return None
    context = {"calls": shown, "zone": lead.broker.timezone}
    return Panel(_("Llamadas"), "voice/lead_panel.html", context)


register(LeadPart("calls", VoiceCall, export, erase_rows(VoiceCall), move_rows(VoiceCall), panel))
