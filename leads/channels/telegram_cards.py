"""Agents' cards in Telegram: written once, then edited as the lead goes on.

Telegram cannot be asked whether a message arrived. A card whose answer was lost is written again:
an agent rather reads of a lead twice than never. The second is the one that is kept true; a press
on the first acts on the lead as it is, tells us where that copy stands, and takes its buttons off.
"""

import logging
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from brokers import linking
from leads import alerts, card_words, cards
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
    chat = card_words.chat_of(card)
    try:
        telegram_pace.wait_turn(card.broker.brokerchatconfig, token, chat)
        message = _put(card, view, token, chat, silent=cards.is_silent(card, at=at))
    except ChannelError as later:
        cards.missed(card, reason=later.reason, at=at, permanent=False, wait=later.retry_after)
    except TelegramError as error:
        _failed(card, error, at)
    else:
        cards.written(card, chat=chat, message=message, at=at)
        if card.agent.telegram_blocked_at and _in_own_chat(card):
            linking.unblock(card.agent, at=at)


def _put(card: AgentCard, view: View, token: str, chat: int, *, silent: bool) -> int:
    """The message's number, new or edited."""
    rows = [[InlineKeyboardButton(label, callback_data=code)] for label, code in view.buttons]
    keyboard = InlineKeyboardMarkup(rows)
    standing = card.telegram_message_id

    async def ask(bot: Bot) -> int:
        if standing is None:
            sent = await bot.send_message(
                chat, view.text, reply_markup=keyboard, disable_notification=silent
            )
            return sent.message_id
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
    reason = cards.BOT_BLOCKED if isinstance(error, Forbidden) else meaning.reason
    if isinstance(error, BadRequest | ChatMigrated):
        reason = "rejected"
    cards.missed(card, reason=reason, at=at, permanent=for_good, wait=meaning.retry_after)
    if isinstance(error, Forbidden) and _in_own_chat(card):
        alerts.on_blocked(card.agent, at=at)


def _in_own_chat(card: AgentCard) -> bool:
    """Not in one that its person has left."""
    return card.agent.telegram_user_id == card_words.chat_of(card)


def withdraw(card_id: int, message_id: int) -> None:
    """Take the buttons off another copy of a card; if Telegram is away, the next press asks again."""
    card = AgentCard.objects.select_related("broker__brokerchatconfig").filter(pk=card_id).first()
    config = card.broker.brokerchatconfig.provider_configs.get("telegram") if card else None
    if card is None or card.chat_id is None or not config:
        return
    chat = card.chat_id
    with translation.override(card.broker.language):
        told = _("Esta copia ya no sirve: la tarjeta al día es otra.")

    async def ask(bot: Bot) -> object:
        return await bot.edit_message_text(told, chat, message_id)

    try:
        telegram_client.call(str(config.get("token")), ask)
    except TelegramError as error:
        log.warning("a copy of card %s stays: %s", card_id, type(error).__name__)
