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

from leads.channels import telegram_client, telegram_keyboards
from leads.channels.base import BLOCKED, Outgoing, lost_answer, register, send_parts
from leads.channels.splitting import split
from leads.enums import Channel, Direction
from leads.errors import ChannelError
from leads.models import ChatMessage, TelegramMessage

MAX_TEXT = 4096


def message_id(bot: int, chat: int, message: int | str) -> str:
    """Our name for a Telegram message: unique within a broker."""
    return f"{bot}:{chat}:{message}"


@register
class Telegram:
    channel = Channel.TELEGRAM
    resend_safe = False
    takes_files = False

    def send(self, outgoing: Outgoing) -> str | None:
        token = outgoing.credential("token")
        parts = split(outgoing.message.message_text, MAX_TEXT)
        return send_parts(outgoing.message, parts, partial(_send, token, outgoing))


def _send(token: str, outgoing: Outgoing, text: str, left: int) -> str:
    keyboard = None if left else telegram_keyboards.under(outgoing.message)
    chat = chat_of(outgoing.address)

    async def ask(bot: Bot) -> Message:
        return await bot.send_message(chat, text, reply_markup=keyboard)

    outgoing.hand_over()
    try:
        sent = telegram_client.call(token, ask)
    except TelegramError as error:
        raise _meaning(error) from error
    return _record(token, outgoing.message, sent)


def chat_of(address: str) -> int:
    """A private chat has the number of the person."""
    if not address.isdecimal():
        raise ChannelError(permanent=True, reason="rejected")
    return int(address)


def _record(token: str, message: ChatMessage, sent: Message) -> str:
    """The ledger's row of what Telegram took, and its name."""
    bot = telegram_client.bot_id_of(token) or 0
    TelegramMessage.objects.create(
        broker_id=message.broker_id,
        lead_id=message.lead_id,
        bot_id=bot,
        telegram_user_id=sent.chat.id,
        chat_id=sent.chat.id,
        telegram_message_id=sent.message_id,
        direction=Direction.OUT,
        chat_message=message,
    )
    return message_id(bot, sent.chat.id, sent.message_id)


def _meaning(error: TelegramError) -> ChannelError:
    """Telegram's error in the channel's terms; its words may name the chat and stay out."""
    if isinstance(error, RetryAfter):
        wait = telegram_client.seconds_of(error)
        return ChannelError(permanent=False, reason="rate_limited", retry_after=wait)
    if isinstance(error, Forbidden):
        return ChannelError(permanent=True, reason=BLOCKED)
    if isinstance(error, InvalidToken):
        return ChannelError(permanent=True, reason="bad_credentials")
    if isinstance(error, BadRequest | ChatMigrated | Conflict):
        return ChannelError(permanent=True, reason="rejected")
    return _lost(error)


def _lost(error: TelegramError) -> ChannelError:
    cause = error.__cause__
    if isinstance(error, NetworkError) and (cause is None or isinstance(cause, TelegramError)):
        # An answer came, with a status of 500 or above: the message was not taken.
        return ChannelError(permanent=False, reason="vendor_error")
    return lost_answer(error)
