"""Places at the database: how many requests of a process may wait for it at the same time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from crm.errors import RETRY_AFTER, Unavailable

# Nobody came or went for so long, with every place taken: the database hangs, and who comes now is
# turned away at once. While some go, the others may wait their turn.
STILL_SECONDS = 3.0
LOOK_SECONDS = 0.2


class Places:
    """Counts who is in; safe for threads."""

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)
        self._moved = time.monotonic()

    def enter(self) -> bool:
        """Take a place, after a wait where others go on; False where nothing moves."""
        while not self._free.acquire(timeout=LOOK_SECONDS):
            if time.monotonic() - self._moved > STILL_SECONDS:
                return False
        self._moved = time.monotonic()
        return True

    def leave(self) -> None:
        self._moved = time.monotonic()
        self._free.release()


class Place:
    """One request's, from entering to leaving; it may be given to others for a while."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._is_in = False

    def take(self) -> None:
        """Raises Unavailable where the database hangs."""
        if not self._places.enter():
            raise Unavailable(retry_after=RETRY_AFTER)
        self._is_in = True

    def leave(self) -> None:
        """As often as one likes."""
        if self._is_in:
            self._is_in = False
            self._places.leave()


_mine: ContextVar[Place | None] = ContextVar("place", default=None)


@contextmanager
def holding(place: Place) -> Iterator[None]:
    """Within it ``stepped_out`` knows whose place it is."""
    token = _mine.set(place)
    try:
        yield
    finally:
        _mine.reset(token)


@contextmanager
def stepped_out() -> Iterator[None]:
    """Long work that needs no database: meanwhile another request has the place."""
    place = _mine.get()
    if place is None:
        yield
        return
    place.leave()
    try:
        yield
    finally:
        place.take()
