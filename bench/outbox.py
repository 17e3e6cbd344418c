"""Sends of one worker over real HTTP to the vendors' fakes: messages that wait in its queue."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from bench import people
from brokers.models import Broker, BrokerChatConfig
from crm.celery import app
from leads import outbox
from leads.models import ChannelIdentity, Conversation, Lead
from tests.fakes.meta import FakeMeta
from tests.fakes.server import FakeServer
from tests.fakes.telegram import FakeTelegram

MESSAGES = 2000
PATIENCE_SECONDS = 120
UNLIMITED = 10**9
CREDENTIALS = {
    "telegram": {"token": "1:bench", "secret": "bench"},
    "whatsapp": {"access_token": "bench", "phone_number_id": "1", "app_secret": "bench"},
}
LIMITS = ("whatsapp_per_second", "telegram_per_second", "telegram_chat_per_second")
FAKES = {"telegram": FakeTelegram, "whatsapp": FakeMeta}
SENT = {"telegram": "/sendMessage", "whatsapp": "/messages"}


def run() -> dict[str, Any]:
    return {"processes": 2, **{channel: _measured(channel) for channel in FAKES}}


def _measured(channel: str) -> dict[str, Any]:
    owner = _broker(channel)
    with FAKES[channel]() as fake:
        os.environ.update(TELEGRAM_API_URL=fake.url, WHATSAPP_API_URL=fake.url)
        moments = _watch(fake, SENT[channel])
        app.control.purge()
        _queue(owner, channel)
        with _worker():
            _wait(moments)
    took = moments[-1] - moments[0]
    return {"sends": len(moments), "per_second": round((len(moments) - 1) / took, 1)}


def _broker(channel: str) -> Broker:
    owner = people.broker("outbox")
    BrokerChatConfig.objects.filter(broker=owner).update(
        provider_configs=CREDENTIALS,
        enabled_providers=list(CREDENTIALS),
        rate_limits=dict.fromkeys(LIMITS, UNLIMITED),
    )
    people.fill(owner, MESSAGES)
    now = timezone.now()
    Conversation.objects.filter(broker=owner).update(last_inbound_at=now, channel=channel)
    ChannelIdentity.objects.bulk_create(
        ChannelIdentity(broker=owner, lead_id=lead, channel=channel, external_id=f"569{lead:08d}")
        for lead in Lead.objects.filter(broker=owner).values_list("pk", flat=True)
    )
    return owner


def _queue(owner: Broker, channel: str) -> None:
    """A reply to each lead, stored as the assistant's are, and a task of the worker's for each."""
    with transaction.atomic():
        for lead in Lead.objects.filter(broker=owner).select_related("conversation"):
            outbox.queue(
                lead,
                text=f"Hola {lead.name}",
                author="assistant",
                purpose="reply",
                channel=channel,
                version=lead.conversation.version,
                at=timezone.now(),
            )


def _watch(fake: FakeServer, path: str) -> list[float]:
    """The moments at which the vendor answered a send."""
    usual = fake.respond
    moments: list[float] = []

    def respond(asked: str, body: dict[str, Any]) -> Any:
        answer = usual(asked, body)
        if asked.endswith(path):
            moments.append(time.monotonic())
        return answer

    fake.respond = respond
    return moments


@contextmanager
def _worker() -> Iterator[None]:
    """The product's worker, as `make run` starts it."""
    command = "-m celery -q -A crm.celery:app worker --loglevel ERROR --concurrency 2"
    process = subprocess.Popen([sys.executable, *command.split()])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _wait(moments: list[float]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(moments) < MESSAGES and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(moments) == MESSAGES, f"{len(moments)} of {MESSAGES} were sent"
