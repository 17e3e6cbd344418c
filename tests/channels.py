"""The vendors' fakes and a broker connected to them, for tests of channels."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from brokers.models import Broker, BrokerChatConfig, ChannelHook
from crm.storage import WholeFiles
from leads import delivery, outbox
from leads.models import Attachment, ChatMessage, Lead
from tests.factories import ChannelIdentityFactory, ConversationFactory, LeadFactory
from tests.fakes.meta import FakeMeta
from tests.fakes.smtp import FakeMail
from tests.fakes.telegram import FakeTelegram

TELEGRAM = {"token": "1:clave-del-bot", "secret": "secreto-telegram"}
WHATSAPP = {
    "access_token": "clave-de-meta",
    "app_secret": "secreto-de-la-app",
    "verify_token": "palabra-de-verificacion",
    "phone_number_id": "106540352242922",
    "business_account_id": "102290129340398",
}


@pytest.fixture
def telegram(settings: Any) -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        settings.TELEGRAM_API_URL = fake.url
        yield fake


@pytest.fixture
def meta(settings: Any) -> Iterator[FakeMeta]:
    with FakeMeta() as fake:
        settings.WHATSAPP_API_URL = fake.url
        yield fake


@pytest.fixture
def private_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where attachments are kept during the test."""
    storage = WholeFiles(location=tmp_path)
    monkeypatch.setattr(Attachment._meta.get_field("file"), "storage", storage)
    return tmp_path


@pytest.fixture
def mail(settings: Any) -> Iterator[FakeMail]:
    with FakeMail() as fake:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", fake.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "crm@andes.example"
        yield fake


@pytest.fixture
def connected(broker: Broker) -> Broker:
    """The broker with Telegram and WhatsApp, at the keys ``tg`` and ``wa``."""
    return connect(broker)


def connect(broker: Broker, telegram: Any = TELEGRAM, suffix: str = "") -> Broker:
    BrokerChatConfig.objects.filter(broker=broker).update(
        provider_configs={"telegram": telegram, "whatsapp": WHATSAPP}
    )
    for channel, key in (("telegram", "tg"), ("whatsapp", "wa")):
        ChannelHook.objects.create(broker=broker, channel=channel, key=key + suffix)
    broker.refresh_from_db()
    return broker


@pytest.fixture
def camila(connected: Broker, at: datetime) -> Lead:
    """A lead who wrote a minute ago, known on every channel."""
    lead = LeadFactory(
        broker=connected, phone="+56987654321", name="Camila Rojas", email="camila@example.com"
    )
    ConversationFactory(broker=connected, lead=lead, last_inbound_at=at - timedelta(minutes=1))
    for channel, known_as in (
        ("telegram", "7001"),
        ("whatsapp", "56987654321"),
        ("webchat", "visitor"),
    ):
        ChannelIdentityFactory(broker=connected, lead=lead, channel=channel, external_id=known_as)
    return Lead.objects.select_related("broker").get(pk=lead.pk)


def send(lead: Lead, channel: str, text: str, at: datetime, **options: Any) -> ChatMessage:
    """Queue a reply and let the outbox deliver it, once."""
    options = {"author": "assistant", "purpose": "reply", **options}
    message = outbox.queue(lead, text=text, channel=channel, at=at, **options)
    outbox.deliver(message.pk, at=at)
    message.refresh_from_db()
    return message


def begin_call(message: ChatMessage, at: datetime) -> None:
    """The worker that had the message is with the channel now, and will never say what it heard."""
    assert delivery.claim(message.pk, at=at)
    message.refresh_from_db()
    delivery.hand_over(message, version=None)


def post_telegram(
    client: Client, payload: Any, *, key: str = "tg", secret: str | None = TELEGRAM["secret"]
) -> Any:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    return client.post(f"/hooks/telegram/{key}/", body, "application/json", headers=headers)


def signature(body: bytes, secret: str = WHATSAPP["app_secret"]) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post_whatsapp(
    client: Client, payload: Any, *, key: str = "wa", signed: str | None = None
) -> Any:
    """``signed`` stands in for the true signature of the body."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {"X-Hub-Signature-256": signature(body) if signed is None else signed}
    return client.post(f"/hooks/whatsapp/{key}/", body, "application/json", headers=headers)
