"""Counting limits per key and window, which fail open when the cache is away."""

import logging
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from crm import outage

log = logging.getLogger(__name__)


def exceeded(key: str, *, limit: int, seconds: int, count: int = 1) -> bool:
    """Count ``count`` more under ``key`` in the current window; True when that is over the limit."""
    window = int(time.time()) // seconds
    counter = f"limit:{key}:{window}"
    try:
        with outage.watched():
            cache.add(counter, 0, seconds)
            return bool(cache.incr(counter, count) > limit)
    except (RedisError, OSError, ValueError):
        log.warning("limits are not counted: the cache is away")
        return False


def address_of(request: HttpRequest) -> str:
    """The caller's address, past as many proxies as PROXY_COUNT says we run."""
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    behind = settings.PROXY_COUNT
    if behind and len(hops) >= behind and hops[-behind].strip():
        return hops[-behind].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
