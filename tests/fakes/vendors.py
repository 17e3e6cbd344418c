"""Every vendor at once, and what a person would set up in the Admin to join the demo to them."""

from contextlib import ExitStack
from typing import Any, Self

from tests.fakes.assistant import FakeAssistant
from tests.fakes.google import FakeGoogle
from tests.fakes.meta import FakeMeta
from tests.fakes.people import TelegramUser, WhatsAppUser
from tests.fakes.telegram import FakeTelegram
from tests.fakes.vapi import FakeVapi

WHATSAPP = {
    "access_token": "demo",
    "app_secret": "demo-secret",
    "verify_token": "demo",
    "phone_number_id": "1001",
}
CONNECT = f"""
from brokers.models import Broker, BrokerChatConfig, ChannelHook, User
from django.utils import timezone
from scheduling import sync
broker = Broker.objects.get(slug="demo")
config = BrokerChatConfig.objects.get(broker=broker)
config.enabled_providers = ["webchat", "telegram", "whatsapp", "email"]
config.provider_configs = {{**config.provider_configs, "whatsapp": {WHATSAPP!r}}}
config.save()
hook = {{"broker": broker, "channel": "whatsapp", "key": "demo-whatsapp"}}
ChannelHook.objects.filter(**hook).exists() or ChannelHook.objects.create(**hook)
for agent in User.objects.filter(broker=broker, email__in=["ana@demo.test", "luis@demo.test"]):
    sync.connect(agent, {{"refresh_token": "refresh"}}, at=timezone.now())
"""


class Vendors(ExitStack):
    """The fakes of all vendors: on ``first_port`` and those after it, or on any that are free."""

    def __init__(
        self, *, first_port: int = 0, assistant: type[FakeAssistant] = FakeAssistant
    ) -> None:
        super().__init__()
        ports = [first_port + number if first_port else 0 for number in range(5)]
        self.telegram = FakeTelegram(port=ports[0])
        self.meta = FakeMeta(port=ports[1])
        self.gemini = assistant(port=ports[2])
        self.vapi = FakeVapi(port=ports[3])
        self.google = FakeGoogle(port=ports[4])

    def __enter__(self) -> Self:
        for fake in (self.telegram, self.meta, self.gemini, self.vapi, self.google):
            self.enter_context(fake)
        return self

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TELEGRAM_API_URL": self.telegram.url,
            "WHATSAPP_API_URL": self.meta.url,
            "GEMINI_API_URL": self.gemini.url,
            "GEMINI_API_KEY": "fake",
            "VAPI_API_URL": self.vapi.url,
            "GOOGLE_CALENDAR_API_URL": self.google.url,
            "GOOGLE_TOKEN_URL": self.google.token_url,
            "GOOGLE_CLIENT_ID": "fake",
            "GOOGLE_CLIENT_SECRET": "fake",
        }

    def sent(self) -> dict[str, list[Any]]:
        """What was sent to each, the newest last."""
        calendar = [event for name in self.google.calendars for event in self.google.events(name)]
        return {
            "Telegram": self.telegram.sent,
            "WhatsApp": self.meta.sent,
            "Gemini": [f"→ {each}" for each in self.gemini.used],
            "Vapi": self.vapi.calls,
            "Google Calendar": calendar,
        }


def on_telegram(product: str, number: int, name: str) -> TelegramUser:
    """Somebody who writes to the demo's bot."""
    first, _, last = name.partition(" ")
    return TelegramUser(
        number, first, last, f"{product}/hooks/telegram/demo-telegram/", "demo-secret"
    )


def on_whatsapp(product: str, phone: str, name: str) -> WhatsAppUser:
    """Somebody who writes to the demo's number, once it is joined."""
    hook = f"{product}/hooks/whatsapp/demo-whatsapp/"
    return WhatsAppUser(phone, name, hook, WHATSAPP["app_secret"], WHATSAPP["phone_number_id"])
