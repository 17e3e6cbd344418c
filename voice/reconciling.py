"""Calls that fell silent: looked up at the provider, and given up where nobody knows of them."""

from datetime import datetime

from crm.errors import ProviderError
from crm.queues import in_turn
from voice import calls, events
from voice.models import UNDER_WAY, CallStatus, VoiceCall
from voice.providers.base import adapter_of
from voice.timing import GIVEN_UP_AFTER, SILENT_AFTER, is_silent, timing_of


def silent(*, at: datetime, limit: int = 200) -> list[int]:
    """Calls at the provider that should have told more of themselves by now."""
    dialled = VoiceCall.objects.filter(status__in=UNDER_WAY, dialled_at__lt=at - SILENT_AFTER)
    related = dialled.select_related("broker__brokervoiceconfig")
    candidates = in_turn(related, "id")[:limit]
    return [
        call.pk
        for call in candidates
        if is_silent(call, timing_of(call.broker.brokervoiceconfig), at)
    ]


def look_up(call_id: int, *, at: datetime) -> bool:
    """Ask the provider what became of a call; True when it is settled. Never calls again."""
    related = ("broker__brokervoiceconfig", "lead")
    call = VoiceCall.objects.select_related(*related).get(pk=call_id)
    if call.status not in UNDER_WAY or call.dialled_at is None:
        return False
    try:
        config = call.broker.brokervoiceconfig
        told = adapter_of(call.provider).look_up(call, config, at=at)
    except ProviderError as error:
        if error.retryable and at - call.dialled_at < GIVEN_UP_AFTER:
            return False
        told = None
    if told is None:
        return calls.end(call, CallStatus.FAILED, reason=calls.UNKNOWN, at=at)
    events.receive(call.broker, call.provider, told)
    if told.status in UNDER_WAY and at - call.dialled_at > GIVEN_UP_AFTER:
        return calls.end(call, CallStatus.FAILED, reason=calls.UNKNOWN, at=at)
    return told.report is not None
