"""A sender waits for its turn, which all workers share, and nothing is lost by waiting."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import override_settings

from brokers.models import BrokerChatConfig
from crm import limits
from leads import delivery, outbox
from leads.channels import pace, telegram_pace
from leads.errors import ChannelError
from leads.models import AgentCard, Lead
from tests.agents import hot, write_all
from tests.channels import send
from tests.crm.test_limits import DEAD_CACHE
from tests.fakes import telegram as answers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    cache.clear()
    monkeypatch.setattr(limits, "now", time.time)
    monkeypatch.setattr(pace, "SECONDS_WAITED", 0)


@pytest.fixture
def allow(camila):
    """Sets what Camila's broker may send."""

    def allow(**limits):
        BrokerChatConfig.objects.filter(broker=camila.broker).update(rate_limits=limits)
        return Lead.objects.get(pk=camila.pk)

    return allow


@pytest.fixture(params=["telegram", "whatsapp"])
def channel(request, telegram, meta):
    fakes = {"telegram": telegram, "whatsapp": meta}
    return request.param, fakes[request.param]


def again(message):
    """The next attempt, when it is due and the vendor's windows are new."""
    cache.clear()
    outbox.deliver(message.pk, at=message.due_at)
    message.refresh_from_db()


def test_a_message_that_waits_its_turn_is_put_off_and_never_fails(channel, allow, at):
    name, fake = channel
    message = send(allow(**{f"{name}_per_second": 0}), name, "hola", at)
    for _ in range(2 * delivery.MAX_ATTEMPTS):
        assert (message.status, message.reason, fake.sent) == ("pending", "rate_limited", [])
        assert message.due_at - at <= timedelta(seconds=5)
        at = message.due_at
        again(message)
    assert message.attempts == 1
    allow()
    again(message)
    assert (message.status, len(fake.sent)) == ("sent", 1)


def test_a_vendor_that_asks_to_wait_never_fails_a_message_and_other_trouble_does(
    channel, camila, at
):
    name, fake = channel
    fake.next = [answers.too_many(9) if name == "telegram" else (429, {"error": {"code": 130429}})]
    fake.next = fake.next * 10
    message = send(camila, name, "hola", at)
    for _ in range(5):
        again(message)
    assert (message.status, message.reason) == ("pending", "rate_limited")
    assert message.attempts == {"telegram": 1, "whatsapp": delivery.MAX_ATTEMPTS - 1}[name]
    fake.next = [answers.DOWN] * 10
    for _ in range(delivery.MAX_ATTEMPTS):
        again(message)
    assert (message.status, message.reason) == ("failed", "vendor_error")


def test_a_later_message_does_not_pass_one_that_waits_its_turn(telegram, allow, at):
    first = send(allow(telegram_per_second=0), "telegram", "uno", at)
    lead = allow()
    second = send(lead, "telegram", "dos", at)
    assert second.status == "pending"
    for message in (second, first, second):
        outbox.deliver(message.pk, at=first.due_at)
    assert [each["text"] for each in telegram.sent] == ["uno", "dos"]


def test_agents_cards_wait_their_turn_too(telegram, allow, pooled):
    allow(telegram_per_second=0)
    hot(pooled)
    card = AgentCard.objects.latest("pk")
    assert (card.state, card.error, telegram.sent) == ("pending", "rate_limited", [])
    allow()
    cache.clear()
    write_all(card.due_at)
    assert AgentCard.objects.get(pk=card.pk).state == "sent"


def test_without_the_shared_counter_messages_go_all_the_same(channel, allow, at):
    name, _ = channel
    lead = allow(**{f"{name}_per_second": 0})
    with override_settings(CACHES=DEAD_CACHE):
        assert send(lead, name, "hola", at).status == "sent"


@pytest.mark.parametrize("odd", ["muchos", None, True, -1, 2.5, [1]])
def test_a_limit_that_is_no_number_leaves_the_usual_one(telegram, allow, at, odd):
    assert send(allow(telegram_per_second=odd), "telegram", "hola", at).status == "sent"


def test_a_chat_takes_a_short_burst_and_no_more_while_others_go_on(camila):
    config = BrokerChatConfig.objects.get(broker=camila.broker)
    _at_the_start_of(telegram_pace.BURST_SECONDS)
    for _ in range(5):
        telegram_pace.wait_turn(config, "1:x", 7001)
    with pytest.raises(ChannelError) as waits:
        telegram_pace.wait_turn(config, "1:x", 7001)
    assert (waits.value.reason, waits.value.permanent) == ("rate_limited", False)
    assert 0 < waits.value.retry_after <= telegram_pace.BURST_SECONDS
    telegram_pace.wait_turn(config, "1:x", 7002)
    telegram_pace.wait_turn(config, "2:x", 7001)


def test_the_pieces_of_a_long_message_count_and_one_that_is_too_long_goes_alone(camila):
    config = BrokerChatConfig.objects.get(broker=camila.broker)
    _at_the_start_of(telegram_pace.BURST_SECONDS)
    telegram_pace.wait_turn(config, "1:x", 7001, messages=9)
    with pytest.raises(ChannelError):
        telegram_pace.wait_turn(config, "1:x", 7001)


def test_all_workers_share_a_bots_pace_and_wait_for_the_next_second(monkeypatch):
    monkeypatch.setattr(pace, "SECONDS_WAITED", 3)
    _at_the_start_of(1)
    began = time.time() // 1

    def second(_):
        pace.wait(pace.Pace("bot", 4))
        return time.time() // 1 - began

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(second, range(8))) == [0] * 4 + [1] * 4


def test_what_nobody_waits_for_does_not_stand_by_and_does_not_come_back_all_at_once(
    telegram, allow, at, monkeypatch
):
    monkeypatch.setattr(pace, "SECONDS_WAITED", 3)
    lead = allow(telegram_chat_per_second=0, telegram_per_second=0)
    pushed = {"author": "campaign", "purpose": "marketing"}
    began = time.monotonic()
    message = send(lead, "telegram", "hola", at, **pushed)
    assert time.monotonic() - began < 1
    assert (message.status, message.reason, message.attempts) == ("pending", "rate_limited", 1)
    _at_the_start_of(1)
    assert [_told_to_wait("bot", limit=2) for _ in range(9)] == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def _told_to_wait(key, *, limit):
    try:
        pace.wait(pace.Pace(key, limit), patience=0)
    except ChannelError as error:
        return error.retry_after
    return 0


def _at_the_start_of(window):
    """The counter's windows are the clock's: a test that counts begins with one."""
    left = window - time.time() % window
    if left < 0.5:
        time.sleep(left)
