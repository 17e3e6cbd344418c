"""Counters and histograms of this process, added to those of all others every few seconds.

They go through Redis, not through files or ports of each process: so that web and workers on any
number of hosts are read at one address, and a process that ends takes nothing with it. While Redis
is away they wait here. Without a token for ``/metrics`` nothing is counted at all.
"""

import atexit
import json
import logging
import os
import socket
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from crm import outage

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0  # a figure is this late at most; each flush is one round trip a process
SUMS, PROCESSES = "metrics:sums:1", "metrics:processes"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_BETWEEN = "\x1f"  # separates labels within a field's name
SUM = "sum"

_declared: dict[str, "Metric"] = {}


@dataclass(frozen=True)
class Metric:
    """A figure that processes count. Its labels take few values: no rows, people or brokers."""

    name: str
    help: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        _declared[self.name] = self

    def field(self, values: Sequence[str], *more: str) -> str:
        assert len(values) == len(self.labels)
        return _BETWEEN.join([self.name, *values, *more])


@dataclass(frozen=True)
class Counter(Metric):
    """Only ever grows; its name ends in ``_total``."""

    def inc(self, *values: str) -> None:
        _pending.add({self.field(values): 1.0})

    def inc_on_commit(self, *values: str) -> None:
        """Of what is written in the transaction at work: rolled back, it never was."""
        transaction.on_commit(lambda: self.inc(*values), robust=True)


@dataclass(frozen=True)
class Histogram(Metric):
    """How many took how long, by the bounds of ``buckets`` in seconds."""

    buckets: tuple[float, ...] = SECONDS

    def observe(self, seconds: float, *values: str) -> None:
        place = str(bisect_left(self.buckets, seconds))
        _pending.add({self.field(values, place): 1.0, self.field(values, SUM): seconds})


def declared() -> dict[str, Metric]:
    return _declared


def parts(field: str) -> list[str]:
    """A field's name as the metric's, its labels, and a histogram's bucket or ``sum``."""
    return field.split(_BETWEEN)


class Pending:
    """What this process counted since it last told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # requests and tasks count from several threads
        self._amounts: dict[str, float] = {}
        self._writer: threading.Thread | None = None
        self.kind = "web"

    def add(self, amounts: dict[str, float]) -> None:
        if not settings.METRICS_TOKEN:
            return
        with self._lock:
            for field, amount in amounts.items():
                self._amounts[field] = self._amounts.get(field, 0.0) + amount
        self.start()

    def start(self) -> None:
        """The thread that tells: begun by the first figure, so never before a process forks."""
        with self._lock:
            if self._writer is None and settings.METRICS_TOKEN:
                self._writer = threading.Thread(target=_tell_forever, name="metrics", daemon=True)
                self._writer.start()

    def take(self) -> dict[str, float]:
        with self._lock:
            taken, self._amounts = self._amounts, {}
        return taken

    def forget(self) -> None:
        """In a forked child: what the parent counted is the parent's to tell."""
        self._lock, self._amounts, self._writer = threading.Lock(), {}, None


_pending = Pending()
os.register_at_fork(after_in_child=_pending.forget)


def become(kind: str) -> None:
    """Say what this process is (web, worker, beat), and that it is there before it counts."""
    _pending.kind = kind
    _pending.start()


def forget() -> None:
    _pending.take()


def flush() -> bool:
    """Add what was counted to everybody's; with Redis away it stays here for the next time."""
    taken = _pending.take()
    name = f"{socket.gethostname()}{_BETWEEN}{os.getpid()}"
    note = {"kind": _pending.kind, "at": time.time(), "bytes": _resident_bytes()}
    try:
        with outage.watched():
            store: Any = cache
            store.tally(SUMS, taken, {PROCESSES: {name: json.dumps(note)}})
    except (RedisError, OSError):
        _pending.add(taken)
        return False
    return True


def _tell_forever() -> None:
    while True:
        time.sleep(EVERY_SECONDS)
        flush()


def _resident_bytes() -> int:
    """What the process holds of the machine's memory; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@atexit.register
def _tell_the_rest() -> None:
    if _pending._writer is not None:
        flush()
