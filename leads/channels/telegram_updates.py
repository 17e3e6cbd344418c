"""What Telegram tells us of a bot: each update kept once in the ledger, and what it says done."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import translation
from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, Contact, Message, Update, User
from telegram.constants import ChatType

from brokers.models import Broker
from leads import consenting, identity, inbox, origins, phones
from leads.channels import choices, kinds, telegram_agents
from leads.channels.telegram import message_id
from leads.enums import Channel, Direction
from leads.errors import ChannelOff, UnknownShape
from leads.inbox import Inbound
from leads.models import ChannelIdentity, ChatMessage, TelegramMessage

log = logging.getLogger(__name__)

MAX_ID = 2**63 - 1
MAX_TOAST = 200
START = "/start"  # what Telegram sends, with a word of ours after it, when a chat is opened
KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]


@dataclass(frozen=True)
class Arrival:
    """One update on its way in: whose bot, when, and as Telegram wrote it."""

    broker: Broker
    bot: int
    number: int | None
    update: Update
    payload: dict[str, Any]
    at: datetime


def take_in(
    broker: Broker, bot: int, payload: dict[str, Any], *, at: datetime
) -> dict[str, Any] | None:
    """Store an update (storable JSON); returns the one call to answer Telegram with, if any.

    Groups, channels and kinds that are not ours are not listened to, and leave nothing. A repeat,
    known by the equality of its number, changes nothing.
    """
    update = _parsed(payload)
    arrival = Arrival(broker, bot, update.update_id, update, payload, at)
    chat = update.effective_chat
    elsewhere = chat is not None and chat.type != ChatType.PRIVATE
    if elsewhere or not any(payload.get(kind) for kind in KINDS):
        return None
    try:
        said = _handle_once(arrival)
    except ChannelOff:
        log.warning("somebody new wrote to broker %s by Telegram, which is off", broker.pk)
        return None
    pressed = update.callback_query
    if pressed is not None:
        answer = {"method": "answerCallbackQuery", "callback_query_id": pressed.id}
        return {**answer, "text": said[:MAX_TOAST]} if said else answer
    return {"method": "sendMessage", "chat_id": chat.id, "text": said} if said and chat else None


def _parsed(payload: dict[str, Any]) -> Update:
    """Raises UnknownShape where the library does not know what to make of it."""
    number = payload.get("update_id")
    if type(number) is not int or not 0 <= number <= MAX_ID:
        raise UnknownShape
    if not any(payload.get(kind) for kind in Update.ALL_TYPES):
        raise UnknownShape
    try:
        return Update.de_json(payload, None)
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise UnknownShape from error


def _handle_once(arrival: Arrival) -> str | None:
    try:
        return _handle(arrival)
    except IntegrityError:
        seen = TelegramMessage.objects.filter(bot_id=arrival.bot, update_id=arrival.number)
        if seen.filter(broker=arrival.broker).exists():
            return None
        # Another broker names the same bot: its rows must not silence this one's.
        return _handle(replace(arrival, number=None))


@transaction.atomic
def _handle(arrival: Arrival) -> str | None:
    """What the sender is to be told at once, if anything: only the broker's own people are."""
    update = arrival.update
    if update.edited_message and _edit(arrival, update.edited_message):
        return None
    with translation.override(arrival.broker.language):
        said = _of_the_house(arrival)
    if said is not None:
        # A code is nobody's to read later.
        _enter(arrival if update.my_chat_member else replace(arrival, payload={}))
        return said
    if update.my_chat_member:
        _enter(arrival, lead_id=_change_membership(arrival, update.my_chat_member))
    else:
        _hear(arrival)
    return None


def _hear(arrival: Arrival) -> None:
    inbound, edited = _said(arrival), arrival.update.edited_message
    if inbound is None:
        _enter(arrival)
        return
    received = inbox.receive(inbound)
    message = received.message
    row = _enter(arrival, chat_message=message, lead_id=message.lead_id)
    if edited and not received.is_new and _newest(arrival, edited) == row:
        # The original was stored at this very moment, beside us.
        _correct(message, inbound.text, arrival.at)


def _said(arrival: Arrival) -> Inbound | None:
    """What the update brings of somebody's words, written or pressed."""
    message = arrival.update.message or arrival.update.edited_message
    if message and message.from_user and not message.from_user.is_bot and _says_something(message):
        return _inbound(arrival, message, message.from_user)
    pressed = arrival.update.callback_query
    return _pressed(arrival, pressed) if pressed else None


