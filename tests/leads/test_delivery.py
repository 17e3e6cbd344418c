"""Delivery states: claimed by one, in order, and never two ways at once."""

from datetime import timedelta

import pytest

from leads import delivery, outbox
from leads.enums import Channel, Delivery, Purpose
from leads.errors import ChannelError
from leads.models import ChatMessage, Conversation, Lead
from tests.channels import begin_call
from tests.factories import ChatMessageFactory, LeadFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def draft(chatting, at):
    def draft(status: str = "pending", *, lead: Lead = chatting, due=at, **fields) -> ChatMessage:
        made = {"direction": "out", "author": "assistant", "at": at, **fields}
        return ChatMessageFactory(broker=lead.broker, lead=lead, status=status, due_at=due, **made)

    return draft


def states(*messages: ChatMessage) -> list[str]:
    return [ChatMessage.objects.get(pk=each.pk).status for each in messages]


def test_a_message_is_claimed_when_it_is_due(draft, at) -> None:
    message = draft(due=at + SECOND)
    assert delivery.claim(message.pk, at=at) is False
    assert delivery.claim(message.pk, at=at + SECOND) is True
    assert delivery.claim(message.pk, at=at + SECOND) is False
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Delivery.PENDING, 1)
    assert message.lease_until == at + SECOND + delivery.LEASE


@pytest.mark.parametrize("status", ["sending", "sent", "delivered", "read", "failed", "blocked"])
def test_only_pending_messages_are_claimed(draft, at, status) -> None:
    assert delivery.claim(draft(status).pk, at=at) is False


@pytest.mark.parametrize(
    ("earlier", "waits"),
    [("pending", True), ("sending", True), ("sent", False), ("failed", False), ("blocked", False)],
)
def test_messages_of_a_lead_leave_in_order(draft, at, earlier, waits) -> None:
    draft(earlier)
    assert delivery.claim(draft().pk, at=at) is not waits


def test_what_leaves_later_and_other_leads_hold_nobody_up(draft, broker, at) -> None:
    draft(due=at + SECOND)
    draft(lead=LeadFactory(broker=broker))
    assert delivery.claim(draft().pk, at=at) is True


@pytest.mark.django_db(transaction=True)
def test_of_twenty_workers_one_claims_a_message(draft, at) -> None:
    message = draft()
    claims = race(20, lambda _: delivery.claim(message.pk, at=at))
    assert (claims.count(True), claims.count(False)) == (1, 19)
    assert ChatMessage.objects.get(pk=message.pk).attempts == 1


def test_a_sent_message_is_the_last_contact(draft, chatting, at) -> None:
    message = draft()
    begin_call(message, at)
    assert delivery.mark_sent(message, external_id="x:1", at=at) is True
    message.refresh_from_db()
    assert (message.status, message.channel_message_id, message.lease_until) == (
        "sent",
        "x:1",
        None,
    )
    assert Lead.objects.get(pk=chatting.pk).last_contacted == at
    assert Conversation.objects.get(lead=chatting).last_outbound_at == at


@pytest.mark.parametrize("settle", ["mark_sent", "put_off", "fail", "block"])
def test_who_no_longer_holds_the_message_settles_nothing(draft, chatting, at, settle) -> None:
    message = draft("failed", reason="outcome_unknown")
    words = {
        "mark_sent": {"external_id": "x"},
        "put_off": {"until": at, "reason": "r"},
        "fail": {"reason": "r"},
        "block": {"reason": "r"},
    }[settle]
    assert getattr(delivery, settle)(message, at=at, **words) is False
    assert states(message) == ["failed"]
    assert Lead.objects.get(pk=chatting.pk).last_contacted is None


LADDER = ["sending", "sent", "delivered", "read"]


@pytest.mark.parametrize("status", [*LADDER, "failed", "blocked", "pending"])
@pytest.mark.parametrize("to", ["sent", "delivered", "read"])
def test_receipts_of_the_channel_move_forward_only(draft, at, status, to) -> None:
    message = draft(status)
    rises = status in LADDER[1:] and LADDER.index(status) < LADDER.index(to)
    assert delivery.progress(message, to=Delivery(to), at=at) is rises
    assert states(message) == [to if rises else status]


