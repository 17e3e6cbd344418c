"""Keeps to the pace that a vendor allows: a sender waits for its turn, which all workers share."""

import math
import time
from typing import NamedTuple

from brokers.models import BrokerChatConfig
from crm import limits
from crm.limits import Limit
from leads.enums import PUSHED
from leads.errors import ChannelError
from leads.models import ChatMessage

SECONDS_WAITED = 3
FARTHEST_SECONDS = 55  # nearer than the next sweep


class Pace(NamedTuple):
    """So many messages in so many seconds, counted under a key."""

    key: str
    limit: int
    seconds: int = 1


def allowed(config: BrokerChatConfig, name: str, usual: int) -> int:
    """What the broker set under ``rate_limits``, where that is a number."""
    given = (config.rate_limits or {}).get(name, usual)
    return given if type(given) is int and given >= 0 else usual


def patience(message: ChatMessage) -> float:
    """Seconds that a sender stands by: none where nobody waits for the message."""
    return 0 if message.purpose in PUSHED else SECONDS_WAITED


def wait(*paces: Pace, messages: int = 1, patience: float | None = None) -> None:
    """Wait a little for a turn in each; else ChannelError says when it should come.

    More ``messages`` than a pace lets through at once go alone.
    """
    until = time.monotonic() + (SECONDS_WAITED if patience is None else patience)
    for pace in paces:
        count = min(messages, max(pace.limit, 1))
        while behind := limits.over(Limit(pace.key, pace.limit, pace.seconds, count)):
            until_next = pace.seconds - limits.now() % pace.seconds
            if time.monotonic() + until_next > until:
                raise ChannelError(
                    permanent=False,
                    reason="rate_limited",
                    retry_after=_turn(pace, behind, until_next),
                )
            time.sleep(until_next)


def _turn(pace: Pace, behind: int, until_next: float) -> int:
    """Seconds to the window for whoever is so far behind: a crowd does not come back at once."""
    windows = (behind - 1) // max(pace.limit, 1)
    return min(math.ceil(until_next + windows * pace.seconds), FARTHEST_SECONDS)
