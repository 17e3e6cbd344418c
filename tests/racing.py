"""Real threads, each with a database connection of its own, that start at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def race(threads: int, work: Callable[[int], Any]) -> list[Any]:
    """What each of the threads got, in order: a result, or the error it ran into."""
    start = Barrier(threads)

    def run(number: int) -> Any:
        start.wait()
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
