"""Connecting a broker's channels: the address of its webhook, and Telegram told of it."""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from telegram import Bot, User, WebhookInfo
from telegram.error import BadRequest, InvalidToken, TelegramError

from brokers import linking
from brokers.models import Broker, BrokerChatConfig, ChannelHook
from crm.errors import DomainError, ProviderError
from leads import alerts, origins
from leads.channels import telegram_client
from leads.channels.telegram_updates import KINDS
from leads.enums import AlertKind, Channel

log = logging.getLogger(__name__)
T = TypeVar("T")

RECENT = timedelta(hours=1)
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # what Telegram takes for one
REFUSED = ("401", "403", "404")  # what our own webhook answers to who does not know it


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


@dataclass(frozen=True)
class Health:
    """What Telegram knows of a bot's webhook, beside the address that is ours.

    ``unasked`` are the kinds of updates that we need and Telegram does not deliver.
    """

    address: str
    ours: str
    pending: int
    error: str
    error_at: datetime | None
    unasked: tuple[str, ...] = ()

    @property
    def is_elsewhere(self) -> bool:
        return self.address != self.ours

    def trouble(self, *, at: datetime) -> str:
        """Why messages do not come in; an error after which all was delivered is over."""
        if self.is_elsewhere:
            return "elsewhere"
        if self.unasked:
            return "incomplete"
        recent = self.error_at is not None and at - self.error_at < RECENT
        if not (recent and self.pending):
            return ""
        return "refused" if any(status in self.error for status in REFUSED) else "failing"


def telegram_health(broker: Broker) -> Health:
    told, hook = _webhook_info(broker), _hook_of(broker)
    return Health(
        address=told.url,
        ours=hook.address if hook else "",
        pending=told.pending_update_count,
        error=told.last_error_message or "",
        error_at=told.last_error_date,
        unasked=tuple(kind for kind in KINDS if told.url and kind not in _asked_for(told)),
    )


def _asked_for(told: WebhookInfo) -> Sequence[str]:
    """Without a list of its own a bot is told of all these."""
    return told.allowed_updates or KINDS


def bot_name(broker: Broker) -> str:
    """The bot that the token is of, as people find it in Telegram."""
    return f"@{_bot_of(broker).username}"


def watched() -> list[int]:
    """The brokers whose bot should deliver here; without a public address none can."""
    if not settings.PUBLIC_URL.startswith("https://"):
        return []
    configs = BrokerChatConfig.objects.select_related("broker").filter(
        broker__is_active=True,
        broker__in=ChannelHook.objects.filter(channel=Channel.TELEGRAM).values("broker"),
        enabled_providers__contains=[Channel.TELEGRAM.value],
    )
    bots = (each for each in configs if (each.provider_configs.get("telegram") or {}).get("token"))
    return [config.broker_id for config in bots]


def watch_telegram(broker_id: int, *, at: datetime) -> str:
    """Look at the bot's webhook and alert, once a day and reason; what is wrong, or nothing."""
    broker = Broker.objects.get(pk=broker_id)
    told = ""
    try:
        health = telegram_health(broker)
        reason, told = health.trouble(at=at), health.error
    except NotConfigured:
        reason = "bad_token"
    except ProviderError:
        log.warning("Telegram was not there to be asked about the bot of broker %s", broker_id)
        return ""
    if reason:
        key = f"telegram:{reason}:{at.astimezone(broker.zone).date()}"
        alerts.raise_for(
            broker.pk, AlertKind.TELEGRAM_TROUBLE, key=key, at=at, reason=reason, error=told[:300]
        )
    return reason


def telegram_link(broker: Broker, *, source: str, campaign: str = "") -> str:
    """The address that opens a chat with the broker's bot and says where the lead came from."""
    word = origins.word(source=source, campaign=campaign)
    return f"https://t.me/{bot_name(broker).removeprefix('@')}?start={word}"


def bot_username(broker: Broker) -> str:
    """How the broker's bot is addressed; empty while Telegram does not tell.

    Raises NotConfigured where the broker has no bot.
    """
    _token(BrokerChatConfig.objects.get(broker=broker))
    try:
        return str(_bot_of(broker).username or "")
    except DomainError:
        return ""


linking.bots_are_named_by(bot_username)


def _bot_of(broker: Broker) -> User:
    async def ask(bot: Bot) -> User:
        return await bot.get_me()

    return _asked(broker, ask)


def _webhook_info(broker: Broker) -> WebhookInfo:
    async def ask(bot: Bot) -> WebhookInfo:
        return await bot.get_webhook_info()

    return _asked(broker, ask)


def _hook_of(broker: Broker) -> ChannelHook | None:
    return ChannelHook.objects.filter(broker=broker, channel=Channel.TELEGRAM).first()


def _asked(broker: Broker, ask: Callable[[Bot], Awaitable[T]]) -> T:
    token = _token(BrokerChatConfig.objects.get(broker=broker))
    try:
        return telegram_client.call(token, ask)
    except TelegramError as error:
        raise _refusal(error) from error


@transaction.atomic
def _telegram_credentials(broker: Broker) -> tuple[str, str]:
    """The bot's token and the webhook's secret, which we make when nobody has.

    Another bot gets another secret: what the former one still delivers is not taken for its own.
    """
    config = _locked(broker)
    token = _token(config)
    known, bot = config.provider_configs["telegram"], telegram_client.bot_id_of(token)
    kept = known.get("bot", bot) == bot and SECRET.fullmatch(str(known.get("secret") or ""))
    secret = str(known["secret"]) if kept else secrets.token_urlsafe(32)
    ours: dict[str, Any] = {**known, "bot": bot, "secret": secret}
    if ours != config.provider_configs["telegram"]:
        config.provider_configs = {**config.provider_configs, "telegram": ours}
        config.save(update_fields=["provider_configs", "updated_at"])
    return token, secret


def _token(config: BrokerChatConfig) -> str:
    token = (config.provider_configs.get("telegram") or {}).get("token")
    if not token:
        raise NotConfigured(_("Falta el token del bot de Telegram: se guarda en «Canales»."))
    return str(token)


def _locked(broker: Broker) -> BrokerChatConfig:
    config: BrokerChatConfig = BrokerChatConfig.objects.select_for_update().get(broker=broker)
    return config


def _refusal(error: TelegramError) -> DomainError:
    if isinstance(error, InvalidToken):
        return NotConfigured(_("Telegram no reconoce el token del bot. Revísalo en BotFather."))
    if isinstance(error, BadRequest):
        told = _(
            "Telegram exige una dirección pública con https. En un computador usa telegram_poll. "
            "Respondió: %s"
        )
        return NotConfigured(told % error.message[:200])
    return ProviderError(_("Telegram no respondió. Inténtalo en unos minutos."), retryable=True)
