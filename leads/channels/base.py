"""The contract of a channel: how a message leaves, and what may be done when its fate is unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from leads.enums import Channel
from leads.models import ChannelIdentity, ChatMessage


@dataclass(frozen=True)
class Outgoing:
    """A message on its way: the row, whom it goes to on the channel, and the broker's settings."""

    message: ChatMessage
    to: ChannelIdentity | None


class Adapter(Protocol):
    """Sends messages of one channel.

    ``resend_safe``: sending the same row twice shows the lead one message, so a send whose answer
    was never seen may be repeated.
    """

    channel: Channel
    resend_safe: bool

    def send(self, outgoing: Outgoing) -> str | None:
        """Hand the message over; returns the channel's id for it. Raises ChannelError."""
        ...


_adapters: dict[str, Adapter] = {}


def register(make: Callable[[], Adapter]) -> Callable[[], Adapter]:
    """Class decorator: the adapter of its channel from now on."""
    adapter = make()
    _adapters[adapter.channel] = adapter
    return make


def adapter_of(channel: str) -> Adapter | None:
    return _adapters.get(channel)


def available() -> list[str]:
    """The channels that can send."""
    return sorted(_adapters)
