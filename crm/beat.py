"""Beat, any number of times: one leads and sends, the others stand by and see each other alive.

The lease and the time of each last tick are in Redis, where the ticks go: with it away nobody could
send anyhow, and no session of PostgreSQL has to last, which a pooler would not allow. celery-redbeat
keeps the entries themselves there, old ones too, and ends its process when Redis is away.
"""

import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from redis import Redis
from redis.exceptions import RedisError

from crm import alive, redis_client

log = logging.getLogger(__name__)

LEADER, TICKS = "crm:beat:leader", "crm:beat:ticks"
# Who leads renews each second; a dead leader is replaced within four. One that was only held up,
# longer than that, finds itself replaced before it sends.
LEASE_MS, LOOK_SECONDS = 3000, 1.0
# Ours, or nobody's: taken, or renewed.
_LEAD = """
    local leader = redis.call('GET', KEYS[1])
    if leader and leader ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return leader and 1 or 2
"""
# Noted only while it is ours to send: two who both hold themselves for the leader send once.
_NOTE = """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
    return 1
"""
_LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
NOT_OURS, TAKEN = 0, 2


class LeadingScheduler(Scheduler):
    """Celery's own schedule, sent by the one beat that leads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.name = uuid.uuid4().hex
        self.redis: Redis = redis_client.client()
        super().__init__(*args, **{**kwargs, "max_interval": LOOK_SECONDS})

    def tick(self, *args: Any, **kwargs: Any) -> float:
        alive.note("beat")
        try:
            led = self.redis.eval(_LEAD, 1, LEADER, self.name, LEASE_MS)
            if led == TAKEN:
                self._take_over()
        except RedisError as error:
            log.warning("beat waits for Redis: %s", type(error).__name__)
            return LOOK_SECONDS
        if led == NOT_OURS:
            return LOOK_SECONDS
        return float(super().tick(*args, **kwargs))

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Noted before it is sent: a leader that dies between rather misses a tick than doubles it."""
        mine: Any = (LEADER, TICKS, self.name, entry.name, datetime.now(UTC).isoformat())
        try:
            noted = self.redis.eval(_NOTE, 2, *mine)
        except RedisError:
            noted = NOT_OURS
        if noted != NOT_OURS:
            super().apply_entry(entry, producer=producer)

    def close(self) -> None:
        """Who ends in order is replaced within a second."""
        try:
            self.redis.eval(_LEAVE, 1, LEADER, self.name)
        except RedisError:
            log.warning("beat could not give up its lead: it runs out")
        super().close()

    def _take_over(self) -> None:
        """Go on where the last leader stopped: what it has sent is not due again."""
        log.info("beat leads")
        known: Any = self.redis.hgetall(TICKS)
        entries: Any = self.schedule
        for entry in entries.values():
            if at := known.get(entry.name.encode()):
                entry.last_run_at = datetime.fromisoformat(at.decode())
        self._heap = None
