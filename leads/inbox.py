"""Every message that comes in: joined to its lead, stored once, and announced on commit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from brokers.models import Broker
from leads import (
    attachments,
    consenting,
    delivery,
    facts,
    handoff,
    identity,
    optout,
    rights,
    scoring,
    signals,
    storable,
)
from leads.enums import Author, Channel, Delivery, Direction, Purpose, Right, SignalKind
from leads.errors import ChannelOff
from leads.models import ChannelIdentity, ChatMessage, Conversation, Lead

MAX_LENGTH = 20_000


@dataclass(frozen=True)
class Inbound:
    """One message as any channel's adapter parsed it.

    ``external_user`` is the lead as the channel attests them, and ``phone_e164`` their number
    where it attests that too; ``external_id`` is unique within the broker and channel. ``origin``
    is what the link says by which they came, kept with a lead that is new.
    """

    broker: Broker
    channel: Channel
    external_user: str
    external_id: str
    text: str
    at: datetime
    display_name: str = ""
    phone_e164: str | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    message: ChatMessage
    is_new: bool


def receive(inbound: Inbound) -> Received:
    """Store a message; a repeat, also one that arrives at the same moment, changes nothing."""
    return _once(_store, inbound)


def overhear(inbound: Inbound) -> Received:
    """Store what somebody of the broker wrote in the channel's own app: they take the microphone."""
    return _once(_store_overheard, inbound)


def correct(message: ChatMessage, *, text: str, at: datetime) -> None:
    """The lead edited a message; an edit may ask to be left alone, as a message may."""
    before = message.message_text
    rewrite(message, text=text)
    if optout.stops_calls(text) and not optout.stops_calls(before):
        consenting.stop_calls(message.lead, evidence=text, at=at)
    stop = optout.asked(text)
    if stop is not None and optout.asked(before) is None:
        _stop(message.lead, stop, message, at)


def rewrite(message: ChatMessage, *, text: str) -> None:
    """Somebody of the broker edited what they had written in the channel's own app."""
    message.message_text = storable.text(text)[:MAX_LENGTH]
    message.save(update_fields=["message_text", "updated_at"])


def withdraw(message: ChatMessage, *, told: str) -> None:
    """Its writer deleted a message: its files go, and ``told`` stands for its words."""
    attachments.discard(message)
    message.attachments = []
    message.save(update_fields=["attachments", "updated_at"])
    rewrite(message, text=told)


def _once(store: Callable[[Inbound], ChatMessage], inbound: Inbound) -> Received:
    for _ in range(2):  # the second time finds what a simultaneous first contact has made
        try:
            return Received(store(inbound), is_new=True)
        except IntegrityError:
            known = _already(inbound)
            if known:
                return Received(known, is_new=False)
    return Received(store(inbound), is_new=True)


def _already(inbound: Inbound) -> ChatMessage | None:
    return ChatMessage.objects.filter(
        broker=inbound.broker,
        provider=inbound.channel,
        channel_message_id=inbound.external_id,
    ).first()


@transaction.atomic
def _store(inbound: Inbound) -> ChatMessage:
    stop = optout.asked(inbound.text)
    no_calls = optout.stops_calls(inbound.text)
    if stop is not None or no_calls or inbound.phone_e164:
        _lock_lead(inbound)
    conversation = _conversation(inbound) or _first_contact(inbound)
    message = ChatMessage.objects.create(
        lead_id=conversation.lead_id,
        broker=inbound.broker,
        provider=inbound.channel,
        channel_user_id=inbound.external_user,
        channel_message_id=inbound.external_id,
        message_text=storable.text(inbound.text)[:MAX_LENGTH],
        direction=Direction.IN,
        author=Author.LEAD,
        status=Delivery.DELIVERED,
        attachments=list(inbound.attachments),
        provider_metadata=inbound.metadata,
        at=inbound.at,
    )
    attachments.expect(message)
    _note_inbound(conversation, message, inbound, stop)
    if no_calls:
        consenting.stop_calls(conversation.lead, evidence=inbound.text, at=inbound.at)
    _note_phone(conversation.lead, message, inbound)
    signals.announce(
        signals.message_received,
        lead_id=conversation.lead_id,
        conversation_id=conversation.pk,
        message_id=message.pk,
    )
    return message


@transaction.atomic
def _store_overheard(inbound: Inbound) -> ChatMessage:
    _lock_lead(inbound)
    conversation = _conversation(inbound) or _first_contact(inbound)
    message = ChatMessage.objects.create(
        lead_id=conversation.lead_id,
        broker=inbound.broker,
        provider=inbound.channel,
        channel_user_id=inbound.external_user,
        channel_message_id=inbound.external_id,
        message_text=storable.text(inbound.text)[:MAX_LENGTH],
        direction=Direction.OUT,
        author=Author.USER,
        purpose=Purpose.HUMAN,
        status=Delivery.SENT,
        attachments=list(inbound.attachments),
        provider_metadata=inbound.metadata,
        at=inbound.at,
    )
    attachments.expect(message)
    handoff.take(conversation.lead, by=None, at=inbound.at)
    delivery.note_contact(conversation.lead_id, purpose=Purpose.HUMAN, at=inbound.at)
    return message


