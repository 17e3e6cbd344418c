"""Every message that comes in: joined to its lead, stored once, and announced on commit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

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
# Run for every message, and so written out: making them anew takes longer than running them.
WHO_WRITES = """
    SELECT identities.id, identities.lead_id, conversations.id,
           identities.blocked_at, leads.phone_e164 IS NULL
      FROM channel_identities AS identities
      JOIN leads ON leads.id = identities.lead_id
      JOIN conversations ON conversations.lead_id = leads.id
     WHERE identities.broker_id = %(broker)s
       AND identities.channel = %(channel)s
       AND identities.external_id = %(external_user)s
       FOR NO KEY UPDATE OF conversations
"""
NOTE_INBOUND = """
    UPDATE conversations
       SET channel = %(channel)s,
           last_inbound_id = %(message)s,
           last_inbound_at = GREATEST(last_inbound_at, %(at)s),
           first_inbound_at = COALESCE(first_inbound_at, %(at)s),
           turn_due_at = %(due)s,
           answered_up_to = CASE WHEN %(settled)s THEN %(message)s ELSE answered_up_to END,
           updated_at = %(at)s
     WHERE id = %(conversation)s
       AND EXISTS (SELECT FROM channel_identities AS identities
                    WHERE identities.broker_id = %(broker)s
                      AND identities.channel = %(channel)s
                      AND identities.external_id = %(external_user)s
                      AND identities.lead_id = conversations.lead_id)
"""


@dataclass(frozen=True)
class _Sender:
    """Whoever writes, by the numbers of their rows."""

    identity: int
    lead: int
    conversation: int
    blocked_at: datetime | None = None
    lacks_phone: bool = False


class _LeadFirst(Exception):
    """It takes the lead's row too, which is locked before its conversation: begun again so."""


