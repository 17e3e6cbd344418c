"""What anybody may throw at a channel's address: its answer, what it leaves in any table, and the logs.

Each row holds for every vendor's webhook: the status it gets, the rows it adds to the whole
database, and that no secret, key, name, number or word of anybody's gets into what is logged.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from brokers.models import Broker, BrokerChatConfig, BrokerVoiceConfig, ChannelHook
from leads.models import ChatMessage, KeptWebhook
from tests import payloads
from tests.channels import TELEGRAM, WHATSAPP, connect, signature

pytestmark = pytest.mark.django_db

KEYS = {"telegram": "llave-secreta-telegram", "whatsapp": "llave-secreta-whatsapp"}
RIVALS = {"telegram": "llave-rival-telegram", "whatsapp": "llave-rival-whatsapp"}
VOICE_SECRET = "secreto-de-la-voz"
PAYLOADS = {
    "telegram": payloads.load("telegram/message"),
    "whatsapp": payloads.load("whatsapp/text"),
    "vapi": {"message": {"type": "status-update", "call": {"id": "ext-1"}, "note": "Ñuñoa"}},
}
SAID = ("Camila", "busco", "Ñuñoa", "u00d1u", "56987654321", "987654321")
SECRETS = (
    *TELEGRAM.values(),
    *list(WHATSAPP.values())[:3],
    *KEYS.values(),
    *RIVALS.values(),
    VOICE_SECRET,
)
VENDORS = list(PAYLOADS)
vendors = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture(autouse=True)
def listening(broker: Broker, rival: Broker) -> None:
    """Two brokers on every channel, each with secrets of its own."""
    for owner, keys, own in ((broker, KEYS, ""), (rival, RIVALS, "rival-")):
        connect(owner, telegram={"token": f"{owner.pk}:x{own}", "secret": own + TELEGRAM["secret"]})
        config = BrokerChatConfig.objects.get(broker=owner)
        config.provider_configs["whatsapp"]["app_secret"] = own + WHATSAPP["app_secret"]
        config.save()
        for channel, key in keys.items():
            ChannelHook.objects.filter(broker=owner, channel=channel).update(key=key)
        voice = BrokerVoiceConfig.objects.get(broker=owner)
        voice.provider_credentials = {"webhook_secret": own + VOICE_SECRET}
        voice.save()


def proof(vendor: str, body: bytes) -> dict[str, str]:
    """What our own vendor sends along to be believed."""
    return {
        "telegram": {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM["secret"]},
        "whatsapp": {"X-Hub-Signature-256": signature(body)},
        "vapi": {"X-Vapi-Secret": VOICE_SECRET},
    }[vendor]


def address(vendor: str, owner: Broker) -> str:
    if vendor == "vapi":
        return f"/hooks/voice/vapi/{BrokerVoiceConfig.objects.get(broker=owner).webhook_key}/"
    return f"/hooks/{vendor}/{ChannelHook.objects.get(broker=owner, channel=vendor).key}/"


def is_secret(given: str) -> bool:
    """Whether a proof is no mere guess."""
    return len(given) > 20 and not given.endswith("0" * 20)


def rows() -> dict[str, int]:
    """How many each table holds, in one statement."""
    tables = {model._meta.label: model._meta.db_table for model in apps.get_models()}
    counts = [f"SELECT '{name}', count(*) FROM \"{table}\"" for name, table in tables.items()]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts))
        return dict(cursor.fetchall())


@pytest.fixture
def throw(broker: Broker, caplog: Any) -> Callable[..., tuple[int, dict[str, int]]]:
    """Posts; returns the status and the rows that came of it, having looked through the logs."""

    def post(vendor: str, body: bytes, **given: Any) -> tuple[int, dict[str, int]]:
        owner = given.get("owner", broker)
        to, before = address(vendor, owner), rows()
        headers = given.get("headers", proof(vendor, body))
        caplog.clear()
        with caplog.at_level(logging.DEBUG):
            answer = Client().post(to, body, content_type="application/json", headers=headers)
        told = caplog.text + answer.text
        key = to.rstrip("/").rpartition("/")[2]
        words = (*SECRETS, *SAID, *filter(is_secret, headers.values()), key)
        assert not [word for word in words if word in told], told
        after = rows()
        return answer.status_code, {
            name: after[name] - count for name, count in before.items() if after[name] != count
        }

    return post


def body_of(vendor: str, **more: Any) -> bytes:
    return json.dumps({**PAYLOADS[vendor], **more}).encode()


def strangers(vendor: str) -> list[dict[str, str]]:
    """Wrong proofs: none, empty, guessed, not ASCII, of other bytes, another broker's."""
    name = next(iter(proof(vendor, b"")))
    body = body_of(vendor)
    wrong = ["", "otro", "ñ", "sha256=", "sha256=" + "0" * 64, signature(b"{}"), "null"]
    if vendor == "whatsapp":
        wrong += [signature(body)[7:], signature(body).upper(), signature(body, "rival-" * 2)]
    return [{}, *({name: each} for each in wrong)]


@vendors
def test_a_wrong_secret_or_signature(vendor: str, throw: Any) -> None:
    assert [throw(vendor, body_of(vendor), headers=each) for each in strangers(vendor)] == [
        (403, {}) for _ in strangers(vendor)
    ]


