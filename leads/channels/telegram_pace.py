"""Telegram's pace: so much a second by one bot, and in one chat, where it lets short bursts pass."""

from brokers.models import BrokerChatConfig
from leads.channels import telegram_client
from leads.channels.pace import Pace, allowed, wait

PER_SECOND = 30
CHAT_PER_SECOND = 1
BURST_SECONDS = 5


def wait_turn(
    config: BrokerChatConfig,
    token: str,
    chat: int,
    *,
    messages: int = 1,
    patience: float | None = None,
) -> None:
    """Raises ChannelError where the turn is not soon."""
    bot = telegram_client.bot_id_of(token)
    in_chat = BURST_SECONDS * allowed(config, "telegram_chat_per_second", CHAT_PER_SECOND)
    wait(
        Pace(f"telegram:{bot}:{chat}", in_chat, BURST_SECONDS),
        Pace(f"telegram:{bot}", allowed(config, "telegram_per_second", PER_SECOND)),
        messages=messages,
        patience=patience,
    )
