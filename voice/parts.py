"""What hangs on a lead here: its calls, with what was said, exported, erased, merged and shown."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.tenancy import allows
from leads.models import Lead
from leads.parts import LeadPart, Panel, Remains, erase_rows, move_rows, register
from voice.models import CallStatus, VoiceCall, VoiceCost

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


def next_due(lead_ids: Sequence[int], at: datetime) -> Iterable[tuple[int, datetime]]:
    """The calls that will be repeated."""
    planned = VoiceCall.objects.filter(lead__in=lead_ids, retry_at__isnull=False)
    rows: Any = planned.order_by().values_list("lead_id", "retry_at")
    found: Iterable[tuple[int, datetime]] = rows
    return found


def contacts(
    lead_ids: Sequence[int], since: datetime, until: datetime, ignore: int | None
) -> QuerySet[Any]:
    """Calls that rang, or are about to; one that never left us disturbed nobody."""
    made = VoiceCall.objects.filter(lead__in=lead_ids, created_at__gte=since, created_at__lt=until)
    made = made.exclude(status__in=[CallStatus.CANCELLED, CallStatus.FAILED])
    made = made.exclude(is_incoming=True)
    if ignore is not None:
        made = made.exclude(pk=ignore)
    return made.order_by().values_list("lead_id", "created_at")


register(
    LeadPart(
        "calls",
        VoiceCall,
        export,
        erase,
        move_rows(VoiceCall),
        panel,
        next_due=next_due,
        contacts=contacts,
        remains=remains,
    )
)
