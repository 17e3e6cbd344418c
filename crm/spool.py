"""Rows that could not be written while the database was away, kept in Redis until it is back."""

import json
import logging
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

KEY = "crm:spool"
# Far more than an outage makes, and no more than Redis holds easily; the oldest go first.
LIMIT = 10_000

Row = dict[str, Any]


@lru_cache(maxsize=1)
def client(pid: int) -> Redis:
    """A forked child's own; its limits are the cache's: nobody waits long for a Redis that hangs."""
    return Redis.from_url(settings.REDIS_URL, **settings.REDIS_TIMEOUTS)


def put(row: Row) -> bool:
    """Keep a row for later; False where Redis is away too, and the row is in the log only."""
    try:
        with client(os.getpid()).pipeline(transaction=False) as pipe:
            pipe.rpush(KEY, json.dumps(row))
            pipe.ltrim(KEY, -LIMIT, -1)
            pipe.execute()
    except RedisError as error:
        log.critical("neither database nor Redis took a row: %s", type(error).__name__)
        return False
    return True


def empty(write: Callable[[Row], Any]) -> int:
    """Write what waits, oldest first; returns how many.

    A row leaves once it is written: whoever dies between leaves it to be written once more, so
    ``write`` must not mind.
    """
    redis, count = client(os.getpid()), 0
    while kept := redis.lindex(KEY, 0):
        write(json.loads(kept))
        redis.lrem(KEY, 1, kept)
        count += 1
    return count
