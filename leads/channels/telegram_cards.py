"""Agents' cards in Telegram: written once, then edited as the lead goes on.

Telegram cannot be asked whether a message arrived. A card whose answer was lost is written again:
an agent rather reads of a lead twice than never, and both show the same truth, as a press acts on
the lead and not on the card.
"""

import logging
from datetime import datetime

from django.utils import translation
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from leads import card_words, cards
from leads.card_words import View
from leads.channels import telegram_client, telegram_pace
from leads.errors import ChannelError
from leads.models import AgentCard

log = logging.getLogger(__name__)

FOR_GOOD = (BadRequest, ChatMigrated, Forbidden, InvalidToken)


def write(card_id: int, *, at: datetime) -> bool:
    """Bring one due card to its chat; False when it is not ours to write now."""
    card = cards.claim(card_id, at=at)
    if card is None:
        return False
    with translation.override(card.broker.language):
        view = card_words.view(card, at=at)
    config = card.broker.brokerchatconfig.provider_configs.get("telegram") or {}
    if view is None:
        cards.drop(card, at=at)
    elif not config.get("token"):
        cards.missed(card, reason="channel_not_configured", at=at, permanent=True)
    else:
        _write(card, view, str(config["token"]), at)
    return True


def _write(card: AgentCard, view: View, token: str, at: datetime) -> None:
    chat = int(card.agent.telegram_user_id or 0)
    try:
        telegram_pace.wait_turn(card.broker.brokerchatconfig, token, chat)
        message = _put(card, view, token, chat)
    except ChannelError as later:
        cards.missed(card, reason=later.reason, at=at, permanent=False, wait=later.retry_after)
    except TelegramError as error:
        _failed(card, error, at)
    else:
        cards.written(card, chat=chat, message=message, at=at)


def _put(card: AgentCard, view: View, token: str, chat: int) -> int:
    """The message's number, new or edited; one in a chat that the agent left is written anew."""
    rows = [[InlineKeyboardButton(label, callback_data=code)] for label, code in view.buttons]
    keyboard = InlineKeyboardMarkup(rows)
    standing = card.telegram_message_id if card.chat_id == chat else None

    async def ask(bot: Bot) -> int:
        if standing is None:
            return (await bot.send_message(chat, view.text, reply_markup=keyboard)).message_id
        await bot.edit_message_text(view.text, chat, standing, reply_markup=keyboard)
        return standing

    try:
        return telegram_client.call(token, ask)
    except BadRequest as error:
        if standing is not None and "not modified" in error.message:
            return standing
        raise


def _failed(card: AgentCard, error: TelegramError, at: datetime) -> None:
    log.warning("card %s was not written: %s", card.pk, type(error).__name__)
    meaning = telegram_client.meaning_of_reading(error)
    for_good = isinstance(error, FOR_GOOD)
    reason = type(error).__name__ if for_good else meaning.reason
    cards.missed(card, reason=reason, at=at, permanent=for_good, wait=meaning.retry_after)