@dataclass(frozen=True)
class Inbound:
    """One message as any channel's adapter parsed it.

    ``external_user`` is the lead as the channel attests them, and ``phone_e164`` their number
    where it attests that too; ``external_id`` is unique within the broker and channel. ``origin``
    is what the link says by which they came, kept with a lead that is new. ``written_at`` is the
    channel's own time, where it tells one: messages may come late.
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
    written_at: datetime | None = None


@dataclass(frozen=True)
class Received:
    message: ChatMessage
    is_new: bool


def receive(inbound: Inbound) -> Received:
    """Store a message; a repeat, also one that arrives at the same moment, changes nothing."""
    try:
        return _once(_store, inbound)
    except _LeadFirst:
        return _once(partial(_store, lead_first=True), inbound)


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
def _store(inbound: Inbound, *, lead_first: bool = False) -> ChatMessage:
    stop = optout.asked(inbound.text)
    no_calls = optout.stops_calls(inbound.text)
    if lead_first := lead_first or stop is not None or no_calls:
        _lock_lead(inbound)
    sender = _known(inbound) or _first_contact(inbound)
    fills_phone = inbound.phone_e164 is not None and sender.lacks_phone
    if fills_phone and not lead_first:
        raise _LeadFirst
    message = _row(sender, inbound, Direction.IN, Author.LEAD, Delivery.DELIVERED)
    attachments.expect(message)
    _note_inbound(sender, message, inbound, settled=stop is not None)
    written_at = inbound.written_at or inbound.at
    if sender.blocked_at and sender.blocked_at <= written_at:  # who writes to us takes us back
        identity.unblock(ChannelIdentity.objects.get(pk=sender.identity), at=inbound.at)
    if lead_first:
        _heed(message, inbound, stop, no_calls=no_calls, fills_phone=fills_phone)
    signals.announce(
        signals.message_received,
        lead_id=sender.lead,
        conversation_id=sender.conversation,
        message_id=message.pk,
    )
    return message


def _heed(
    message: ChatMessage,
    inbound: Inbound,
    stop: optout.OptOut | None,
    *,
    no_calls: bool,
    fills_phone: bool,
) -> None:
    """What the message changes of its lead, whose row is locked."""
    lead = Lead.objects.select_related("broker__brokerleadconfig").get(pk=message.lead_id)
    if stop is not None:
        _stop(lead, stop, message, inbound.at)
    if no_calls:
        consenting.stop_calls(lead, evidence=inbound.text, at=inbound.at)
    if fills_phone:  # that the channel attests; one that is known stays
        told = facts.Facts(phone=inbound.phone_e164)
        facts.record(lead, told, source=facts.Source.LEAD, message=message, at=inbound.at)


def _row(
    sender: _Sender,
    inbound: Inbound,
    direction: Direction,
    author: Author,
    status: Delivery,
) -> ChatMessage:
    return ChatMessage.objects.create(
        lead_id=sender.lead,
        broker=inbound.broker,
        provider=inbound.channel,
        channel_user_id=inbound.external_user,
        channel_message_id=inbound.external_id,
        message_text=storable.text(inbound.text)[:MAX_LENGTH],
        direction=direction,
        author=author,
        purpose=Purpose.HUMAN if author == Author.USER else Purpose.REPLY,
        status=status,
        attachments=list(inbound.attachments),
        provider_metadata=inbound.metadata,
        at=inbound.at,
    )


@transaction.atomic
def _store_overheard(inbound: Inbound) -> ChatMessage:
    _lock_lead(inbound)
    sender = _settled(inbound) or _first_contact(inbound)
    message = _row(sender, inbound, Direction.OUT, Author.USER, Delivery.SENT)
    attachments.expect(message)
    handoff.take(Lead.objects.get(pk=sender.lead), by=None, at=inbound.at)
    delivery.note_contact(sender.lead, purpose=Purpose.HUMAN, at=inbound.at)
    return message


def _lock_lead(inbound: Inbound) -> None:
    """An opt-out or a phone changes the lead: it is locked before its conversation, as everywhere."""
    mine = Lead.objects.filter(pk__in=_sender(inbound).values("lead"))
    mine.select_for_update(of=("self",), no_key=True).only("pk").first()


def _sender(inbound: Inbound) -> QuerySet[ChannelIdentity]:
    found: QuerySet[ChannelIdentity] = ChannelIdentity.objects.filter(
        broker=inbound.broker, channel=inbound.channel, external_id=inbound.external_user
    )
    return found


def _known(inbound: Inbound) -> _Sender | None:
    """The sender, their conversation locked: messages of one conversation are stored one by one.

    The lead may be one that was merged, or unmerged, while we waited for the row.
    """
    with connection.cursor() as cursor:
        cursor.execute(WHO_WRITES, _named(inbound))
        found = cursor.fetchone()
    return _Sender(*found) if found else None


def _named(inbound: Inbound) -> dict[str, Any]:
    return {
        "broker": inbound.broker.pk,
        "channel": str(inbound.channel),
        "external_user": inbound.external_user,
    }


def _settled(inbound: Inbound) -> _Sender | None:
    found = _known(inbound)
    moved = found is not None and not _sender(inbound).filter(lead=found.lead).exists()
    return _known(inbound) if moved else found


def _first_contact(inbound: Inbound) -> _Sender:
    """Somebody new on the channel: the lead whose attested phone it is, else a new lead.

    Raises ChannelOff where the broker turned the channel off.
    """
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
    known_as = ChannelIdentity.objects.create(
        broker=inbound.broker,
        lead=lead,
        channel=inbound.channel,
        external_id=inbound.external_user,
        display_name=storable.text(inbound.display_name)[:200],
    )
    return _Sender(known_as.pk, lead.pk, lead.conversation.pk)


def _lead_with_phone(inbound: Inbound) -> Lead | None:
    if inbound.phone_e164 is None:
        return None
    # One entry a broker at a time, as by hand: two equal ones made at once must meet.
    Broker.objects.select_for_update(no_key=True).get(pk=inbound.broker.pk)
    found = identity.matching(inbound.broker, phone_e164=inbound.phone_e164, email=None)
    if not found:
        return None
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=found[0].pk)
    found[0].conversation = handoff.locked(found[0])
    return found[0]


def _note_inbound(
    sender: _Sender, message: ChatMessage, inbound: Inbound, *, settled: bool
) -> None:
    """A reply is owed from now on, or from now plus the pause in which people finish writing.

    Raises _LeadFirst where the sender is another lead's by now.
    """
    due = inbound.at + timedelta(seconds=settings.TURN_DELAY_SECONDS)
    noted = {
        **_named(inbound),
        "conversation": sender.conversation,
        "message": message.pk,
        "at": inbound.at,
        "due": None if settled else due,
        "settled": settled,
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTE_INBOUND, noted)
        if not cursor.rowcount:
            raise _LeadFirst


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
