"""Keeps to the pace that a vendor allows: a sender waits for its turn, which all workers share."""

import math
import time
from typing import NamedTuple

from brokers.models import BrokerChatConfig
from crm import limits
from leads.errors import ChannelError

SECONDS_WAITED = 3


class Pace(NamedTuple):
    """So many messages in so many seconds, counted under a key."""

    key: str
    limit: int
    seconds: int = 1


def allowed(config: BrokerChatConfig, name: str, usual: int) -> int:
    """What the broker set under ``rate_limits``, where that is a number."""
    given = (config.rate_limits or {}).get(name, usual)
    return given if type(given) is int and given >= 0 else usual


def wait(*paces: Pace, messages: int = 1) -> None:
    """Wait a little for a turn in each; else ChannelError says when the next one comes.

    More ``messages`` than a pace lets through at once go alone.
    """
    patience = time.monotonic() + SECONDS_WAITED
    for pace in paces:
        count = min(messages, max(pace.limit, 1))
        while limits.exceeded(pace.key, limit=pace.limit, seconds=pace.seconds, count=count):
            until_next = pace.seconds - time.time() % pace.seconds
            if time.monotonic() + until_next > patience:
                raise ChannelError(
                    permanent=False, reason="rate_limited", retry_after=math.ceil(until_next)
                )
            time.sleep(until_next)
