"""The way out: queued once, asked about at the door, sent, retried, recovered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from crm.errors import DomainError
from leads import delivery, handoff, outbox
from leads.channels import base
from leads.enums import Author, Channel, Delivery, Holder, Purpose
from leads.errors import Arrived, ChannelError, NoChannel, Refused
from leads.models import ChannelIdentity, ChatMessage, Conversation, Lead, Suppression
from tests.channels import begin_call
from tests.racing import race

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def queued(lead: Lead, at: datetime, **fields) -> ChatMessage:
    told = {
        "text": "Hola",
        "author": Author.ASSISTANT,
        "purpose": Purpose.REPLY,
        "channel": Channel.TELEGRAM,
        **fields,
    }
    return outbox.queue(lead, at=at, **told)


def now(message: ChatMessage) -> ChatMessage:
    return ChatMessage.objects.get(pk=message.pk)


def state(message: ChatMessage) -> tuple[str, str]:
    return now(message).status, now(message).reason


# --- Queueing --------------------------------------------------------------------------------------


def test_a_queued_message_is_a_row_that_is_due(chatting, at) -> None:
    message = now(queued(chatting, at, text="a\x00b\ud800", channel=None))
    assert (message.status, message.due_at, message.provider) == (Delivery.PENDING, at, "webchat")
    assert (message.message_text, message.ai_response_used) == ("ab", True)


def test_the_same_key_again_gives_the_first_message_back(chatting, at) -> None:
    first = queued(chatting, at, idempotency_key="k")
    assert queued(chatting, at, text="otra", idempotency_key="k") == first
    assert queued(chatting, at, idempotency_key="l") != first
    assert ChatMessage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_with_one_key_queue_one_message(chatting, at) -> None:
    made = race(10, lambda _: queued(chatting, at, idempotency_key="k").pk)
    assert len(set(made)) == ChatMessage.objects.count() == 1


def test_a_queued_message_starts_its_delivery_once_committed(
    chatting, django_capture_on_commit_callbacks
) -> None:
    at = datetime(2020, 1, 1).astimezone()
    with django_capture_on_commit_callbacks() as waiting:
        queued(chatting, at, idempotency_key="k")
        queued(chatting, at, idempotency_key="k")
    assert len(waiting) == 1


# --- Delivering ------------------------------------------------------------------------------------


def test_a_due_message_is_sent_once(chatting, adapter, at) -> None:
    telegram = adapter()
    message = queued(chatting, at)
    assert [outbox.deliver(message.pk, at=at) for _ in range(2)] == [True, False]
    assert telegram.sent == ["Hola"]
    assert state(message) == ("sent", "")
    assert now(message).channel_message_id == f"recorded:{message.pk}"


def test_the_gate_is_asked_again_at_the_door(chatting, adapter, at) -> None:
    telegram = adapter()
    message = queued(chatting, at)
    Lead.objects.update(treatment_type="hold")
    outbox.deliver(message.pk, at=at)
    assert (telegram.sent, state(message)) == ([], ("blocked", "on_hold"))


def test_a_draft_begun_before_somebody_took_the_microphone_is_stopped(
    chatting, agent, adapter, at
) -> None:
    telegram = adapter()
    Conversation.objects.update(version=3)
    stale = queued(chatting, at, version=2)
    outbox.deliver(stale.pk, at=at)
    fresh = queued(chatting, at, version=3)
    outbox.deliver(fresh.pk, at=at)
    assert state(stale) == ("blocked", "conversation_moved_on")
    assert (state(fresh), len(telegram.sent)) == (("sent", ""), 1)


def test_marketing_that_is_refused_for_now_is_put_off_and_does_not_count_against_itself(
    chatting, adapter, at
) -> None:
    telegram = adapter()
    config = chatting.broker.brokerleadconfig
    config.max_messages_per_day = 1
    config.save()
    first, second = (
        queued(chatting, at, purpose=Purpose.MARKETING, author=Author.CAMPAIGN) for _ in "ab"
    )
    for message in (first, second):
        outbox.deliver(message.pk, at=at)
    assert (telegram.sent, state(first)) == (["Hola"], ("sent", ""))
    tomorrow = (at + timedelta(days=1)).replace(hour=9)
    assert (state(second), now(second).due_at) == (("pending", "daily_cap"), tomorrow)
    outbox.deliver(second.pk, at=tomorrow)
    assert state(second) == ("sent", "")


def test_a_reminder_that_missed_its_hour_is_skipped(chatting, adapter, at) -> None:
    adapter()
    night = at.replace(hour=23)
    message = queued(chatting, night, purpose=Purpose.REMINDER, author=Author.SYSTEM)
    outbox.deliver(message.pk, at=night)
    assert state(message) == ("blocked", "quiet_hours")


def test_a_channel_that_we_cannot_send_on_fails_visibly(chatting, at) -> None:
    ChannelIdentity.objects.create(
        broker=chatting.broker, lead=chatting, channel="instagram", external_id="i"
    )
    config = chatting.broker.brokerchatconfig
    config.enabled_providers = ["instagram"]
    config.save()
    message = queued(chatting, at, channel=Channel.INSTAGRAM)
    outbox.deliver(message.pk, at=at)
    assert state(message) == ("failed", "channel_not_available")


def test_a_leads_messages_leave_in_order_and_the_next_one_is_called(
    chatting, adapter, at, django_capture_on_commit_callbacks
) -> None:
    telegram = adapter()
    first, second = queued(chatting, at, text="uno"), queued(chatting, at, text="dos")
    assert outbox.deliver(second.pk, at=at) is False
    with django_capture_on_commit_callbacks() as waiting:
        outbox.deliver(first.pk, at=at)
    assert len(waiting) == 2  # the next message, and the count of this one
    outbox.deliver(second.pk, at=at)
    assert telegram.sent == ["uno", "dos"]


# --- Failing ---------------------------------------------------------------------------------------


def test_what_may_pass_is_tried_again_later_and_later_and_then_given_up(
    chatting, adapter, at
) -> None:
    telegram = adapter()
    telegram.error = ChannelError(permanent=False, reason="timeout")
    message, moment, waits = queued(chatting, at), at, []
    for _ in range(delivery.MAX_ATTEMPTS - 1):
        outbox.deliver(message.pk, at=moment)
        assert state(message) == ("pending", "timeout")
        waits.append((now(message).due_at - moment).total_seconds())
        moment = now(message).due_at
    assert waits == [5, 30, 120, 600, 1800]
    outbox.deliver(message.pk, at=moment)
    assert state(message) == ("failed", "timeout")


def test_the_channel_s_own_pause_is_kept(chatting, adapter, at) -> None:
    adapter().error = ChannelError(permanent=False, reason="throttled", retry_after=42)
    message = queued(chatting, at)
    outbox.deliver(message.pk, at=at)
    assert now(message).due_at == at + timedelta(seconds=42)


@pytest.mark.parametrize(("wait", "started"), [(5, 1), (120, 0)])
def test_a_short_wait_is_over_before_the_next_sweep(
    chatting, adapter, wait, started, django_capture_on_commit_callbacks
) -> None:
    at = timezone.now()
    Conversation.objects.filter(lead=chatting).update(last_inbound_at=at)
    adapter().error = ChannelError(permanent=False, reason="throttled", retry_after=wait)
    message = queued(chatting, at)
    with django_capture_on_commit_callbacks(execute=True) as told:
        outbox.deliver(message.pk, at=at)
    assert (state(message), len(told) - 2) == (("pending", "throttled"), started)


def test_what_cannot_pass_fails_at_once(chatting, adapter, at) -> None:
    adapter().error = ChannelError(permanent=True, reason="chat_not_found")
    message = queued(chatting, at)
    outbox.deliver(message.pk, at=at)
    assert (state(message), now(message).attempts) == (("failed", "chat_not_found"), 1)


@pytest.mark.parametrize(
    ("resend_safe", "left"),
    [(True, ("pending", "sender_died")), (False, ("failed", "outcome_unknown"))],
)
def test_a_send_whose_answer_was_never_seen_is_repeated_only_where_that_is_harmless(
    chatting, adapter, at, resend_safe, left
) -> None:
    telegram = adapter(resend_safe=resend_safe)
    message = queued(chatting, at)
    begin_call(message, at)
    within, after = at + delivery.LEASE, at + delivery.LEASE + timedelta(seconds=1)
    assert outbox.recover(at=within) == 0
    assert (outbox.recover(at=after), state(message)) == (1, left)
    assert outbox.deliver(message.pk, at=after) is resend_safe
    assert telegram.sent == ["Hola"] * resend_safe


def test_a_message_that_kills_every_sender_is_not_tried_for_ever(chatting, adapter, at) -> None:
    adapter(resend_safe=True)
    message, moment = queued(chatting, at), at
    for _ in range(delivery.MAX_ATTEMPTS):
        begin_call(message, moment)
        moment += 2 * delivery.LEASE
        outbox.recover(at=moment)
    assert state(message) == ("failed", "outcome_unknown")


def test_a_worker_that_dies_before_the_call_is_no_loss_and_no_riddle(chatting, adapter, at) -> None:
    telegram, message = adapter(), queued(chatting, at)
    assert delivery.claim(message.pk, at=at)
    within, after = at + delivery.LEASE, at + delivery.LEASE + timedelta(seconds=1)
    assert (delivery.due(at=within), delivery.due(at=after)) == ([], [message.pk])
    assert (outbox.recover(at=after), outbox.deliver(message.pk, at=after)) == (0, True)
    assert (state(message), telegram.sent) == (("sent", ""), ["Hola"])


def test_a_message_that_kills_every_sender_before_the_call_is_shown_to_people(
    chatting, adapter, at
) -> None:
    telegram, message, moment = adapter(), queued(chatting, at), at
    for _ in range(delivery.MAX_ATTEMPTS):
        assert delivery.claim(message.pk, at=moment)
        moment += 2 * delivery.LEASE
    assert (outbox.recover(at=moment), outbox.deliver(message.pk, at=moment)) == (1, False)
    assert (state(message), telegram.sent) == (("failed", "interrupted_too_often"), [])


# --- The last moment -------------------------------------------------------------------------------


class Between:
    """A channel in front of which something happens after the gate and before the call."""

    def __init__(self, before: Callable[[], Any]) -> None:
        self.channel, self.resend_safe, self.takes_files = Channel.TELEGRAM, False, False
        self.before, self.sent = before, []

    def send(self, outgoing: base.Outgoing) -> str:
        self.before()
        outgoing.hand_over()
        self.sent.append(outgoing.message.message_text)
        return f"between:{outgoing.message.pk}"


def in_between(before: Callable[[], Any]) -> Between:
    """Stands in for Telegram; the ``adapter`` fixture brings the real one back."""
    made = Between(before)
    base.register(lambda: made)
    return made


@pytest.mark.parametrize("purpose", ["reply", "reminder", "marketing"])
def test_whoever_takes_over_at_the_last_moment_stops_what_the_gate_let_through(
    chatting, adapter, agent, at, purpose
) -> None:
    adapter()
    message = queued(chatting, at, purpose=purpose, version=None)
    telegram = in_between(lambda: handoff.take(chatting, by=agent, at=at))
    assert outbox.deliver(message.pk, at=at)
    assert (state(message), telegram.sent) == (("blocked", "person_took_over"), [])


def test_a_version_that_moved_twice_is_judged_afresh_and_a_stale_draft_goes_nowhere(
    chatting, adapter, agent, conversation, at
) -> None:
    adapter()

    def take_and_give_back() -> None:
        Conversation.objects.filter(lead=chatting).update(version=F("version") + 2)

    draft = queued(chatting, at, version=conversation.version)
    telegram = in_between(take_and_give_back)
    assert outbox.deliver(draft.pk, at=at)
    assert (state(draft), telegram.sent) == (("pending", "conversation_moved_on"), [])
    assert outbox.deliver(draft.pk, at=at)
    assert (state(draft), telegram.sent) == (("blocked", "conversation_moved_on"), [])


def test_a_persons_own_message_leaves_whoever_has_the_microphone(
    chatting, adapter, agent, at
) -> None:
    adapter()
    message = outbox.send_by_person(chatting, by=agent, text="Hola", at=at)
    ChatMessage.objects.filter(pk=message.pk).update(provider="telegram")
    telegram = in_between(lambda: handoff.give_back(chatting, by=agent, at=at))
    assert outbox.deliver(message.pk, at=at)
    assert (state(message)[0], telegram.sent) == ("sent", ["Hola"])


def test_a_sender_that_overslept_its_lease_does_not_send_what_another_has_in_hand(
    chatting, adapter, at
) -> None:
    adapter()
    message = queued(chatting, at)
    late = at + 2 * delivery.LEASE
    telegram = in_between(lambda: delivery.claim(message.pk, at=late))
    assert outbox.deliver(message.pk, at=at)
    held = now(message)
    assert (held.status, held.attempts, telegram.sent) == ("pending", 2, [])
    assert held.lease_until == late + delivery.LEASE


# --- A person writes -------------------------------------------------------------------------------


def test_a_person_who_writes_takes_the_microphone_and_stops_the_assistants_draft(
    chatting, agent, at
) -> None:
    draft = queued(chatting, at, channel=None)
    message = outbox.send_by_person(chatting, by=agent, text="Hola, soy Ana", at=at)
    talk = Conversation.objects.get(lead=chatting)
    assert (talk.holder, talk.held_by) == (Holder.USER, agent)
    assert state(draft) == ("blocked", "person_took_over")
    assert outbox.deliver(message.pk, at=at)
    assert (message.author, message.sent_by, state(message)[0]) == ("user", agent, "sent")


def test_a_person_s_message_is_free_of_night_and_waiting(chatting, agent, at) -> None:
    handoff.ask_for_person(chatting, reason="requested", at=at)
    night = at.replace(hour=23)
    message = outbox.send_by_person(chatting, by=agent, text="Aquí estoy", at=night)
    outbox.deliver(message.pk, at=night)
    assert state(message) == ("sent", "")


def test_the_same_key_of_the_same_person_is_one_message(chatting, agent, agent2, at) -> None:
    one, two, other = (
        outbox.send_by_person(chatting, by=who, text="Hola", at=at, idempotency_key="k")
        for who in (agent, agent, agent2)
    )
    assert (one == two, one == other) == (True, False)


@pytest.mark.parametrize(
    ("text", "change", "error", "code"),
    [
        ("  ", None, DomainError, "blank"),
        ("Hola", "no_identity", NoChannel, "no_channel"),
        ("Hola", "suppressed", Refused, "not_allowed_to_contact"),
    ],
)
def test_a_refused_message_stores_nothing_and_leaves_the_microphone(
    chatting, agent, at, text, change, error, code
) -> None:
    if change == "no_identity":
        ChannelIdentity.objects.all().delete()
    elif change:
        Suppression.objects.create(broker=chatting.broker, identifier=chatting.email, created_at=at)
    with pytest.raises(error) as refusal:
        outbox.send_by_person(chatting, by=agent, text=text, at=at)
    assert refusal.value.code == code
    assert ChatMessage.objects.count() == 0
    assert Conversation.objects.get(lead=chatting).holder == Holder.ASSISTANT


# --- Again, by hand --------------------------------------------------------------------------------


def failed(lead: Lead, at: datetime, **fields) -> ChatMessage:
    message = queued(lead, at, **fields)
    ChatMessage.objects.filter(pk=message.pk).update(status="failed", reason="outcome_unknown")
    return now(message)


def test_what_did_not_arrive_is_sent_again_as_the_persons_own(chatting, agent, adapter, at) -> None:
    telegram = adapter()
    original = failed(chatting, at)
    Conversation.objects.filter(lead=chatting).update(channel=Channel.TELEGRAM)
    again = outbox.resend(original, by=agent, at=at)
    outbox.deliver(again.pk, at=at)
    assert (telegram.sent, state(again), state(original)) == (
        ["Hola"], ("sent", ""), ("failed", "outcome_unknown"),
    )  # fmt: skip
    assert (again.sent_by, again.author, again.purpose) == (agent, Author.USER, Purpose.HUMAN)
    assert Conversation.objects.get(lead=chatting).held_by == agent


@pytest.mark.django_db(transaction=True)
def test_whoever_asks_at_once_or_later_it_is_sent_again_once(chatting, agent, agent2, at) -> None:
    original = failed(chatting, at)
    people = [agent, agent2] * 3
    made = race(6, lambda number: outbox.resend(original, by=people[number], at=at).pk)
    assert len(set(made)) == 1
    assert outbox.resend(original, by=agent, at=at).pk == made[0]
    assert ChatMessage.objects.filter(direction="out").count() == 2


@pytest.mark.parametrize("status", ["pending", "sending", "sent", "delivered", "read"])
def test_what_arrived_or_may_yet_is_not_repeated(chatting, agent, at, status) -> None:
    original = queued(chatting, at, author=Author.USER, purpose=Purpose.HUMAN)
    ChatMessage.objects.filter(pk=original.pk).update(status=status)
    with pytest.raises(Arrived):
        outbox.resend(original, by=agent, at=at)
    assert ChatMessage.objects.filter(direction="out").count() == 1


def test_who_asked_for_silence_is_not_written_to_again(chatting, agent, at) -> None:
    original = failed(chatting, at)
    ChannelIdentity.objects.filter(lead=chatting).update(blocked_at=at)
    with pytest.raises(Refused):
        outbox.resend(original, by=agent, at=at)
    assert ChatMessage.objects.filter(direction="out").count() == 1
