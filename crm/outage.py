"""What a process remembers of a Redis that did not answer: nobody waits for it twice in a row."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

LONG_SECONDS = 0.3
PAUSE_SECONDS = 5.0

_unasked_until = 0.0


class StillAway(OSError):
    """It did not answer a moment ago: not asked again."""


@contextmanager
def watched() -> Iterator[None]:
    """Raises StillAway, unasked, for some seconds after a failure that took long.

    A refusal costs no time and may be one broken connection of many: it is not remembered.
    """
    global _unasked_until
    began = time.monotonic()
    if began < _unasked_until:
        raise StillAway
    try:
        yield
    except Exception:
        now = time.monotonic()
        if now - began >= LONG_SECONDS:
            _unasked_until = now + PAUSE_SECONDS
        raise


def forget() -> None:
    global _unasked_until
    _unasked_until = 0.0
