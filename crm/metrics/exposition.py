"""The text that Prometheus reads: sums of all processes, and what the servers know at this moment."""

import json
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from crm import outage, storage
from crm.metrics import database, recording
from crm.metrics.recording import SUM, Counter, Histogram, Metric

CONTENT_TYPE = CONTENT_TYPE_LATEST
FRESH_SECONDS = 5.0  # several who scrape, or one who does so often, cost what one does
GONE_SECONDS = 30.0  # a process that has not told for so long has ended
NAMES = {
    "crm_processes": "Processes that told of themselves lately, by kind and host.",
    "crm_process_resident_bytes": "Memory that these processes hold.",
    "crm_files_up": "Whether the bucket or folder of leads' files can be had.",
    "crm_disk_free_bytes": "Room left where files of leads are kept.",
    "crm_disk_size_bytes": "Room in all where files of leads are kept.",
}

_last: tuple[float, bytes] = (0.0, b"")
_scraping = threading.Lock()  # who comes while another reads waits for that answer


def text() -> bytes:
    global _last
    with _scraping:
        if time.monotonic() - _last[0] > FRESH_SECONDS or not _last[1]:
            registry = CollectorRegistry()
            registry.register(Everything())
            _last = (time.monotonic(), generate_latest(registry))
        return _last[1]


def forget() -> None:
    global _last
    _last = (0.0, b"")


class Everything(Collector):
    """All families, read together."""

    def collect(self) -> Iterator[Any]:
        recording.flush()
        yield from database.families(timezone.now())
        sums, processes = _told()
        yield from _counted(sums)
        yield from _processes(processes)
        yield GaugeMetricFamily(
            "crm_files_up", NAMES["crm_files_up"], value=float(storage.can_be_had())
        )
        yield from _disk()


def _told() -> tuple[dict[str, str], dict[str, str]]:
    """What all processes added up, and themselves; nothing while Redis is away."""
    store: Any = cache
    try:
        with outage.watched():
            sums, processes = store.tallies(recording.SUMS, recording.PROCESSES)
    except (RedisError, OSError):
        return {}, {}
    return sums, processes


def _counted(sums: dict[str, str]) -> Iterator[Any]:
    by_metric: dict[str, dict[tuple[str, ...], dict[str, float]]] = {}
    for field, amount in sums.items():
        name, *values = recording.parts(field)
        metric = recording.declared().get(name)
        if metric is not None and len(values) >= len(metric.labels):  # not of another version
            labels = tuple(values[: len(metric.labels)])
            place = "".join(values[len(metric.labels) :])
            by_metric.setdefault(name, {}).setdefault(labels, {})[place] = float(amount)
    for name, metric in recording.declared().items():
        yield _family(metric, by_metric.get(name, {}))


def _family(metric: Metric, found: dict[tuple[str, ...], dict[str, float]]) -> Any:
    if isinstance(metric, Histogram):
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, amounts in found.items():
            family.add_metric(list(labels), _cumulated(metric, amounts), amounts.get(SUM, 0.0))
        return family
    assert isinstance(metric, Counter)
    counter = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, amounts in found.items():
        counter.add_metric(list(labels), amounts[""])
    return counter


def _cumulated(metric: Histogram, amounts: dict[str, float]) -> list[tuple[str, float]]:
    total, buckets = 0.0, []
    for place, bound in enumerate([*map(str, metric.buckets), "+Inf"]):
        total += amounts.get(str(place), 0.0)
        buckets.append((bound, total))
    return buckets


def _processes(notes: dict[str, str]) -> Iterator[Any]:
    count = _by_kind_and_host("crm_processes")
    memory = _by_kind_and_host("crm_process_resident_bytes")
    alive: dict[tuple[str, str], list[int]] = {}
    gone = []
    for name, note in notes.items():
        process, host = json.loads(note), recording.parts(name)[0]
        if time.time() - process["at"] > GONE_SECONDS:
            gone.append(name)
        else:
            alive.setdefault((process["kind"], host), []).append(process["bytes"])
    for labels, sizes in alive.items():
        count.add_metric(list(labels), len(sizes))
        memory.add_metric(list(labels), sum(sizes))
    _bury(gone)
    yield from (count, memory)


def _by_kind_and_host(name: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, NAMES[name], labels=["kind", "host"])


def _bury(names: Iterable[str]) -> None:
    """Containers get a new name at each start: what ended would stay for ever."""
    if not (gone := list(names)):
        return
    store: Any = cache
    try:
        with outage.watched():
            store.drop(recording.PROCESSES, gone)
    except (RedisError, OSError):
        return


def _disk() -> Iterator[GaugeMetricFamily]:
    """Nothing where files are in a bucket: that has no end of its own."""
    place = storage.disk()
    if place is None:
        return
    try:
        usage = shutil.disk_usage(place)
    except OSError:  # it is made with the first file
        usage = shutil.disk_usage(settings.BASE_DIR)
    for name, value in (("crm_disk_free_bytes", usage.free), ("crm_disk_size_bytes", usage.total)):
        yield GaugeMetricFamily(name, NAMES[name], value=value)
