"""The contract of a channel: how a message leaves, and what may be done when its fate is unknown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar

import httpx

from brokers.models import BrokerChatConfig
from leads import attachments, delivery
from leads.enums import Author, Channel
from leads.errors import ChannelError
from leads.models import Attachment, ChannelIdentity, ChatMessage

T = TypeVar("T")

BLOCKED = "blocked_by_lead"
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class Outgoing:
    """A message on its way: the row, whom it goes to on the channel, and the broker's settings.

    ``template`` is the approved one to send in place of the text: only where the channel's window
    for free text is closed. ``version`` is the conversation's, where it has to be the same still.
    """

    message: ChatMessage
    to: ChannelIdentity | None
    template: dict[str, Any] | None = None
    version: int | None = None

    def hand_over(self) -> None:
        """The last thing before every call that shows the lead something. Raises Overtaken."""
        delivery.hand_over(self.message, version=self.version)

    @property
    def config(self) -> dict[str, Any]:
        """The broker's credentials for the channel, decrypted for whoever sends."""
        return dict(self.settings.provider_configs.get(self.message.provider) or {})

    @property
    def settings(self) -> BrokerChatConfig:
        config: BrokerChatConfig = self.message.lead.broker.brokerchatconfig
        return config

    def credential(self, name: str) -> str:
        value = self.config.get(name)
        if not value:
            raise ChannelError(permanent=True, reason="channel_not_configured")
        return str(value)

    @property
    def address(self) -> str:
        """The lead's id on the channel."""
        if self.to is None:
            raise ChannelError(permanent=True, reason="no_identity")
        return self.to.external_id

    @cached_property
    def files(self) -> list[Attachment]:
        """What goes out with the words; only people send files."""
        return attachments.of(self.message) if self.message.author == Author.USER else []


class Adapter(Protocol):
    """Sends messages of one channel.

    ``resend_safe``: sending the same row twice shows the lead one message, so a send whose answer
    was never seen may be repeated. ``takes_files``: it sends the message's attachments too.
    """

    channel: Channel
    resend_safe: bool
    takes_files: bool

    def send(self, outgoing: Outgoing) -> str | None:
        """Hand the message over; returns the channel's id for it.

        Waiting for a turn, uploading and the like come before ``outgoing.hand_over()``, the call
        that the lead sees comes right after it: a worker that dies earlier is no loss.

        Raises ChannelError: with reason ``blocked_by_lead`` the identity is marked as blocked, and
        with ``outcome_unknown`` the message may have arrived all the same.
        """
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


def send_parts(message: ChatMessage, parts: Sequence[T], send: Callable[[T, int], str]) -> str:
    """Send a long message piece by piece, from the first piece that has not left; the last's id.

    ``send(part, left)`` is told how many pieces come after this one.
    """
    sent = list(message.provider_metadata.get("sent_parts", []))
    for number in range(len(sent), len(parts)):
        left = len(parts) - number - 1
        sent.append(send(parts[number], left))
        if len(parts) > 1:
            delivery.note_parts(message, sent, left=left)
    return str(sent[-1])


def lost_answer(error: BaseException) -> ChannelError:
    """What a failed connection means: a retry where nothing had left, else nobody knows."""
    cause = error.__cause__ or error
    if isinstance(cause, _BEFORE_SENDING):
        return ChannelError(permanent=False, reason="unreachable")
    return ChannelError(permanent=True, reason=delivery.OUTCOME_UNKNOWN)
