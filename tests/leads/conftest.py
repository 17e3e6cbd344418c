"""A lead who writes on the web chat, and channels that the test watches."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from brokers.models import Broker
from leads.channels import base
from leads.enums import Channel
from leads.inbox import Inbound, Received, receive
from leads.models import ChatMessage, Conversation, Lead
from tests.factories import ChannelIdentityFactory, ConversationFactory, LeadFactory

Write = Callable[..., ChatMessage]


@pytest.fixture
def inbound(broker: Broker, at: datetime) -> Callable[..., Inbound]:
    numbers = count()

    def inbound(text: str = "hola", *, minute: float = 0, **other: Any) -> Inbound:
        fields = {"channel": Channel.WEBCHAT, "external_user": "visitor", **other}
        fields.setdefault("external_id", f"{fields['external_user']}:{next(numbers)}")
        return Inbound(broker=broker, text=text, at=at + timedelta(minutes=minute), **fields)

    return inbound


@pytest.fixture
def write(inbound: Callable[..., Inbound]) -> Callable[..., Received]:
    """Post a message as a visitor of the broker's web chat."""
    return lambda *args, **fields: receive(inbound(*args, **fields))


@pytest.fixture
def chatting(broker: Broker, at: datetime) -> Lead:
    """A lead who wrote a minute ago on the web chat, and is known by phone and e-mail."""
    lead = LeadFactory(broker=broker, email="camila@example.com")
    ConversationFactory(
        broker=broker, lead=lead, last_inbound_at=at - timedelta(minutes=1), last_inbound_id=1
    )
    for channel in (Channel.WEBCHAT, Channel.WHATSAPP, Channel.TELEGRAM):
        ChannelIdentityFactory(
            broker=broker, lead=lead, channel=channel, external_id=f"{channel}-1"
        )
    return Lead.objects.select_related("broker__brokerleadconfig").get(pk=lead.pk)


@pytest.fixture
def conversation(chatting: Lead) -> Conversation:
    return Conversation.objects.get(lead=chatting)


class Recorded:
    """An adapter that notes what it sends, and fails as the test says."""

    def __init__(self, channel: Channel, *, resend_safe: bool) -> None:
        self.channel = channel
        self.resend_safe = resend_safe
        self.sent: list[str] = []
        self.error: Exception | None = None

    def send(self, outgoing: base.Outgoing) -> str | None:
        outgoing.hand_over()
        if self.error is not None:
            raise self.error
        self.sent.append(outgoing.message.message_text)
        return f"recorded:{outgoing.message.pk}"


@pytest.fixture
def adapter() -> Iterator[Callable[..., Recorded]]:
    """Stand in for a channel's adapter; the real one comes back afterwards."""
    before = dict(base._adapters)

    def stand_in(channel: Channel = Channel.TELEGRAM, *, resend_safe: bool = False) -> Recorded:
        made = Recorded(channel, resend_safe=resend_safe)
        base.register(lambda: made)
        return made

    yield stand_in
    base._adapters.clear()
    base._adapters.update(before)
