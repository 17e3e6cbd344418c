"""What every channel promises, whichever vendor is behind it."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from brokers.models import BrokerChatConfig
from crm import http
from leads import delivery, handoff, outbox
from leads.channels import base, telegram_client
from leads.errors import Overtaken
from leads.models import ChatMessage, Conversation, Lead, TelegramMessage
from tests import payloads
from tests.channels import (
    TELEGRAM,
    post_telegram,
    post_whatsapp,
    send,
)
from tests.fakes import meta as meta_answers
from tests.fakes import telegram as telegram_answers
from tests.fakes.server import Told
from tests.racing import race

pytestmark = pytest.mark.django_db


@dataclass
class Channel:
    """One channel under the contract: its vendor's fake, and how the fake is told to refuse."""

    name: str
    fake: Any
    texts: Callable[[], list[str]]
    refusal: Any = None
    reason: str = ""
    later: Any = None
    wait: int = 0
    later_reason: str = ""


def _webchat(request: Any) -> Channel:
    def shown() -> list[str]:
        sent = ChatMessage.objects.filter(provider="webchat", status="sent")
        return list(sent.values_list("message_text", flat=True))

    return Channel("webchat", None, shown)


def _telegram(request: Any) -> Channel:
    fake = request.getfixturevalue("telegram")
    return Channel(
        "telegram",
        fake,
        lambda: [each["text"] for each in fake.sent],
        refusal=telegram_answers.CHAT_NOT_FOUND,
        reason="bot_not_started",
        later=telegram_answers.too_many(37),
        wait=37,
        later_reason="rate_limited",
    )


def _whatsapp(request: Any) -> Channel:
    fake = request.getfixturevalue("meta")
    return Channel(
        "whatsapp",
        fake,
        lambda: [each["text"]["body"] for each in fake.sent],
        refusal=meta_answers.NOT_ON_WHATSAPP,
        reason="not_on_whatsapp",
        later=meta_answers.too_many(37),
        wait=37,
        later_reason="rate_limited",
    )


def _email(request: Any) -> Channel:
    fake = request.getfixturevalue("mail")
    return Channel(
        "email",
        fake,
        lambda: [each.get_content().replace("\r\n", "\n").strip() for each in fake.letters],
        refusal="550 no such person",
        reason="rejected",
        later="450 busy",
        wait=outbox.BACK_OFF_SECONDS[0],
        later_reason="try_later",
    )


MAKERS = {"webchat": _webchat, "telegram": _telegram, "whatsapp": _whatsapp, "email": _email}


@pytest.fixture
def channel(request: Any) -> Channel:
    return MAKERS[request.param](request)


every_channel = pytest.mark.parametrize("channel", list(MAKERS), indirect=True)
with_a_vendor = pytest.mark.parametrize("channel", ["telegram", "whatsapp", "email"], indirect=True)


# --- Sending ---


def test_every_channel_with_an_adapter_is_under_this_contract():
    assert base.available() == sorted(MAKERS)


@every_channel
def test_a_message_arrives_with_its_words_and_is_sent(channel, camila, at):
    message = send(camila, channel.name, "¡Hola, Ñuñoa! 🏡", at)
    assert channel.texts() == ["¡Hola, Ñuñoa! 🏡"]
    assert (message.status, message.reason, message.attempts) == ("sent", "", 1)
    assert message.channel_message_id
    lead = Lead.objects.select_related("conversation").get(pk=camila.pk)
    assert (lead.last_contacted, lead.conversation.last_outbound_at) == (at, at)


@every_channel
def test_a_long_text_arrives_whole_and_in_order(channel, camila, at):
    long = " ".join(f"Frase número {number}." for number in range(700))
    assert send(camila, channel.name, long, at).status == "sent"
    assert " ".join(channel.texts()).split() == long.split()


@with_a_vendor
def test_a_refusal_that_stands_fails_the_message_with_its_reason(channel, camila, at):
    channel.fake.next = [channel.refusal]
    message = send(camila, channel.name, "hola", at)
    assert (message.status, message.reason) == ("failed", channel.reason)
    assert outbox.deliver(message.pk, at=at + timedelta(hours=1)) is False


@with_a_vendor
def test_a_refusal_that_may_pass_waits_as_long_as_the_vendor_says(channel, camila, at):
    channel.fake.next = [channel.later]
    message = send(camila, channel.name, "hola", at)
    later = at + timedelta(seconds=channel.wait)
    assert (message.status, message.reason, message.due_at) == (
        "pending", channel.later_reason, later,
    )  # fmt: skip
    assert outbox.deliver(message.pk, at=later - timedelta(seconds=1)) is False
    outbox.deliver(message.pk, at=later)
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("sent", 2)


