"""What WhatsApp tells of earlier messages and of people: edited, taken back, a new number, a wish."""

import re
from datetime import datetime

from django.db import transaction

from brokers.models import Broker
from leads import consenting, facts, identity, inbox, phones
from leads.channels import kinds
from leads.channels.whatsapp_payload import Message, Preference, Renamed
from leads.enums import Channel, ConsentPurpose, Direction
from leads.models import ChannelIdentity, ChatMessage, Lead

MARKETING = "marketing_messages"
STOPPED = "Detuvo los mensajes de marketing en WhatsApp."
# The end of what WhatsApp writes: what stands before it is a name that its owner chose.
CHANGED = re.compile(r" changed from (\S+) to (\S+)\Z")


def known(broker: Broker, message_id: str, side: Direction) -> ChatMessage | None:
    return (
        ChatMessage.objects.select_related("lead__broker__brokerleadconfig")
        .filter(
            broker=broker,
            provider=Channel.WHATSAPP,
            direction=side,
            channel_message_id=message_id,
        )
        .first()
    )


@transaction.atomic
def edited(message: ChatMessage, edit: Message, *, text: str, at: datetime) -> None:
    """The message's words as its writer left them last, in whatever order edits come."""
    moment = int(edit.timestamp) if edit.timestamp.isdecimal() else 0
    if moment < int(message.provider_metadata.get("edited_at", 0)):
        return
    message.provider_metadata = {**message.provider_metadata, "edited_at": moment}
    message.save(update_fields=["provider_metadata", "updated_at"])
    if message.message_text == text:
        return
    if message.direction == Direction.IN:
        inbox.correct(message, text=text, at=at)
    else:
        inbox.rewrite(message, text=text)


@transaction.atomic
def revoked(message: ChatMessage) -> None:
    """Its writer deleted it for everybody: nothing of it is shown here either."""
    inbox.withdraw(message, told=kinds.DELETED)


def changed(broker: Broker, message: Message, *, at: datetime) -> None:
    """WhatsApp's own message about a new number, or about the id that came with it."""
    told = message.system
    if told is None or not told.type.startswith("user_changed_"):
        return
    new = {told.wa_id, told.user_id} - {""}
    found = CHANGED.search(told.body)
    before = {found[1]} if found and found[2] in new else set()
    _follow(broker, {message.sender, message.from_user_id, *before}, new, at)


def renamed(broker: Broker, told: Renamed, *, at: datetime) -> None:
    _follow(broker, {told.user_id.previous}, {told.user_id.current, told.wa_id} - {""}, at)


@transaction.atomic
def _follow(broker: Broker, old: set[str], new: set[str], at: datetime) -> None:
    """The lead who went by an old id goes by the new ones; the old number may soon be another's."""
    lead = _lead(broker, old - new - {""})
    if lead is None or not new:
        return
    identity.rename(lead, Channel.WHATSAPP, old=old - new, new=sorted(new))
    consenting.cover(lead)
    for number in filter(str.isdecimal, new):
        e164 = phones.to_e164(f"+{number}", country=broker.country)
        facts.record(lead, facts.Facts(phone=e164), source=facts.Source.LEAD, at=at)


def _lead(broker: Broker, ids: set[str]) -> Lead | None:
    """Whom WhatsApp means, locked."""
    found = ChannelIdentity.objects.filter(
        broker=broker, channel=Channel.WHATSAPP, external_id__in=ids
    ).first()
    return facts.lock(found.lead) if found else None


@transaction.atomic
def preferred(broker: Broker, told: Preference, *, at: datetime) -> None:
    """Somebody stopped our marketing in WhatsApp itself, or let it come again.

    That it may come is noted for people: only they lift what was asked.
    """
    lead = _lead(broker, {told.wa_id, told.user_id} - {""})
    if lead is None or told.category != MARKETING:
        return
    if told.value == "stop":
        stopped(lead, at=at)
    elif told.value == "resume":
        evidence = f"WhatsApp: {told.detail or told.value} ({told.timestamp})"[:500]
        if not lead.consents.filter(evidence=evidence).exists():
            consenting.grant(
                lead,
                channel=Channel.WHATSAPP,
                purpose=ConsentPurpose.MARKETING,
                evidence=evidence,
                at=at,
            )


def stopped(lead: Lead, *, at: datetime) -> None:
    """WhatsApp tells that the lead wants no marketing from this number, and has told the lead."""
    consenting.opt_out(
        lead, channel=Channel.WHATSAPP, everything=False, evidence=STOPPED, at=at, confirm=False
    )
