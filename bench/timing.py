"""Percentiles and rates of timed calls."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def summary(seconds: list[float], elapsed: float) -> dict[str, float]:
    """Milliseconds at the middle and the tail, and calls a second."""
    ranked = sorted(seconds)
    return {
        "calls": len(ranked),
        "per_second": round(len(ranked) / elapsed, 1),
        "median_ms": round(statistics.median(ranked) * 1000, 1),
        "p95_ms": round(ranked[int(len(ranked) * 0.95) - 1] * 1000, 1),
    }


def timed(call: Callable[[int], Any], count: int) -> list[float]:
    seconds = []
    for number in range(count):
        started = time.perf_counter()
        call(number)
        seconds.append(time.perf_counter() - started)
    return seconds


def at_once(worker: Callable[[int], list[float]], clients: int) -> dict[str, float]:
    """``clients`` threads, each running its own timed calls."""
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seconds = [one for many in pool.map(worker, range(clients)) for one in many]
    return summary(seconds, time.perf_counter() - started)
