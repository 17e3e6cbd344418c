"""What WhatsApp tells us of a number: messages, receipts, and what people wrote in its own app."""

import logging
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from brokers.models import Broker
from crm import connections
from leads import approval, delivery, inbox, phones
from leads.channels import choices, kinds
from leads.channels import whatsapp_changes as changes
from leads.channels.whatsapp_errors import MARKETING_STOPPED, reason_of
from leads.channels.whatsapp_payload import (
    Contact,
    Content,
    Message,
    Preference,
    Reaction,
    Referral,
    Renamed,
    Status,
    TemplateEvent,
    Value,
)
from leads.enums import Channel, Delivery, Direction
from leads.errors import ChannelOff, UnknownShape
from leads.inbox import Inbound
from leads.models import ChannelIdentity, ChatMessage

log = logging.getLogger(__name__)

SILENT = ("reaction", "system", "ephemeral", "request_welcome", "revoke")
TEMPLATES = (
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
)
QUOTED = 120
PROGRESS = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": Delivery.READ,
}


@dataclass(frozen=True)
class Change:
    """One entry of a POST: of which business account, about what, and what."""

    account: str
    field: str
    value: Any


def take_in(
    broker: Broker, config: dict[str, Any], payload: dict[str, Any], *, at: datetime
) -> None:
    """Everything that one POST carries for the broker's number and account; a repeat changes nothing.

    Raises UnknownShape, once the rest is stored, where something of it is not as Meta documents,
    and what handling an item raised.
    """
    strange: list[Any] = []
    for change in _changes(payload, strange):
        if change.field in TEMPLATES:
            _template_changed(broker, config, change, strange, at)
            continue
        for value in _each(Value, [change.value], strange):
            _take_in(broker, str(config.get("phone_number_id") or ""), value, strange, at)
    failure = next((each for each in strange if isinstance(each, Exception)), None)
    if failure is not None:
        raise failure
    if strange or not _list(payload, "entry"):
        raise UnknownShape


def _take_in(broker: Broker, number: str, value: Value, strange: list[Any], at: datetime) -> None:
    if number and value.phone_number_id not in ("", number):
        log.info("a WhatsApp event of another number was passed over")
        return

    def received(message: Message) -> None:
        _received(broker, value, message, at)

    def overheard(echo: Message) -> None:
        _overheard(broker, echo, at)

    _apart(Message, value.messages, strange, received)
    _apart(Message, value.message_echoes, strange, overheard)
    _apart(Status, value.statuses, strange, lambda each: _progressed(broker, each, at))
    _apart(
        Renamed, value.user_id_update, strange, lambda each: changes.renamed(broker, each, at=at)
    )
    _apart(
        Preference,
        value.user_preferences,
        strange,
        lambda each: changes.preferred(broker, each, at=at),
    )


def _apart(
    kind: Callable[..., Any], items: list[Any], strange: list[Any], handle: Callable[[Any], None]
) -> None:
    """Handle each item by itself: one over which we trip does not hold up the others."""
    for item in _each(kind, items, strange):
        try:
            handle(item)
        except Exception as error:
            if connections.is_passing(error):
                raise  # the database is away: the vendor is to come again
            strange.append(error)


def _changes(payload: dict[str, Any], strange: list[Any]) -> Iterator[Change]:
    for entry in _list(payload, "entry"):
        told = _list(entry, "changes")
        if not told:
            strange.append(entry)
        for change in told:
            found = change if isinstance(change, dict) else {}
            yield Change(str(entry.get("id")), str(found.get("field")), found.get("value"))


def _template_changed(
    broker: Broker, config: dict[str, Any], change: Change, strange: list[Any], at: datetime
) -> None:
    account = str(config.get("business_account_id") or "")
    if account and change.account != account:
        log.info("a WhatsApp event of another account was passed over")
        return
    for event in _each(TemplateEvent, [change.value], strange):
        approval.note(broker, event, at=at)


