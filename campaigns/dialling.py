"""The calls that campaign steps asked for: placed by a key of the step, withdrawn with it."""

from datetime import datetime

from django.db.models import Q

from campaigns.models import CampaignLog, StepAction
from voice import calls
from voice.errors import NotCancellable
from voice.models import CallStatus, VoiceCall


def key_of(log: CampaignLog) -> str:
    """Under this key a step makes one message or one call, however often it is run."""
    return f"campaign:{log.pk}"


def withdraw(logs: Q, *, reason: str, at: datetime) -> int:
    """Cancel what has not been dialled yet, and the retries that are still to come."""
    asked = CampaignLog.objects.filter(logs, step__action=StepAction.MAKE_CALL)
    keys = [key_of(log) for log in asked.only("pk")]
    mine = Q(intent_key__in=keys) | Q(retry_of__intent_key__in=keys)
    to_come = Q(status=CallStatus.INITIATED, dialled_at__isnull=True) | Q(retry_at__isnull=False)
    waiting = VoiceCall.objects.filter(mine, to_come).select_related("lead")
    return sum(_cancel(call, reason, at) for call in waiting.order_by("pk")) if keys else 0


def _cancel(call: VoiceCall, reason: str, at: datetime) -> bool:
    try:
        calls.cancel(call, reason=reason, at=at)
    except NotCancellable:  # dialled in this very moment
        return False
    return True


def was_withdrawn(log: CampaignLog) -> bool:
    """Whether the step's call was cancelled: under its key no other is placed."""
    cancelled = VoiceCall.objects.filter(intent_key=key_of(log), status=CallStatus.CANCELLED)
    return cancelled.exists()