@with_a_vendor
def test_a_vendor_that_cannot_be_reached_is_tried_again(channel, camila, at, settings):
    settings.TELEGRAM_API_URL = settings.WHATSAPP_API_URL = "http://127.0.0.1:9"
    settings.EMAIL_PORT = 9
    message = send(camila, channel.name, "hola", at)
    assert (message.status, message.reason) == ("pending", "unreachable")


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"], indirect=True)
def test_an_answer_that_never_came_is_shown_to_a_person_and_not_sent_again(channel, camila, at):
    channel.fake.respond = _hang_up
    message = send(camila, channel.name, "hola", at)
    assert (message.status, message.reason) == ("failed", "outcome_unknown")
    assert outbox.deliver(message.pk, at=at + timedelta(hours=1)) is False


def _hang_up(path: str, body: dict[str, Any]) -> Any:
    raise ConnectionAbortedError


HALF = b'{"ok": true, "messages": [{"id": "wamid.1"}], "result": {"text": "mi secreto'


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"], indirect=True)
@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (Told(500, {}), "pending", "vendor_error"),
        (Told(502, b"<html>Bad Gateway</html>"), "pending", "vendor_error"),
        (Told(503, b""), "pending", "vendor_error"),
        (Told(200, HALF), "failed", "outcome_unknown"),
        (Told(200, HALF, cut=20), "failed", "outcome_unknown"),
        (Told(200, b"", cut=0), "failed", "outcome_unknown"),
        (Told(200, {"odd": 1}), "failed", "outcome_unknown"),
        (Told(200, []), "failed", "outcome_unknown"),
    ],
)
def test_a_broken_answer_is_asked_for_again_only_where_nothing_can_have_left(
    channel, camila, at, caplog, answer, status, reason
):
    channel.fake.broken = [answer]
    with caplog.at_level(logging.DEBUG, "leads"):
        message = send(camila, channel.name, "mi secreto", at)
    assert (message.status, message.reason, len(channel.fake.requests)) == (status, reason, 1)
    assert outbox.deliver(message.pk, at=at + timedelta(hours=1)) is (status == "pending")
    assert len(channel.texts()) == (2 if status == "pending" else 1)
    assert not [word for word in ("mi secreto", *TELEGRAM.values()) if word in caplog.text]


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"], indirect=True)
def test_a_slow_answer_is_waited_for_and_one_that_is_too_slow_is_never_sent_again(
    channel, camila, at, monkeypatch
):
    monkeypatch.setattr(telegram_client, "READ_SECONDS", 0.6)
    monkeypatch.setattr(http, "TIMEOUT", 0.6)
    channel.fake.delay = 0.2
    assert send(camila, channel.name, "una", at).status == "sent"
    channel.fake.delay = 0.8
    message = send(camila, channel.name, "dos", at)
    assert (message.status, message.reason) == ("failed", "outcome_unknown")
    assert outbox.deliver(message.pk, at=at + timedelta(hours=1)) is False
    assert channel.texts() == ["una", "dos"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"], indirect=True)
def test_workers_that_meet_at_one_message_send_it_once(channel, camila, at):
    given = {"author": "assistant", "purpose": "reply", "channel": channel.name, "at": at}
    message = outbox.queue(camila, text="hola", **given)
    channel.fake.delay = 0.2
    assert sorted(race(4, lambda _: outbox.deliver(message.pk, at=at))) == [False] * 3 + [True]
    assert channel.texts() == ["hola"]


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"], indirect=True)
def test_a_long_message_goes_on_after_the_piece_that_left(channel, camila, at):
    long = "a" * 4096 + " " + "b" * 10
    usual = channel.fake.respond

    def second_is_put_off(path: str, body: dict[str, Any]) -> Any:
        refused = len(channel.fake.requests) == 2
        return channel.later if refused else usual(path, body)

    channel.fake.respond = second_is_put_off
    message = send(camila, channel.name, long, at)
    outbox.deliver(message.pk, at=message.due_at)
    assert [text[0] for text in channel.texts()] == ["a", "b", "b"]
    message.refresh_from_db()
    assert message.status == "sent"


@every_channel
def test_what_is_taken_back_right_before_the_call_does_not_leave(channel, camila, agent, at):
    told = {"author": "assistant", "purpose": "reply", "channel": channel.name, "version": 0}
    message = outbox.queue(camila, text="hola", at=at, **told)
    assert delivery.claim(message.pk, at=at)
    message.refresh_from_db()
    to = camila.identities.filter(channel=channel.name).first()
    handoff.take(camila, by=agent, at=at)
    with pytest.raises(Overtaken):
        base.adapter_of(channel.name).send(base.Outgoing(message, to, version=0))
    message.refresh_from_db()
    assert (channel.texts(), message.status, message.reason) == ([], "blocked", "person_took_over")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("channel", ["telegram", "whatsapp"], indirect=True)
def test_who_takes_over_in_the_middle_of_a_long_message_is_not_talked_over(
    channel, camila, agent, at
):
    usual = channel.fake.respond

    def take_over(path: str, body: dict[str, Any]) -> Any:
        handoff.take(camila, by=agent, at=at)
        connection.close()
        return usual(path, body)

    channel.fake.respond = take_over
    version = Conversation.objects.get(lead=camila).version
    message = send(camila, channel.name, "a" * 4096 + " " + "b" * 10, at, version=version)
    assert [text[0] for text in channel.texts()] == ["a"]
    outbox.deliver(message.pk, at=at)
    message.refresh_from_db()
    assert [text[0] for text in channel.texts()] == ["a"]
    assert (message.status, message.reason) == ("blocked", "conversation_moved_on")


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"], indirect=True)
def test_a_channel_without_credentials_says_so(channel, camila, at):
    BrokerChatConfig.objects.filter(broker=camila.broker).update(provider_configs={})
    message = send(Lead.objects.get(pk=camila.pk), channel.name, "hola", at)
    assert (message.status, message.reason) == ("failed", "channel_not_configured")
    assert channel.texts() == []


# --- Webhooks: what is thrown at them is in tests/leads/test_webhook_abuse.py ---


@dataclass
class Hook:
    """A vendor's webhook under the contract."""

    name: str
    post: Callable[..., Any]
    payload: Any
    url: str


HOOKS = {
    "telegram": Hook(
        "telegram",
        post_telegram,
        payloads.load("telegram/message"),
        url="/hooks/telegram/",
    ),
    "whatsapp": Hook(
        "whatsapp",
        post_whatsapp,
        payloads.load("whatsapp/text"),
        url="/hooks/whatsapp/",
    ),
}


@pytest.fixture(params=list(HOOKS))
def hook(request: Any, connected: Any) -> Hook:
    return HOOKS[request.param]


def stored() -> tuple[int, int, int]:
    return Lead.objects.count(), ChatMessage.objects.count(), TelegramMessage.objects.count()


def test_a_message_is_stored_and_answered(client, hook, connected):
    assert hook.post(client, hook.payload).status_code == 200
    message = ChatMessage.objects.get()
    assert (message.message_text, message.provider, message.direction, message.broker) == (
        "Hola, busco departamento en Ñuñoa", hook.name, "in", connected,
    )  # fmt: skip
    conversation = message.lead.conversation
    assert (conversation.channel, conversation.last_inbound_id) == (hook.name, message.pk)
    assert conversation.turn_due_at is not None
    assert message.lead.identities.get().display_name == "Camila Rojas"


def test_a_repeat_changes_nothing(client, hook):
    hook.post(client, hook.payload)
    before = stored()
    assert hook.post(client, hook.payload).status_code == 200
    assert stored() == before


def test_an_unknown_key_and_a_closed_broker_have_no_address(client, hook, connected):
    assert hook.post(client, hook.payload, key="nadie").status_code == 404
    connected.is_active = False
    connected.save()
    assert hook.post(client, hook.payload).status_code == 404
    assert stored() == (0, 0, 0)


def test_a_key_is_of_its_own_channel_only(client, hook):
    other = {"telegram": "wa", "whatsapp": "tg"}[hook.name]
    assert hook.post(client, hook.payload, key=other).status_code == 404


def test_nul_bytes_and_half_characters_do_no_harm(client, hook):
    body = json.dumps(hook.payload).replace("Hola", "Ho\\u0000la \\ud83c").encode()
    assert hook.post(client, body).status_code == 200
    assert ChatMessage.objects.get().message_text == "Hola , busco departamento en Ñuñoa"


def test_an_inbound_message_takes_a_bounded_number_of_statements(
    client, hook, django_assert_max_num_queries
):
    hook.post(client, hook.payload)
    again = json.loads(
        json.dumps(hook.payload).replace("845500100", "845500999").replace("wamid.IN1", "wamid.X")
    )
    if hook.name == "telegram":
        again["message"]["message_id"] = 99
    with django_assert_max_num_queries(14):
        hook.post(client, again)
    assert ChatMessage.objects.count() == 2


def test_a_get_tells_nothing_without_the_handshake(client, hook, connected):
    key = {"telegram": "tg", "whatsapp": "wa"}[hook.name]
    assert client.get(f"{hook.url}{key}/").status_code in (400, 405)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", list(HOOKS))
def test_many_repeats_at_once_are_one_message_of_one_lead(name, connected):
    hook = HOOKS[name]

    def deliver(_: int) -> int:
        try:
            return int(hook.post(Client(), hook.payload).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(deliver, range(24))) == {200}
    assert stored()[:2] == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", list(HOOKS))
def test_a_newcomers_messages_that_meet_are_of_one_lead(name, connected):
    hook, text = HOOKS[name], json.dumps(HOOKS[name].payload)

    def deliver(number: int) -> int:
        own = text.replace("845500100", str(number)).replace(
            '"message_id": 41', f'"message_id": {number}'
        )
        try:
            body = own.replace("wamid.IN1", f"wamid.{number}").encode()
            return int(hook.post(Client(), body).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(deliver, range(1, 17))) == {200}
    assert stored()[:2] == (1, 16)
