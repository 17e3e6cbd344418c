"""Telegram: messages leave through the broker's bot, slots as buttons under them."""

from functools import partial

from telegram import Bot, Message
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from crm import connections
from leads.channels import pace, telegram_client, telegram_keyboards, telegram_media, telegram_pace
from leads.channels.base import BLOCKED, Outgoing, lost_answer, register, send_parts
from leads.channels.pieces import Piece, Room, cut, owed
from leads.channels.telegram_keyboards import Keyboard
from leads.enums import Channel, Direction
from leads.errors import ChannelError
from leads.models import ChatMessage, TelegramMessage

ROOM = Room(text=4096, caption=1024)
NO_ANSWER_BEHIND = "(504)"  # a gateway that waited in vain: who was behind it may have sent
# What Telegram says to a bot that may not write, where it is not that the lead blocked it.
FORBIDDEN = {
    "bot can't initiate conversation": "bot_not_started",
    "user is deactivated": "account_gone",
}


def message_id(bot: int, chat: int, message: int | str) -> str:
    """Our name for a Telegram message: unique within a broker."""
    return f"{bot}:{chat}:{message}"


@register
class Telegram:
    channel = Channel.TELEGRAM
    resend_safe = False
    takes_files = True

    def wait_turn(self, outgoing: Outgoing) -> None:
        token, chat = outgoing.credential("token"), chat_of(outgoing.address)
        messages = owed(outgoing.message, cut(outgoing, ROOM))
        patience = pace.patience(outgoing.message)
        telegram_pace.wait_turn(
            outgoing.settings, token, chat, messages=messages, patience=patience
        )

    def send(self, outgoing: Outgoing) -> str | None:
        self.wait_turn(outgoing)
        token = outgoing.credential("token")
        return send_parts(outgoing.message, cut(outgoing, ROOM), partial(_send, token, outgoing))


def _send(token: str, outgoing: Outgoing, piece: Piece, left: int) -> str:
    keyboard = None if left else telegram_keyboards.under(outgoing.message)
    try:
        sent = _show(token, outgoing, piece, keyboard)
    except TelegramError as error:
        raise _meaning(error) from error
    return _record(token, outgoing.message, sent)


def _show(token: str, outgoing: Outgoing, piece: Piece, keyboard: Keyboard | None) -> Message:
    chat = chat_of(outgoing.address)
    if piece.file is not None:
        shown = {"caption": piece.text or None, "reply_markup": keyboard}
        return telegram_media.send(token, chat, piece.file, shown, before=outgoing.hand_over)

    async def ask(bot: Bot) -> Message:
        return await bot.send_message(chat, piece.text, reply_markup=keyboard)

    outgoing.hand_over()
    return telegram_client.call(token, ask)


def chat_of(address: str) -> int:
    """A private chat has the number of the person."""
    if not address.isdecimal():
        raise ChannelError(permanent=True, reason="rejected")
    return int(address)


def _record(token: str, message: ChatMessage, sent: Message) -> str:
    """The ledger's row of what Telegram took, and its name."""
    bot = telegram_client.bot_id_of(token) or 0
    row = TelegramMessage(
        broker_id=message.broker_id,
        lead_id=message.lead_id,
        bot_id=bot,
        telegram_user_id=sent.chat.id,
        chat_id=sent.chat.id,
        telegram_message_id=sent.message_id,
        direction=Direction.OUT,
        chat_message=message,
    )
    # Telegram has it: an outage of the database is waited for, and a row stored already is enough.
    connections.persist(lambda: TelegramMessage.objects.bulk_create([row], ignore_conflicts=True))
    return message_id(bot, sent.chat.id, sent.message_id)


def _meaning(error: TelegramError) -> ChannelError:
    """Telegram's error in the channel's terms; its words may name the chat and stay out."""
    if isinstance(error, RetryAfter):
        wait = telegram_client.seconds_of(error)
        return ChannelError(permanent=False, reason="rate_limited", retry_after=wait)
    if isinstance(error, Forbidden):
        found = (reason for words, reason in FORBIDDEN.items() if words in error.message)
        return ChannelError(permanent=True, reason=next(found, BLOCKED))
    if isinstance(error, InvalidToken):
        return ChannelError(permanent=True, reason="bad_credentials")
    if isinstance(error, BadRequest | ChatMigrated | Conflict):
        unknown = "chat not found" in error.message.lower()
        return ChannelError(permanent=True, reason="bot_not_started" if unknown else "rejected")
    return _lost(error)


def _lost(error: TelegramError) -> ChannelError:
    cause = error.__cause__
    answered = isinstance(error, NetworkError) and (
        cause is None or isinstance(cause, TelegramError)
    )
    if answered and NO_ANSWER_BEHIND not in error.message:
        # An answer came, with a status of 500 or above: the message was not taken.
        return ChannelError(permanent=False, reason="vendor_error")
    return lost_answer(error)