@vendors
def test_no_secret_configured(vendor: str, throw: Any, broker: Broker) -> None:
    BrokerChatConfig.objects.filter(broker=broker).update(
        provider_configs={"telegram": {"token": "1:x"}, "whatsapp": {**WHATSAPP, "app_secret": ""}}
    )
    BrokerVoiceConfig.objects.filter(broker=broker).update(provider_credentials={})
    body = body_of(vendor)
    unsigned = {"X-Hub-Signature-256": signature(body, "")} if vendor == "whatsapp" else {}
    for headers in (proof(vendor, body), *strangers(vendor), unsigned):
        assert throw(vendor, body, headers=headers) == (403, {})


@vendors
def test_another_brokers_key(vendor: str, throw: Any, rival: Broker) -> None:
    assert throw(vendor, body_of(vendor), owner=rival) == (403, {})


@pytest.mark.parametrize("escaped", [True, False])
def test_a_body_changed_by_one_byte(throw: Any, escaped: bool) -> None:
    """The signature is of the bytes that came, with an ñ escaped as Meta does or as it is."""
    body = json.dumps(PAYLOADS["whatsapp"], ensure_ascii=escaped).encode()
    signed = proof("whatsapp", body)
    turned = json.dumps(PAYLOADS["whatsapp"], ensure_ascii=not escaped).encode()
    cut, last = body[:-1], body[:-1] + bytes([body[-1] ^ 1])
    for other in (body.replace(b"Hola", b"Hole"), body + b" ", b" " + body, turned, cut, last):
        assert throw("whatsapp", other, headers=signed) == (403, {})
    status, stored = throw("whatsapp", body, headers=signed)
    assert (status, stored["leads.ChatMessage"]) == (200, 1)
    assert ChatMessage.objects.get().message_text == "Hola, busco departamento en Ñuñoa"


@vendors
def test_a_body_of_two_megabytes(vendor: str, throw: Any) -> None:
    body = body_of(vendor, padding="x" * 2_000_000)
    assert throw(vendor, body) == (413, {})
    assert throw(vendor, body, headers={}) in [(413, {}), (403, {})]


BROKEN = [
    b"", b"{", b"[]", b'"Camila"', b"null", b"7", b"\xff\xfe\x00", b'{"update_id": NaN}',
    b'{"update_id": 1e999, "entry": [{"changes": [1e999]}]}',
    b'{"update_id": 1, "entry": ' + b"[" * 600 + b"]" * 600 + b"}",
    b'{"update_id": 1, "entry": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"update_id": ' + b"9" * 5000 + b"}",
]  # fmt: skip


@vendors
@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_broken_json(vendor: str, body: bytes, throw: Any) -> None:
    status, stored = throw(vendor, body)
    assert (status, stored) == (400, {}) or (vendor == "vapi" and (status, stored) == (200, {}))


@pytest.mark.parametrize(
    ("vendor", "payload"),
    [
        ("telegram", {"update_id": 845500777, "something_new": {"text": "busco en Ñuñoa"}}),
        ("whatsapp", {"object": "page", "entry": [{"id": "1", "changes": [
            {"field": "something_new", "value": {"text": "busco en Ñuñoa"}}]}]}),
        ("vapi", {"message": {"type": "something-new", "text": "busco en Ñuñoa"}}),
    ],
)  # fmt: skip
def test_an_unknown_kind_of_update_is_answered_and_makes_nobody(
    vendor: str, payload: Any, throw: Any
) -> None:
    status, stored = throw(vendor, json.dumps(payload).encode())
    assert (status, set(stored) - {"leads.KeptWebhook"}) == (200, set())


@pytest.mark.parametrize("vendor", ["telegram", "whatsapp"])
def test_an_unknown_shape_is_kept_once_and_logged_without_a_word(vendor: str, throw: Any) -> None:
    payload = json.loads(body_of(vendor))
    if vendor == "telegram":
        payload["message"]["date"] = "ayer en Ñuñoa"
    else:
        payload["entry"][0]["changes"][0]["value"]["messages"][0]["text"] = "busco en Ñuñoa"
    body = json.dumps(payload).encode()
    assert throw(vendor, body) == (200, {"leads.KeptWebhook": 1})
    assert throw(vendor, body) == (200, {})
    assert not [word for word in SAID if word in KeptWebhook.objects.get().error]


# --- The web chat, whose visitors prove nothing ---


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"", 400),
        (b'{"text": 1e999}', 400),
        (b'{"texto": "busco"}', 400),
        (json.dumps({"text": "x" * 2_000_000}).encode(), 413),
        ('{"text": "Ñuñoa", "visitor": "de-otro"}'.encode("latin-1"), 400),
    ],
)
def test_what_is_thrown_at_the_web_chat_leaves_nothing(
    broker: Broker, caplog: Any, body: bytes, status: int
) -> None:
    before = rows()
    with caplog.at_level(logging.DEBUG):
        answer = Client().post(
            f"/chat/{broker.slug}/messages/", body, content_type="application/json"
        )
    assert (answer.status_code, rows()) == (status, before)
    assert not [word for word in SAID if word in caplog.text]
