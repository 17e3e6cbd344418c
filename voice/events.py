"""What providers tell of calls: each event stored once, applied once, in whatever order."""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from brokers.models import Broker
from crm.queues import in_turn
from leads import storable
from leads.signals import announce
from voice import calls, incoming, reports, signals
from voice.models import VoiceCall, VoiceEvent
from voice.providers.base import CallEvent, Report

logger = logging.getLogger(__name__)


def receive(broker: Broker, provider: str, event: CallEvent) -> VoiceEvent | None:
    """Store an event of one of the broker's own calls; a repeat is the row that stands.

    A call that somebody makes to the broker begins with its first event. None when the broker has
    no such call: another's, or one that was not placed here.
    """
    call = _call_of(broker, provider, event) or incoming.take(broker, provider, event)
    if call is None:
        logger.warning("an event of broker %s names no call of theirs", broker.pk)
        return None
    with transaction.atomic():
        stored, is_new = VoiceEvent.objects.get_or_create(
            broker=broker,
            provider=provider,
            event_key=storable.text(event.key)[:250],
            defaults={
                "call": call,
                "status": event.status,
                "reason": storable.text(event.reason)[:100],
                "payload": event.report and event.report.model_dump(mode="json"),
                "at": event.at,
            },
        )
        if is_new:
            calls.name_external(call, storable.text(event.external_id))
            announce(signals.event_stored, event_id=stored.pk)
    return stored


def _call_of(broker: Broker, provider: str, event: CallEvent) -> VoiceCall | None:
    """By our own id, which comes back also when the answer to the start was never seen."""
    mine = VoiceCall.objects.filter(broker=broker, provider=provider)
    if event.call_id is not None:
        return mine.filter(pk=event.call_id).first()
    return mine.filter(external_call_id=storable.text(event.external_id)).first()


@transaction.atomic
def apply(event_id: int, *, at: datetime) -> bool:
    """Let an event have its effect; False when it had it already."""
    waiting = VoiceEvent.objects.select_for_update(of=("self",), no_key=True)
    event = waiting.select_related("call").filter(pk=event_id, applied_at__isnull=True).first()
    if event is None:
        return False
    if event.payload is None:
        calls.progress(event.call, event.status, at=event.at)
    else:
        reports.apply(event.call, Report.model_validate(event.payload), event, at=at)
    event.payload, event.applied_at = None, at
    event.save(update_fields=["payload", "applied_at", "updated_at"])
    return True


def waiting(*, limit: int = 500) -> list[int]:
    """Events that no worker has applied."""
    return list(in_turn(owed(), "id").values_list("id", flat=True)[:limit])


def owed() -> QuerySet[VoiceEvent]:
    return VoiceEvent.objects.filter(applied_at__isnull=True)
