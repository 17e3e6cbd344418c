"""What WhatsApp tells us of a number: messages, receipts, and what people wrote in its own app."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from brokers.models import Broker
from leads import delivery, inbox, phones
from leads.channels import choices, kinds
from leads.channels.whatsapp_errors import reason_of
from leads.channels.whatsapp_payload import Contact, Message, Status, Value
from leads.enums import Channel, Delivery, Direction
from leads.errors import ChannelOff
from leads.inbox import Inbound
from leads.models import ChannelIdentity, ChatMessage

log = logging.getLogger(__name__)

SILENT = ("reaction", "system", "ephemeral", "request_welcome")
PROGRESS = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": Delivery.READ,
}


def take_in(broker: Broker, number: str, payload: dict[str, Any], *, at: datetime) -> None:
    """Everything that one POST carries for our ``number``; a repeat changes nothing."""
    for value in _values(payload):
        if number and value.phone_number_id not in ("", number):
            log.info("a WhatsApp event of another number was passed over")
            continue
        for message in _each(Message, value.messages):
            _received(broker, value, message, at)
        for echo in _each(Message, value.message_echoes):
            _overheard(broker, echo, at)
        for status in _each(Status, value.statuses):
            _progressed(broker, status, at)


def _values(payload: dict[str, Any]) -> Iterator[Value]:
    for entry in _list(payload, "entry"):
        for change in _list(entry, "changes"):
            yield from _each(Value, [change.get("value") if isinstance(change, dict) else None])


def _list(of: Any, name: str) -> list[Any]:
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, list) else []


def _each(kind: Callable[..., Any], items: list[Any]) -> Iterator[Any]:
    """The items that have the documented shape; a strange one does not hold up the others."""
    for item in items:
        try:
            yield kind.model_validate(item)  # type: ignore[attr-defined]
        except ValidationError:
            log.warning("a WhatsApp item of a shape that is not known was passed over")


# --- Messages ---


def _received(broker: Broker, value: Value, message: Message, at: datetime) -> None:
    if message.type in SILENT:
        return
    contact = _contact_of(value, message)
    phone_id = message.sender or contact.wa_id
    user = message.from_user_id or contact.user_id or phone_id
    if not user:
        log.warning("a WhatsApp message without a sender was passed over")
        return
    inbound = _inbound(broker, user, phone_id, contact.profile.name, message, at)
    _store(inbox.receive, inbound, phone_id)


def _store(store: Callable[[Inbound], Any], inbound: Inbound, phone_id: str) -> None:
    try:
        with transaction.atomic():
            _also_known(inbound.broker, inbound.external_user, phone_id)
            store(inbound)
    except ChannelOff:
        log.warning("WhatsApp is off for broker %s: somebody new is left out", inbound.broker.pk)


def _contact_of(value: Value, message: Message) -> Contact:
    """The sender's contact card: the one with their number, or the only one there is."""
    cards = list(_each(Contact, value.contacts))
    theirs = (
        card
        for card in cards
        if (message.sender and card.wa_id == message.sender)
        or (message.from_user_id and card.user_id == message.from_user_id)
    )
    return next(theirs, cards[0] if len(cards) == 1 else Contact())


def _also_known(broker: Broker, user: str, phone_id: str) -> None:
    """Somebody known by number gets their business-scoped id too, and stays the same lead."""
    if user == phone_id or not phone_id:
        return
    known = ChannelIdentity.objects.filter(broker=broker, channel=Channel.WHATSAPP)
    by_number = known.filter(external_id=phone_id).first()
    if by_number is not None:
        known.get_or_create(
            broker=broker,
            channel=Channel.WHATSAPP,
            external_id=user,
            defaults={"lead_id": by_number.lead_id, "display_name": by_number.display_name},
        )


def _inbound(
    broker: Broker, user: str, phone_id: str, name: str, message: Message, at: datetime
) -> Inbound:
    return Inbound(
        broker=broker,
        channel=Channel.WHATSAPP,
        external_user=user,
        external_id=message.id,
        text=_text(broker, user, message),
        at=at,
        display_name=name,
        phone_e164=phones.to_e164(f"+{phone_id}", country=broker.country) if phone_id else None,
        attachments=_attachments(message),
        metadata={"sent_at": message.timestamp},
    )


def _text(broker: Broker, user: str, message: Message) -> str:
    if message.reply is not None:
        label = choices.label_of(broker, Channel.WHATSAPP, user, message.reply.id)
        return label or message.reply.description or message.reply.title
    return message.words or kinds.WORDS.get(message.type, kinds.UNKNOWN)


def _attachments(message: Message) -> tuple[dict[str, Any], ...]:
    if message.type not in kinds.WORDS:
        return ()
    return ({"kind": message.type, "media_id": message.media_id},)


def _overheard(broker: Broker, echo: Message, at: datetime) -> None:
    """Somebody of the broker wrote on their phone: it is theirs, and they hold the microphone."""
    user = echo.to_user_id or echo.to
    if not user or echo.type in SILENT:
        return
    _store(inbox.overhear, _inbound(broker, user, echo.to, "", echo, at), echo.to)


# --- Receipts ---


def _progressed(broker: Broker, status: Status, at: datetime) -> None:
    message, is_last = _message_of(broker, status)
    if message is None:
        return
    if status.status == "failed":
        delivery.bounce(message, reason=reason_of(status.error_code), at=at)
    elif is_last and status.status in PROGRESS:
        delivery.confirm(message, external_id=status.id, at=at)
        delivery.progress(message, to=PROGRESS[status.status], at=at)


def _message_of(broker: Broker, status: Status) -> tuple[ChatMessage | None, bool]:
    """Our message, by the number we gave it or by WhatsApp's id, and whether it is its last piece."""
    ours = ChatMessage.objects.filter(
        broker=broker, provider=Channel.WHATSAPP, direction=Direction.OUT
    )
    key, _, left = status.biz_opaque_callback_data.partition(":")
    if key.isdecimal() and len(key) < 19:
        return ours.filter(pk=int(key)).first(), not left
    return ours.filter(channel_message_id=status.id).first(), True
