"""Connecting a broker's channels: the address of its webhook, and Telegram told of it."""

import secrets
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from telegram import Bot, WebhookInfo
from telegram.error import BadRequest, InvalidToken, TelegramError

from brokers.models import Broker, BrokerChatConfig, ChannelHook
from crm.errors import DomainError, ProviderError
from leads.channels import telegram_client
from leads.channels.telegram_updates import KINDS
from leads.enums import Channel


class NotConfigured(DomainError):
    code = "channel_not_configured"
    status = 409


@transaction.atomic
def open_hook(broker: Broker, channel: Channel) -> ChannelHook:
    """The channel's address, made when there is none; from now on the channel is on."""
    config = _locked(broker)
    if channel not in config.enabled_providers:
        config.enabled_providers = [*config.enabled_providers, channel.value]
        config.save(update_fields=["enabled_providers", "updated_at"])
    return ChannelHook.objects.get_or_create(broker=broker, channel=channel)[0]


def renew(hook: ChannelHook) -> str:
    """Give the channel another address, of which Telegram is told; the old one is gone at once.

    Raises ProviderError or NotConfigured where Telegram was not told: «Conectar» repeats that.
    """
    hook.renew()
    if hook.channel == Channel.TELEGRAM:
        return connect_telegram(hook.broker)
    return hook.address


def connect_telegram(broker: Broker) -> str:
    """Tell Telegram where the broker's bot delivers, with its secret; returns the address."""
    token, secret = _telegram_credentials(broker)
    address = open_hook(broker, Channel.TELEGRAM).address

    async def ask(bot: Bot) -> bool:
        return await bot.set_webhook(address, secret_token=secret, allowed_updates=KINDS)

    try:
        telegram_client.call(token, ask)
    except TelegramError as error:
        raise _refusal(error) from error
    return address


def telegram_state(broker: Broker) -> WebhookInfo:
    """What Telegram knows of the broker's webhook, its last error included."""
    token = _token(BrokerChatConfig.objects.get(broker=broker))

    async def ask(bot: Bot) -> WebhookInfo:
        return await bot.get_webhook_info()

    try:
        return telegram_client.call(token, ask)
    except TelegramError as error:
        raise _refusal(error) from error


@transaction.atomic
def _telegram_credentials(broker: Broker) -> tuple[str, str]:
    """The bot's token and the webhook's secret, which we make when nobody has."""
    config = _locked(broker)
    token = _token(config)
    ours: dict[str, Any] = {
        "secret": secrets.token_urlsafe(32),
        **config.provider_configs["telegram"],
    }
    if ours != config.provider_configs["telegram"]:
        config.provider_configs = {**config.provider_configs, "telegram": ours}
        config.save(update_fields=["provider_configs", "updated_at"])
    return token, str(ours["secret"])


def _token(config: BrokerChatConfig) -> str:
    token = (config.provider_configs.get("telegram") or {}).get("token")
    if not token:
        raise NotConfigured(_("Guarda primero el token del bot de Telegram."))
    return str(token)


def _locked(broker: Broker) -> BrokerChatConfig:
    config: BrokerChatConfig = BrokerChatConfig.objects.select_for_update().get(broker=broker)
    return config


def _refusal(error: TelegramError) -> DomainError:
    if isinstance(error, InvalidToken):
        return NotConfigured(_("Telegram no reconoce el token del bot. Revísalo en BotFather."))
    if isinstance(error, BadRequest):
        return NotConfigured(
            _("Telegram exige una dirección pública con https. En un computador usa telegram_poll.")
        )
    return ProviderError(_("Telegram no respondió. Inténtalo en unos minutos."), retryable=True)