def test_withdrawing_may_be_for_some_purposes_and_one_channel(draft, chatting, at) -> None:
    here = draft(purpose="marketing", provider="telegram")
    elsewhere = draft(purpose="marketing", provider="whatsapp")
    reply = draft(purpose="reply", provider="telegram")
    gone = delivery.withdraw(
        chatting, reason="opted_out", at=at, purposes=[Purpose.MARKETING], channel="telegram"
    )
    assert (gone, states(here, elsewhere, reply)) == (1, ["blocked", "pending", "pending"])
    assert delivery.withdraw(chatting, reason="x", at=at) == 2


def test_due_and_abandoned_messages_are_found(draft, at) -> None:
    now, later = draft(), draft(due=at + SECOND)
    lost = draft("sending", lease_until=at - SECOND)
    draft("sending", lease_until=at + SECOND)
    assert delivery.due(at=at) == [now.pk]
    assert delivery.due(at=at + SECOND) == [now.pk, later.pk]
    assert delivery.abandoned(at=at) == [lost]


def test_the_next_of_the_lead_is_found_once_its_turn_came(draft, at) -> None:
    first, second, _ = draft("sent"), draft(), draft()
    assert delivery.next_due(first, at=at) == second
    assert delivery.next_due(first, at=at - SECOND) is None


# --- Order and attempts ----------------------------------------------------------------------------


def _due(lead, at, **fields) -> ChatMessage:
    told = {"author": "assistant", "purpose": "reply", "channel": "telegram", **fields}
    return outbox.queue(lead, text="Hola", at=at, **told)


def test_what_a_channel_did_not_take_is_not_overtaken_there(chatting, adapter, at) -> None:
    telegram, whatsapp = adapter(), adapter(Channel.WHATSAPP)
    first, second = (_due(chatting, at) for _ in "ab")
    elsewhere = _due(chatting, at, channel="whatsapp")
    telegram.error = ChannelError(permanent=False, reason="unreachable")
    assert outbox.deliver(first.pk, at=at)
    telegram.error = None
    assert not outbox.deliver(second.pk, at=at + timedelta(seconds=1))
    second_seen = ChatMessage.objects.get(pk=second.pk)
    assert (second_seen.status, second_seen.attempts) == ("pending", 0)
    assert delivery.next_due(first, at=at + timedelta(seconds=1)) is not None
    assert outbox.deliver(first.pk, at=at + timedelta(seconds=5))
    assert outbox.deliver(second.pk, at=at + timedelta(seconds=6))
    assert len(telegram.sent) == 2
    assert outbox.deliver(elsewhere.pk, at=at + timedelta(seconds=7))
    assert len(whatsapp.sent) == 1


def test_another_channel_is_not_silenced_by_one_that_is_down(chatting, adapter, at) -> None:
    telegram, whatsapp = adapter(), adapter(Channel.WHATSAPP)
    telegram.error = ChannelError(permanent=False, reason="unreachable")
    outbox.deliver(_due(chatting, at).pk, at=at)
    assert outbox.deliver(_due(chatting, at, channel="whatsapp").pk, at=at)
    assert len(whatsapp.sent) == 1


def test_what_the_gate_puts_off_has_all_its_attempts_left_and_holds_nothing_up(
    chatting, adapter, at
) -> None:
    telegram = adapter()
    night = at.replace(hour=22)
    campaign = {"author": "campaign", "purpose": "marketing"}
    waiting = _due(chatting, night, **campaign)
    Conversation.objects.filter(lead=chatting).update(last_inbound_at=night)
    for _ in range(delivery.MAX_ATTEMPTS + 1):
        ChatMessage.objects.filter(pk=waiting.pk).update(due_at=night)
        assert outbox.deliver(waiting.pk, at=night)
    stored = ChatMessage.objects.get(pk=waiting.pk)
    assert (stored.status, stored.reason, stored.attempts) == ("pending", "quiet_hours", 0)
    assert outbox.deliver(_due(chatting, night).pk, at=night)
    assert len(telegram.sent) == 1
