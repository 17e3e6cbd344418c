"""Redis for what is neither cache nor queue: short words, asked by scripts of ours."""

import os
from functools import lru_cache

from django.conf import settings
from redis import Redis


def client() -> Redis:
    """The process's own; its limits are the cache's: nobody waits long for a Redis that hangs."""
    return _client(os.getpid())


@lru_cache(maxsize=1)
def _client(pid: int) -> Redis:
    """By process: a forked child must not read its parent's answers."""
    return Redis.from_url(settings.REDIS_URL, **settings.REDIS_TIMEOUTS)
