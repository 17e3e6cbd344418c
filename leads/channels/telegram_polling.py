"""Telegram without a public address: asks for updates, and takes them in as the webhook would."""

from datetime import datetime
from typing import Any

from telegram import Bot, Update

from brokers.models import Broker
from leads import storable
from leads.channels import telegram_client
from leads.channels.telegram_updates import KINDS, take_in


def fetch(broker: Broker, token: str, *, after: int, seconds: int, at: datetime) -> int:
    """Take in what came after update ``after``, waiting for up to ``seconds``; the last number."""

    async def ask(bot: Bot) -> tuple[Update, ...]:
        return await bot.get_updates(offset=after + 1, timeout=seconds, allowed_updates=KINDS)

    number = telegram_client.bot_id_of(token) or 0
    for update in telegram_client.call(token, ask, seconds=seconds + 25):
        answer = take_in(broker, number, storable.data(update.to_dict()), at=at)
        if answer:
            _answer(token, answer)
        after = update.update_id
    return after


def _answer(token: str, answer: dict[str, Any]) -> None:
    """What a webhook's response would have asked of Telegram."""
    given = {name: value for name, value in answer.items() if name != "method"}

    async def ask(bot: Bot) -> object:
        if answer["method"] == "sendMessage":
            return await bot.send_message(**given)
        return await bot.answer_callback_query(**given)

    telegram_client.call(token, ask)
