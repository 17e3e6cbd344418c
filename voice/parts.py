"""What hangs on a lead here: its calls, with what was said, exported, erased, merged and shown."""

from typing import Any

from django.utils.translation import gettext as _

from crm.tenancy import allows
from leads.models import Lead
from leads.parts import LeadPart, Panel, Remains, erase_rows, move_rows, register
from voice.models import VoiceCall, VoiceCost

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


_erase_calls = erase_rows(VoiceCall)


def erase(lead: Lead) -> int:
    """What the calls cost stays on the broker's accounts; who was called does not."""
    calls = VoiceCall.objects.filter(lead=lead)
    VoiceCost.objects.bulk_create(
        VoiceCost(
            broker_id=call.broker_id,
            provider=call.provider,
            at=call.started_at or call.created_at,
            duration=call.duration,
            cost_usd=call.cost_usd,
        )
        for call in calls
        if call.cost_usd is not None
    )
    return _erase_calls(lead)


def remains(lead: Lead) -> list[Remains]:
    calls = VoiceCall.objects.filter(lead=lead)
    return [
        Remains(VoiceCost._meta.label, calls.filter(cost_usd__isnull=False).count(), "accounting"),
        Remains("recordings", calls.exclude(recording_url="").count(), "provider_copy"),
    ]


def panel(lead: Lead, user: Any) -> Panel:
    calls = VoiceCall.objects.visible_to(user).filter(lead=lead)[:SHOWN]
    context = {"calls": calls, "lead": lead, "may_call": allows(user, VoiceCall, "c")}
    return Panel(_("Llamadas"), "voice/lead_panel.html", context)


register(
    LeadPart(
        "calls",
        VoiceCall,
        export,
        erase,
        move_rows(VoiceCall),
        panel,
        remains=remains,
    )
)