def _of_the_house(arrival: Arrival) -> str | None:
    """What one of the broker's own people is answered; they are never a lead.

    Empty where they are told nothing, as they left or came back.
    """
    update, user = arrival.update, arrival.update.effective_user
    if user is None or user.is_bot:
        return None
    said = telegram_agents.Said(arrival.broker, user.id, arrival.at)
    if update.callback_query is not None:
        return _pressed_card(said, update.callback_query)
    if (change := update.my_chat_member) is not None:
        blocked = change.new_chat_member.status == ChatMember.BANNED
        is_last = not _membership_after(arrival, change.date)
        known = telegram_agents.change_membership(said, blocked=blocked, is_last=is_last)
        return "" if known else None
    message = update.message or update.edited_message
    return telegram_agents.hear(said, message.text or "") if message else None


def _pressed_card(said: telegram_agents.Said, pressed: CallbackQuery) -> str | None:
    data, under = pressed.data or "", pressed.message
    if not data.startswith(telegram_agents.PREFIX):
        return None
    return telegram_agents.press(replace(said, message=under.message_id if under else None), data)


def _enter(arrival: Arrival, **of: Any) -> TelegramMessage:
    """The ledger's row; a number that was seen before raises IntegrityError."""
    update = arrival.update
    user, chat, message = update.effective_user, update.effective_chat, update.effective_message
    return TelegramMessage.objects.create(
        **of,
        broker=arrival.broker,
        bot_id=arrival.bot,
        update_id=arrival.number,
        telegram_user_id=user.id if user else None,
        chat_id=chat.id if chat else None,
        telegram_username=((user and user.username) or "")[:100],
        telegram_message_id=message.message_id if message else None,
        direction=Direction.IN,
        payload=arrival.payload,
    )


def _says_something(message: Message) -> bool:
    """Not what Telegram itself notes in the chat, as that something was pinned."""
    # What is newer than the library is not dropped: it is told as a message that cannot be shown.
    return bool(message.text or message.effective_attachment or message.api_kwargs)


def _membership_after(arrival: Arrival, moment: datetime) -> bool:
    """Whether the chat was left or taken back since: updates come in any order."""
    chat = arrival.update.effective_user
    told = TelegramMessage.objects.filter(
        broker=arrival.broker,
        bot_id=arrival.bot,
        chat_id=chat.id if chat else None,
        payload__my_chat_member__date__gt=int(moment.timestamp()),
    )
    return told.exists()


def _inbound(arrival: Arrival, message: Message, sender: User) -> Inbound:
    return Inbound(
        broker=arrival.broker,
        channel=Channel.TELEGRAM,
        external_user=str(sender.id),
        external_id=message_id(arrival.bot, message.chat.id, message.message_id),
        text=_text(message, sender),
        at=arrival.at,
        written_at=message.edit_date or message.date,
        display_name=sender.full_name,
        origin=origins.read(_start_word(message)),
        phone_e164=_attested_phone(arrival.broker, message.contact, sender),
        attachments=_attachments(message),
        metadata={"sent_at": message.date.isoformat(), **_told_besides(message)},
    )


def _told_besides(message: Message) -> dict[str, str]:
    """The word of the link that opened the chat, and the album that a picture is of."""
    word, album = _start_word(message), message.media_group_id
    return {**({"start": word} if word else {}), **({"album": album} if album else {})}


def _start_word(message: Message) -> str:
    """What follows in ``t.me/<bot>?start=<word>``."""
    command, _, word = (message.text or "").partition(" ")
    return word.strip()[:64] if command == START else ""


def _text(message: Message, sender: User) -> str:
    if message.text:
        is_start = message.text.split()[:1] == [START]
        return origins.greeting(_start_word(message)) if is_start else message.text
    contact = message.contact
    if contact and contact.user_id == sender.id:
        return f"Mi teléfono es +{contact.phone_number.lstrip('+')}"
    sign = next((part.emoji for part in (message.sticker, message.dice) if part), None)
    return kinds.told(_kind(message), message.caption or sign or _place(message))


def _place(message: Message) -> str:
    if message.venue:
        return f"{message.venue.title}, {message.venue.address}"
    place = message.location
    return f"{place.latitude:.5f}, {place.longitude:.5f}" if place else ""


def _kind(message: Message) -> str:
    return next((kind for kind in kinds.WORDS if getattr(message, kind, None)), "")


def _attested_phone(broker: Broker, contact: Contact | None, sender: User) -> str | None:
    """The number of a contact that is the sender's own; anybody can share another's."""
    if contact is None or contact.user_id != sender.id:
        return None
    return phones.to_e164(f"+{contact.phone_number.lstrip('+')}", country=broker.country)


