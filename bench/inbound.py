"""Inbound messages of each channel over HTTP to two web processes, each stored durably.

The load generator shares the cores; turns and stops are enqueued as always, and no worker runs.
"""

import hashlib
import hmac
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from bench import load, people, timing
from bench.web import Web
from brokers.models import Broker, ChannelHook
from leads import visitors
from leads.models import ChatMessage

KNOWN = 600  # people who have written before, on each channel
MESSAGES = 1500
CLIENTS = 8
ONE_IN = 10  # is of somebody new
SECRETS = {
    "telegram": {"secret": "secret-of-the-webhook"},
    "whatsapp": {"app_secret": "secret-of-the-app", "phone_number_id": "106540352242922"},
}
WORDS = (
    "Hola, busco departamento en Ñuñoa",
    "¿Tienen algo de 2 dormitorios cerca del metro?",
    "Mi presupuesto es de 4.500 UF",
    "¿Se puede visitar el sábado por la mañana?",
    "gracias!",
)
Write = Callable[[Broker, str, int], bytes]


def telegram(broker: Broker, person: str, number: int) -> bytes:
    sender = {"id": int(person), "is_bot": False, "first_name": "Camila", "last_name": "Rojas"}
    update = {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": {**sender, "language_code": "es"},
            "chat": {"id": int(person), "type": "private", "first_name": "Camila"},
            "date": int(time.time()),
            "text": WORDS[number % len(WORDS)],
        },
    }
    secret = SECRETS["telegram"]["secret"]
    return load.request(
        f"/hooks/telegram/{broker.slug}-telegram/",
        json.dumps(update).encode(),
        X_Telegram_Bot_Api_Secret_Token=secret,
    )


def whatsapp(broker: Broker, person: str, number: int) -> bytes:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": SECRETS["whatsapp"]["phone_number_id"]},
        "contacts": [{"profile": {"name": "Camila Rojas"}, "wa_id": person}],
        "messages": [
            {
                "from": person,
                "id": f"wamid.{number}",
                "timestamp": str(int(time.time())),
                "text": {"body": WORDS[number % len(WORDS)]},
                "type": "text",
            }
        ],
    }
    change = {"value": value, "field": "messages"}
    entry = {"id": "102290129340398", "changes": [change]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    secret = SECRETS["whatsapp"]["app_secret"]
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return load.request(
        f"/hooks/whatsapp/{broker.slug}-whatsapp/",
        body,
        X_Hub_Signature_256=f"sha256={signature}",
    )


def webchat(broker: Broker, person: str, number: int) -> bytes:
    """Somebody known shows the secret that the server gave them, somebody new has none."""
    body = {"text": WORDS[number % len(WORDS)], "visitor": person, "client_id": str(number)}
    return load.request(f"/chat/{broker.slug}/messages/", json.dumps(body).encode())


def run() -> dict[str, Any]:
    broker = _connected()
    own = {"TURN_DELAY_SECONDS", "LOG_LEVEL"}  # of the other workloads: here production's hold
    with Web({name: value for name, value in os.environ.items() if name not in own}) as web:
        channels = (telegram, whatsapp, webchat)
        return {"durable": _durability()} | {
            write.__name__: _measured(web, broker, write) for write in channels
        }


def _connected() -> Broker:
    """A broker on every channel, with limits that the one address of all clients never meets."""
    broker = people.broker()
    config = broker.brokerchatconfig
    config.enabled_providers = [*SECRETS, "webchat"]
    bot = {**SECRETS["telegram"], "token": f"{broker.pk}:token"}
    config.provider_configs = {**SECRETS, "telegram": bot}
    limits = ("visitor_per_minute", "address_per_minute", "address_per_day")
    config.rate_limits = dict.fromkeys(limits, 10**9)
    config.save()
    for channel in SECRETS:
        ChannelHook.objects.create(broker=broker, channel=channel, key=f"{broker.slug}-{channel}")
    return broker


def _durability() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings"
            " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
        )
        return dict(cursor.fetchall())


def _measured(web: Web, broker: Broker, write: Write) -> dict[str, float]:
    known = list(_people(broker, write, KNOWN))
    first = [write(broker, person, number) for number, person in enumerate(known)]
    load.send_all(web.port, first, clients=CLIENTS)
    requests = list(_requests(broker, write, known))
    before, started = web.processor_seconds, time.perf_counter()
    seconds = load.send_all(web.port, requests, clients=CLIENTS)
    elapsed = time.perf_counter() - started
    stored = ChatMessage.objects.filter(broker=broker, provider=write.__name__).count()
    assert stored == KNOWN + MESSAGES, f"{stored} messages are stored"
    spent = (web.processor_seconds - before) / MESSAGES
    return timing.summary(seconds, elapsed) | {"web_cpu_ms": round(spent * 1000, 2)}


def _requests(broker: Broker, write: Write, known: list[str]) -> Iterator[bytes]:
    new = _people(broker, write, MESSAGES, start=KNOWN)
    chance = random.Random(write.__name__)
    for number in range(KNOWN, KNOWN + MESSAGES):
        person = next(new) if number % ONE_IN == 0 else chance.choice(known)
        yield write(broker, person, number)


def _people(broker: Broker, write: Write, count: int, start: int = 0) -> Iterator[str]:
    """As each channel names them: dialable numbers do for two."""
    for number in range(start, start + count):
        if write is webchat:
            yield visitors.issue(broker) if start == 0 else ""
        else:
            yield f"569{50_000_000 + number}"
