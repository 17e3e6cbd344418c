"""Places at the database: how many requests of a process may wait for it at the same time."""

import threading
import time

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