def _list(of: Any, name: str) -> list[Any]:
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, list) else []


def _each(kind: Callable[..., Any], items: list[Any], strange: list[Any]) -> Iterator[Any]:
    """The items that have the documented shape; a strange one does not hold up the others."""
    for item in items:
        try:
            yield kind.model_validate(item)  # type: ignore[attr-defined]
        except ValidationError:
            strange.append(item)


# --- Messages ---


def _received(broker: Broker, value: Value, message: Message, at: datetime) -> None:
    if message.reaction is not None:
        _reacted(broker, message.reaction, "lead")
    if message.system is not None:
        changes.changed(broker, message, at=at)
    if _changed_earlier(broker, message, Direction.IN, at) or message.type in SILENT:
        return
    if message.edit is not None:
        message = message.unedited
    contact = _contact_of(value, message)
    phone_id = message.sender or contact.wa_id
    user = message.from_user_id or contact.user_id or phone_id
    if not user:
        log.warning("a WhatsApp message without a sender was passed over")
        return
    inbound = _inbound(broker, user, phone_id, contact.profile.name, message, at)
    _store(inbox.receive, inbound, phone_id)


def _changed_earlier(broker: Broker, message: Message, side: Direction, at: datetime) -> bool:
    """An edit or a deletion changes the message that it names; False where there is none such."""
    told = message.revoke or message.edit
    earlier = changes.known(broker, told.original_message_id, side) if told else None
    if earlier is None:
        return False
    if message.edit is None:
        changes.revoked(earlier)
    else:
        text = _text(message.edit.message)
        changes.edited(earlier, message, text=text, at=at)
    return True


def _store(store: Callable[[Inbound], Any], inbound: Inbound, phone_id: str) -> None:
    user = inbound.external_user
    try:
        if phone_id in ("", user):
            store(inbound)
            return
        with transaction.atomic():
            _also_known(inbound.broker, user, phone_id)
            store(inbound)
    except ChannelOff:
        log.warning("WhatsApp is off for broker %s: somebody new is left out", inbound.broker.pk)


def _contact_of(value: Value, message: Message) -> Contact:
    """The sender's contact card: the one with their number, or the only one there is."""
    cards = list(_each(Contact, value.contacts, []))
    theirs = (
        card
        for card in cards
        if (message.sender and card.wa_id == message.sender)
        or (message.from_user_id and card.user_id == message.from_user_id)
    )
    return next(theirs, cards[0] if len(cards) == 1 else Contact())


def _also_known(broker: Broker, user: str, phone_id: str) -> None:
    """Somebody known by number gets their business-scoped id too, and stays the same lead."""
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
    choice = _pressed(broker, user, message)
    return Inbound(
        broker=broker,
        channel=Channel.WHATSAPP,
        external_user=user,
        external_id=message.id,
        text=str(choice["label"]) if choice else _text(message),
        at=at,
        display_name=name,
        phone_e164=phones.to_e164(f"+{phone_id}", country=broker.country) if phone_id else None,
        attachments=_attachments(message),
        metadata=_metadata(broker, message, choice),
        origin=_origin(message.referral),
    )


def _pressed(broker: Broker, user: str, message: Content) -> dict[str, Any] | None:
    """The choice behind a button or a line of a list."""
    if message.reply is None:
        return None
    return choices.pressed(broker, Channel.WHATSAPP, user, message.reply.id)


def _metadata(broker: Broker, message: Message, choice: dict[str, Any] | None) -> dict[str, Any]:
    """When it was sent, what it answers or presses, and the ad behind it."""
    told: dict[str, Any] = {"sent_at": message.timestamp}
    if choice and message.reply:
        told |= choices.inbound(message.reply.id, choice)
    if message.context.id:
        told |= {"reply_to": message.context.id, "reply_text": _quoted(broker, message.context.id)}
    origin = _origin(message.referral)
    return {**told, "origin": origin} if origin else told


