"""The retry plan: calls that reached nobody, placed again when they are due."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from crm.queues import in_turn
from leads import agenda
from leads.activity import log
from leads.enums import Actor
from leads.models import Lead
from voice import calls
from voice.errors import CallRefused
from voice.models import VoiceCall

LONGEST_WAIT = timedelta(days=3)


def due(*, at: datetime, limit: int = 500) -> list[int]:
    return list(in_turn(owed(at), "retry_at").values_list("id", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[VoiceCall]:
    return VoiceCall.objects.filter(retry_at__lte=at)


@transaction.atomic
def take_up(call_id: int, *, at: datetime) -> VoiceCall | None:
    """Place the planned call; put off or given up, with the reason, where the gate refuses it."""
    _lock_lead(call_id)
    locked = VoiceCall.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    call = locked.select_related("lead").filter(pk=call_id, retry_at__lte=at).first()
    if call is None:
        return None
    first = call.retry_of_id or call.pk
    number = VoiceCall.objects.filter(retry_of=first).count() + 1
    again, later = None, None
    try:
        again = calls.place(
            call.lead,
            purpose=call.call_purpose,
            intent_key=f"retry:{first}:{number}",
            at=at,
            retries=call,
        )
    except CallRefused as refusal:
        later = _in_time(call, refusal.next_allowed_at)
        if later is None:
            told = {"call": call.pk, "reason": refusal.reason}
            log(call.lead, "call_not_repeated", actor=Actor.SYSTEM, at=at, **told)
    VoiceCall.objects.filter(pk=call.pk).update(retry_at=later, updated_at=at)
    agenda.refresh([call.lead_id], at=at)
    return again


def _lock_lead(call_id: int) -> None:
    """The lead before the call, as everywhere."""
    mine = Lead.objects.select_for_update(of=("self",), no_key=True)
    mine.filter(calls=call_id).first()


def _in_time(call: VoiceCall, later: datetime | None) -> datetime | None:
    """A retry that would come days after the call it repeats is not made."""
    ended = call.completed_at or call.created_at
    return later if later is not None and later - ended <= LONGEST_WAIT else None