def _lock_lead(inbound: Inbound) -> None:
    """An opt-out or a phone changes the lead: it is locked before its conversation, as everywhere."""
    mine = Lead.objects.filter(
        broker=inbound.broker,
        identities__channel=inbound.channel,
        identities__external_id=inbound.external_user,
    )
    mine.select_for_update(of=("self",), no_key=True).first()


def _conversation(inbound: Inbound) -> Conversation | None:
    """The sender's conversation, locked: messages of one conversation are stored one by one."""
    found = _lock_conversation(inbound)
    if found is not None and not _is_of(inbound, found):
        # While we waited for the row, the sender's lead was merged, or a merge undone.
        return _lock_conversation(inbound)
    return found


def _is_of(inbound: Inbound, conversation: Conversation) -> bool:
    own = ChannelIdentity.objects.filter(
        broker=inbound.broker, channel=inbound.channel, external_id=inbound.external_user
    )
    return own.filter(lead=conversation.lead_id).exists()


def _lock_conversation(inbound: Inbound) -> Conversation | None:
    return (
        Conversation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("lead")
        .filter(
            broker=inbound.broker,
            lead__identities__channel=inbound.channel,
            lead__identities__external_id=inbound.external_user,
        )
        .first()
    )


def _first_contact(inbound: Inbound) -> Conversation:
    """The conversation of somebody new on the channel: of the lead whose attested phone it is,
    else of a new lead. Raises ChannelOff where the broker turned the channel off."""
    if not inbound.broker.has_channel(inbound.channel):
        raise ChannelOff
    lead = _lead_with_phone(inbound) or identity.create(
        inbound.broker,
        source=inbound.channel,
        at=inbound.at,
        phone=inbound.phone_e164 or "",
        phone_e164=inbound.phone_e164,
        metadata={"origin": inbound.origin} if inbound.origin else {},
    )
    Conversation.objects.filter(lead=lead).update(channel=inbound.channel)
    ChannelIdentity.objects.create(
        broker=inbound.broker,
        lead=lead,
        channel=inbound.channel,
        external_id=inbound.external_user,
        display_name=storable.text(inbound.display_name)[:200],
    )
    found = _conversation(inbound)
    assert found is not None, "a lead has a conversation from the start"
    return found


def _lead_with_phone(inbound: Inbound) -> Lead | None:
    if inbound.phone_e164 is None:
        return None
    # One entry a broker at a time, as by hand: two equal ones made at once must meet.
    Broker.objects.select_for_update(no_key=True).get(pk=inbound.broker.pk)
    found = identity.matching(inbound.broker, phone_e164=inbound.phone_e164, email=None)
    if not found:
        return None
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=found[0].pk)
    Conversation.objects.get_or_create(lead=found[0], defaults={"broker": inbound.broker})
    return found[0]


def _note_phone(lead: Lead, message: ChatMessage, inbound: Inbound) -> None:
    """A phone that the channel attests fills the gap; one that is known stays."""
    if inbound.phone_e164 and lead.phone_e164 is None:
        told = facts.Facts(phone=inbound.phone_e164)
        facts.record(lead, told, source=facts.Source.LEAD, message=message, at=inbound.at)


def _note_inbound(
    conversation: Conversation,
    message: ChatMessage,
    inbound: Inbound,
    stop: optout.OptOut | None,
) -> None:
    """A reply is owed from now on, or from now plus the pause in which people finish writing."""
    conversation.channel = inbound.channel
    conversation.last_inbound_id = message.pk
    conversation.last_inbound_at = max(inbound.at, conversation.last_inbound_at or inbound.at)
    conversation.first_inbound_at = conversation.first_inbound_at or inbound.at
    if stop is None:
        conversation.turn_due_at = inbound.at + timedelta(seconds=settings.TURN_DELAY_SECONDS)
    else:
        conversation.answered_up_to = message.pk
        conversation.turn_due_at = None
    fields = ["channel", "last_inbound_id", "last_inbound_at", "turn_due_at", "answered_up_to"]
    conversation.save(update_fields=[*fields, "first_inbound_at", "updated_at"])
    if stop is not None:
        _stop(conversation.lead, stop, message, inbound.at)


def _stop(lead: Lead, stop: optout.OptOut, message: ChatMessage, at: datetime) -> None:
    if optout.says_wrong_number(message.message_text):
        scoring.note(lead, SignalKind.WRONG_NUMBER, source_key="said", at=at)
    consenting.opt_out(
        lead,
        channel=message.provider,
        everything=stop == optout.OptOut.EVERYTHING,
        evidence=message.message_text,
        at=at,
    )
    if optout.asks_erasure(message.message_text):
        rights.ask(lead, kind=Right.ERASURE, at=at)
