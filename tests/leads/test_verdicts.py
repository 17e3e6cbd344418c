"""What the gate said is kept on the message: the reason, and the moment from which it may go."""

from datetime import timedelta

import pytest

from leads import handoff, outbox
from leads.enums import Author, Channel, Delivery, Purpose
from leads.models import ChatMessage, Conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(chatting, adapter, at):
    adapter(Channel.TELEGRAM)

    def send(purpose: Purpose, *, author=Author.CAMPAIGN, moment=at) -> ChatMessage:
        message = outbox.queue(
            chatting,
            text="Hola",
            author=author,
            purpose=purpose,
            channel=Channel.TELEGRAM,
            at=moment,
        )
        outbox.deliver(message.pk, at=moment)
        message.refresh_from_db()
        return message

    return send


def test_marketing_in_quiet_hours_is_put_off_to_the_morning(send, at) -> None:
    message = send(Purpose.MARKETING, moment=at.replace(hour=22))
    assert (message.status, message.reason) == (Delivery.PENDING, "quiet_hours")
    assert message.due_at == (at + timedelta(days=1)).replace(hour=9)


def test_marketing_over_the_cap_is_put_off_to_the_next_day(send, at) -> None:
    messages = [send(Purpose.MARKETING) for _ in range(3)]
    assert [message.status for message in messages] == ["sent", "sent", "pending"]
    assert (messages[2].reason, messages[2].due_at) == (
        "daily_cap",
        (at + timedelta(days=1)).replace(hour=9),
    )


def test_marketing_is_put_off_by_a_day_while_a_person_holds_the_lead(
    send, chatting, agent, at
) -> None:
    handoff.take(chatting, by=agent, at=at)
    chatting.refresh_from_db()
    message = send(Purpose.MARKETING)
    assert (message.status, message.reason) == (Delivery.PENDING, "held_by_person")
    assert message.due_at == at + timedelta(days=1)


def test_what_waiting_does_not_help_is_blocked_with_its_reason(send, chatting, at) -> None:
    Conversation.objects.filter(lead=chatting).update(last_inbound_at=at - timedelta(hours=25))
    message = send(Purpose.REPLY, author=Author.ASSISTANT)
    assert (message.status, message.reason) == (Delivery.BLOCKED, "reply_too_late")
