"""Shows the lead that an answer is being written, where the channel can; never waited for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crm import rehearsal
from leads.models import ChannelIdentity, Conversation

Stop = Callable[[], Any]
Show = Callable[[dict[str, Any], str], Stop | None]

_shows: dict[str, Show] = {}


def register(channel: str, show: Show) -> None:
    """``show(config, address)`` starts the sign in the background and returns what ends it."""
    _shows[channel] = show


@contextmanager
def shown(conversation: Conversation) -> Iterator[None]:
    stop = _start(conversation)
    try:
        yield
    finally:
        if stop is not None:
            stop()


def _start(conversation: Conversation) -> Stop | None:
    show = _shows.get(conversation.channel)
    if show is None or rehearsal.is_on():
        return None
    known = ChannelIdentity.objects.filter(
        lead_id=conversation.lead_id, channel=conversation.channel, blocked_at__isnull=True
    )
    address = known.order_by("-id").values_list("external_id", flat=True).first()
    config = conversation.lead.broker.brokerchatconfig.provider_configs.get(conversation.channel)
    return show(dict(config), address) if address and config else None
