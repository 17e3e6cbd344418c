"""A circuit breaker per vendor, shared between workers; open when the vendor keeps failing."""

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from crm import outage

log = logging.getLogger(__name__)

FAILURES = 5
OPEN_SECONDS = 30


def is_open(vendor: str) -> bool:
    """Whether calls to the vendor should not even be tried; without Redis they always may."""
    try:
        with outage.watched():
            return bool((cache.get(_key(vendor)) or 0) >= FAILURES)
    except (RedisError, OSError):
        return False


def failed(vendor: str) -> None:
    try:
        with outage.watched():
            cache.add(_key(vendor), 0, OPEN_SECONDS)
            if cache.incr(_key(vendor)) == FAILURES:
                cache.touch(_key(vendor), OPEN_SECONDS)
                log.warning("breaker of %s opens for %s s", vendor, OPEN_SECONDS)
    except (RedisError, OSError, ValueError):
        log.warning("breaker of %s not counted: the cache is away", vendor)


def succeeded(vendor: str) -> None:
    try:
        with outage.watched():
            cache.delete(_key(vendor))
    except (RedisError, OSError):
        log.warning("breaker of %s not reset: the cache is away", vendor)


def _key(vendor: str) -> str:
    return f"breaker:{vendor}"
