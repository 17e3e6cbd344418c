"""Work of one brokerage never stands before another's: each has a lane of its own for each task.

Of a lane only a few pieces of work are in the workers' queue or in their hands at a time; the rest
waits beside it, in Redis, and moves up when one is done. So a brokerage with thousands of due
messages puts a handful of them before another's single one. Where a lane's work takes long, as with
a vendor that hangs, one piece of it is done at a time: the other workers are free for others.

Nothing depends on it: what is owed is a row, and the sweep that looks for it makes up for whatever
is lost here. The same work waits once, however often a sweep finds it. With Redis away the queue
is away too.
"""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from crm import outage, redis_client, rowsecurity

log = logging.getLogger(__name__)

HEADER = "lane"
PREFIX = "lane:"
# An entry that was not taken for so long may be lost, with its queue or its worker: its place is
# free again. Where it was only slow, one more than usual stands in the queue.
QUEUED_SECONDS = 10
# The work of a worker that died counts for so long.
RUNNING_SECONDS = 60
LONG_SECONDS = 3.0  # what takes longer makes its lane slow
SLOW_SECONDS = 60  # for so long after it
KEPT_SECONDS = 3600  # what waits, at most

_TIDY = """
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
    local most = redis.call('EXISTS', KEYS[4]) == 1 and 1 or tonumber(ARGV[2])
"""
# As many as there is room for leave the waiting line for the queue.
_MOVE_UP = """
    local room = most - redis.call('ZCARD', KEYS[1]) - redis.call('ZCARD', KEYS[2])
    local moved = {}
    while room > 0 do
        local next = redis.call('ZPOPMIN', KEYS[3])[1]
        if not next then break end
        redis.call('ZADD', KEYS[1], ARGV[1] + ARGV[4], next)
        moved[#moved + 1] = next
        room = room - 1
    end
    redis.call('EXPIRE', KEYS[1], ARGV[5])
    return moved
"""
OFFER = f"""{_TIDY}
    if not redis.call('ZSCORE', KEYS[1], ARGV[3]) then
        redis.call('ZADD', KEYS[3], 'NX', ARGV[1], ARGV[3])
        redis.call('EXPIRE', KEYS[3], ARGV[5])
    end
    {_MOVE_UP}
"""
BEGIN = f"""{_TIDY}
    redis.call('ZREM', KEYS[1], ARGV[3])
    if redis.call('ZCARD', KEYS[2]) >= most and not redis.call('ZSCORE', KEYS[2], ARGV[3]) then
        -- Its turn had come: before all that waits.
        redis.call('ZADD', KEYS[3], ARGV[1] - ARGV[5], ARGV[3])
        redis.call('EXPIRE', KEYS[3], ARGV[5])
        return 0
    end
    redis.call('ZADD', KEYS[2], ARGV[1] + ARGV[4], ARGV[3])
    redis.call('EXPIRE', KEYS[2], ARGV[5])
    return 1
"""
END = f"""
    redis.call('ZREM', KEYS[2], ARGV[3])
    if ARGV[6] ~= '0' then redis.call('SET', KEYS[4], 1, 'EX', ARGV[6]) end
    {_TIDY}
    {_MOVE_UP}
"""


@dataclass(frozen=True)
class Work:
    """A call of a task, and which try of it this is."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    retries: int = 0

    @property
    def member(self) -> str:
        return json.dumps([list(self.args), dict(self.kwargs), self.retries], sort_keys=True)

    @classmethod
    def of(cls, member: str) -> "Work":
        args, kwargs, retries = json.loads(member)
        return cls(tuple(args), kwargs, retries)


def lane_of(task: Any, work: Work, priority: int) -> str | None:
    """Whose work it is, and what kind; None for what belongs to no brokerage, or to one that is gone."""
    if not getattr(task, "tenant", ""):
        return None
    try:
        broker_id = _broker_of(task, work)
    except (DatabaseError, InterfaceError):  # away: what follows will say so
        return None
    return None if broker_id is None else f"{task.name}:{priority}:{broker_id}"


def _broker_of(task: Any, work: Work) -> int | None:
    tenant = rowsecurity.current()
    if tenant not in (rowsecurity.NOBODY, rowsecurity.EVERYBODY):
        return int(tenant)
    pk = next(iter(work.args or work.kwargs.values()), None)
    found = rowsecurity.owners(apps.get_model(task.tenant), pk)
    return found[0] if found else None


def offer(lane: str, work: Work) -> list[Work]:
    """Add to what waits in a lane; returns what is to be queued now: this, or what waited for longer."""
    moved = _run(OFFER, lane, work.member, QUEUED_SECONDS)
    return [work if each == work.member else Work.of(each) for each in moved]


def begin(lane: str, work: Work) -> bool:
    """Whether this may be done now; else it waits for others of its lane, and comes again by itself."""
    try:
        return bool(_run(BEGIN, lane, work.member, RUNNING_SECONDS))
    except (RedisError, OSError) as error:
        log.warning("lanes let everybody pass: %s", type(error).__name__)
        return True


def end(lane: str, work: Work, *, seconds: float) -> list[Work]:
    """Done, after so long; returns what is to be queued in its place."""
    slow = SLOW_SECONDS if seconds >= LONG_SECONDS else 0
    try:
        return [Work.of(each) for each in _run(END, lane, work.member, QUEUED_SECONDS, slow)]
    except (RedisError, OSError) as error:
        log.warning("a lane waits for its sweep: %s", type(error).__name__)
        return []


def _run(script: str, lane: str, member: str, seconds: int, slow: int = 0) -> Any:
    kinds = ("queued", "running", "waiting", "slow")
    keys = [f"{PREFIX}{lane}:{kind}" for kind in kinds]
    most = settings.WORK_AT_ONCE
    with outage.watched():
        answer: Any = redis_client.client().eval(
            script, len(keys), *keys, time.time(), most, member, seconds, KEPT_SECONDS, slow
        )
    return [each.decode() for each in answer] if isinstance(answer, list) else answer
