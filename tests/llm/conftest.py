"""A lead who writes on the web chat, and their turns."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from brokers.models import Broker
from leads.inbox import Inbound, receive
from leads.models import ChatMessage
from llm.conversation import Outcome, take_turn

Write = Callable[..., ChatMessage]
Answer = Callable[..., tuple[Outcome, str]]


@pytest.fixture
def write(broker: Broker, at: datetime) -> Write:
    """Post a message as a visitor of the broker's web chat."""
    count = iter(range(10_000))

    def write(text: str, *, minute: float = 0, visitor: str = "visitor") -> ChatMessage:
        return receive(
            Inbound(
                broker=broker,
                channel="webchat",
                external_user=visitor,
                external_id=f"{visitor}:{next(count)}",
                text=text,
                at=at + timedelta(minutes=minute),
            )
        ).message

    return write


@pytest.fixture
def answer(write: Write, at: datetime) -> Answer:
    """Post a message, take the turn, and give its outcome and the reply's text."""

    def answer(text: str, *, minute: float = 0) -> tuple[Outcome, str]:
        message = write(text, minute=minute)
        moment = at + timedelta(minutes=minute, seconds=10)
        outcome = take_turn(message.lead.conversation.pk, at=moment)
        reply = message.lead.messages.filter(direction="out").order_by("-id").first()
        return outcome, reply.message_text if reply else ""

    return answer