def _quoted(broker: Broker, message_id: str) -> str:
    """The beginning of the message that is answered; of a long one of ours only its end is known."""
    texts = ChatMessage.objects.filter(
        broker=broker, provider=Channel.WHATSAPP, channel_message_id=message_id
    ).values_list("message_text", flat=True)
    return textwrap.shorten(texts.first() or "", QUOTED, placeholder="…")


def _origin(referral: Referral) -> dict[str, str]:
    """The ad or post that brought somebody, as links of ours name a source and a campaign."""
    if not referral.source_id and not referral.source_url:
        return {}
    told = {
        "source": f"meta_{referral.source_type or 'ad'}",
        "campaign": referral.headline or referral.source_id,
        "ad": referral.source_id,
        "page": referral.source_url,
        "text": referral.body,
        "click": referral.ctwa_clid,
    }
    return {name: value[:300] for name, value in told.items() if value}


def _text(message: Content) -> str:
    if message.reply is not None:
        return message.reply.description or message.reply.title
    if message.kind not in kinds.WORDS:
        return message.words or kinds.UNKNOWN
    return kinds.told(message.kind, message.words or _described(message))


def _described(message: Content) -> str:
    """What a message without words of its own shows."""
    if message.location is not None:
        return ", ".join(filter(None, [message.location.name, message.location.address]))
    named = [card.name.formatted_name for card in message.contacts]
    return ", ".join(filter(None, [*named, message.media.filename]))


def _attachments(message: Message) -> tuple[dict[str, Any], ...]:
    """What came besides words: a file by its number, a place, or the contacts shared."""
    kind = message.kind
    if message.location is not None:
        return ({"kind": kind, **message.location.model_dump()},)
    if message.contacts:
        return tuple(
            {
                "kind": "contacts",
                "name": card.name.formatted_name,
                "phones": [each.phone for each in card.phones],
            }
            for card in message.contacts
        )
    if not message.media.id or kind not in kinds.WORDS:
        return ()
    named = {"filename": message.media.filename} if message.media.filename else {}
    return ({"kind": kind, "media_id": message.media.id, **named},)


def _reacted(broker: Broker, reaction: Reaction, by: str) -> None:
    """A reaction hangs on the message it is to; each side has one, and nobody owes it an answer."""
    with transaction.atomic():
        message = (
            ChatMessage.objects.select_for_update(of=("self",), no_key=True)
            .filter(
                broker=broker,
                provider=Channel.WHATSAPP,
                channel_message_id=reaction.message_id,
            )
            .first()
        )
        if message is None:
            return
        mine = {"kind": "reaction", "by": by}
        others = [each for each in message.attachments if not mine.items() <= each.items()]
        # At the end: a file's place in the list is what its row knows it by.
        new = [{**mine, "emoji": reaction.emoji[:20]}] if reaction.emoji else []
        message.attachments = [*others, *new]
        message.save(update_fields=["attachments", "updated_at"])


def _overheard(broker: Broker, echo: Message, at: datetime) -> None:
    """Somebody of the broker wrote on their phone: it is theirs, and they hold the microphone."""
    if echo.reaction is not None:
        _reacted(broker, echo.reaction, "user")
    user = echo.to_user_id or echo.to
    if _changed_earlier(broker, echo, Direction.OUT, at) or not user or echo.type in SILENT:
        return
    if echo.edit is not None:
        echo = echo.unedited
    _store(inbox.overhear, _inbound(broker, user, echo.to, "", echo, at), echo.to)


# --- Receipts ---


def _progressed(broker: Broker, status: Status, at: datetime) -> None:
    message, is_last = _message_of(broker, status)
    if message is None:
        return
    if status.status == "failed":
        reason = reason_of(status.error_code)
        bounced = delivery.bounce(message, reason=reason, at=at)
        if bounced and reason == MARKETING_STOPPED:
            changes.stopped(message.lead, at=at)
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
