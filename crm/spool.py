"""Rows that could not be written while the database was away, kept in Redis until it is back."""

import json
import logging
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

from crm.redis_client import client

log = logging.getLogger(__name__)

KEY = "crm:spool"
# Far more than an outage makes, and no more than Redis holds easily; the oldest go first.
LIMIT = 10_000

Row = dict[str, Any]


def put(row: Row) -> bool:
    """Keep a row for later; False where Redis is away too, and the row is in the log only."""
    try:
        with client().pipeline(transaction=False) as pipe:
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
    redis: Any = client()
    count = 0
    while row := redis.lindex(KEY, 0):
        write(json.loads(row))
        redis.lrem(KEY, 1, row)
        count += 1
    return count
