"""Calls that people make to the broker: each finds or makes its lead by the number they call from."""

from django.db import IntegrityError, transaction

from brokers.models import Broker
from leads import identity, phones, storable
from leads.activity import log
from leads.enums import Actor
from leads.stages import Source
from voice.models import CallPurpose, VoiceCall
from voice.providers.base import CallEvent


def take(broker: Broker, provider: str, event: CallEvent) -> VoiceCall | None:
    """The row of a call made to us, made once; None for one of ours or a hidden number."""
    number = phones.to_e164(event.caller, country=broker.country) if event.caller else None
    if number is None or event.call_id is not None:
        return None
    external_id = storable.text(event.external_id)
    try:
        with transaction.atomic():
            return _taken(broker, provider, external_id, number, event)
    except IntegrityError:  # its events came together: the other one was first
        mine = VoiceCall.objects.filter(broker=broker, provider=provider)
        return mine.filter(external_call_id=external_id).first()


def _taken(
    broker: Broker, provider: str, external_id: str, number: str, event: CallEvent
) -> VoiceCall:
    match = identity.find_or_create(broker, phone=number, source=Source.CALL, at=event.at)
    call = VoiceCall.objects.create(
        broker=broker,
        lead=match.lead,
        provider=provider,
        external_call_id=external_id,
        intent_key=f"incoming:{provider}:{external_id}",
        call_purpose=CallPurpose.QUALIFICATION,
        is_incoming=True,
        phone=number,
        dialled_at=event.at,
        created_at=event.at,
    )
    told = {"call": call.pk, "outcome": match.outcome.value}
    log(match.lead, "call_received", actor=Actor.LEAD, at=event.at, **told)
    return call