def _attachments(message: Message) -> tuple[dict[str, Any], ...]:
    """What came besides words: the kind, and what finds it again."""
    kind = _kind(message)
    if not kind:
        return ()
    if message.contact:
        name = " ".join(filter(None, [message.contact.first_name, message.contact.last_name]))
        return ({"kind": kind, "name": name, "phone": message.contact.phone_number},)
    if message.location:
        place = message.location
        return ({"kind": kind, "latitude": place.latitude, "longitude": place.longitude},)
    part = getattr(message, kind)
    largest = part[-1] if isinstance(part, tuple) else part
    if message.sticker and (message.sticker.is_animated or message.sticker.is_video):
        largest = message.sticker.thumbnail or largest  # the moving one, no browser shows
    given = getattr(largest, "file_name", None)
    named = {"filename": given} if given else {}
    return ({"kind": kind, "file_id": largest.file_id, **named},)


def _pressed(arrival: Arrival, pressed: CallbackQuery) -> Inbound | None:
    """A button arrives as what it says, with the choice that it stands for."""
    user, code = str(pressed.from_user.id), pressed.data or ""
    choice = choices.pressed(arrival.broker, Channel.TELEGRAM, user, code)
    if choice is None:
        return None
    return Inbound(
        broker=arrival.broker,
        channel=Channel.TELEGRAM,
        external_user=user,
        external_id=message_id(arrival.bot, pressed.from_user.id, f"callback:{pressed.id}"),
        text=str(choice["label"]),
        at=arrival.at,
        display_name=pressed.from_user.full_name,
        metadata=choices.inbound(code, choice),
    )


def _edit(arrival: Arrival, edited: Message) -> bool:
    """The message's row takes the edit; False when we never saw the message."""
    row = _newest(arrival, edited)
    if row is None or row.chat_message is None or edited.from_user is None:
        return False
    if _version(row.payload) < _version(arrival.payload):
        row.payload = arrival.payload
        row.save(update_fields=["payload", "updated_at"])
        _correct(row.chat_message, _text(edited, edited.from_user), arrival.at)
    return True


def _newest(arrival: Arrival, edited: Message) -> TelegramMessage | None:
    """The row that tells a message's last state: an edit that came before it has its own."""
    rows = (
        TelegramMessage.objects.select_for_update(of=("self",))
        .select_related("chat_message__lead")
        .filter(
            broker=arrival.broker,
            bot_id=arrival.bot,
            chat_id=edited.chat.id,
            telegram_message_id=edited.message_id,
            direction=Direction.IN,
            chat_message__isnull=False,
        )
        .order_by("pk")
    )
    return max(rows, key=lambda row: _version(row.payload), default=None)


def _correct(message: ChatMessage, text: str, at: datetime) -> None:
    if message.message_text != text:
        inbox.correct(message, text=text, at=at)


def _version(payload: dict[str, Any]) -> tuple[int, int]:
    """Which state of a message an update tells: seconds, and in one second Telegram's own order."""
    edited = payload.get("edited_message") or {}
    return int(edited.get("edit_date") or 0), int(payload.get("update_id") or 0)


def _change_membership(arrival: Arrival, change: ChatMemberUpdated) -> int | None:
    """The lead blocked the bot, which opts out of the channel, or took it back; whose it is."""
    known = (
        ChannelIdentity.objects.select_related("lead__broker__brokerleadconfig")
        .filter(
            broker=arrival.broker,
            channel=Channel.TELEGRAM,
            external_id=str(change.from_user.id),
        )
        .first()
    )
    if known is None:
        return None
    is_last = not _membership_after(arrival, change.date)
    if change.new_chat_member.status == ChatMember.BANNED:
        _leave(known, arrival.at, blocked_at=change.date if is_last else None)
    elif change.new_chat_member.status == ChatMember.MEMBER and is_last:
        identity.unblock(known, at=arrival.at)
    return int(known.lead_id)


def _leave(known: ChannelIdentity, at: datetime, *, blocked_at: datetime | None) -> None:
    """An opt-out, also where they have come back since: that reopens service, not marketing."""
    if blocked_at is not None:
        identity.block(known, at=blocked_at)
    consenting.opt_out(
        known.lead,
        channel=Channel.TELEGRAM,
        everything=False,
        evidence="Bloqueó el bot de Telegram.",
        at=at,
        confirm=False,
    )
