"""The sign that an answer is being written, in Telegram."""

import asyncio
from typing import Any

from telegram import Bot
from telegram.constants import ChatAction

from leads import typing
from leads.channels import telegram_client
from leads.enums import Channel

AGAIN_SECONDS = 4.5  # Telegram takes the sign away after five
MOST = 20


def show(config: dict[str, Any], address: str) -> Any:
    token = str(config.get("token") or "")
    if not (token and address.isdecimal()):
        return None

    async def ask(bot: Bot) -> None:
        for _ in range(MOST):
            await bot.send_chat_action(int(address), ChatAction.TYPING)
            await asyncio.sleep(AGAIN_SECONDS)

    return telegram_client.start(token, ask).cancel


typing.register(Channel.TELEGRAM, show)
