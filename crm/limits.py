"""Counting limits per key and window, which fail open when the cache is away."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from crm import outage

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """So many under one key in each window of so many seconds; ``count`` of them at once now."""

    key: str
    most: int
    seconds: int
    count: int = 1

    @property
    def counter(self) -> str:
        """The name of the current window."""
        return f"limit:{self.key}:{int(time.time()) // self.seconds}"


def exceeded(key: str, *, limit: int, seconds: int, count: int = 1) -> bool:
    """Count ``count`` more under ``key`` in the current window; True when that is over the limit."""
    return over(Limit(key, limit, seconds, count)) > 0


def over(limit: Limit) -> int:
    """By how many the window is over its limit with these; 0 where it is not."""
    return max(sum(_counted([limit])) - limit.most, 0)


def first_exceeded(limits: Sequence[Limit]) -> Limit | None:
    """Count under each, in one round trip; the first of them that is over."""
    found = zip(_counted(limits), limits, strict=False)
    return next((limit for count, limit in found if count > limit.most), None)


def _counted(limits: Sequence[Limit]) -> list[int]:
    """The counts in the limits' order; none while the cache is away."""
    told = {limit.counter: (limit.seconds, limit.count) for limit in limits}
    try:
        with outage.watched():
            counts: list[int] = cache.count(told)  # type: ignore[attr-defined]
    except (RedisError, OSError, ValueError):
        log.warning("limits are not counted: the cache is away")
        return []
    return counts


def address_of(request: HttpRequest) -> str:
    """The caller's address, past as many proxies as PROXY_COUNT says we run."""
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    behind = settings.PROXY_COUNT
    if behind and len(hops) >= behind and hops[-behind].strip():
        return hops[-behind].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
