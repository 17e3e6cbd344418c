"""A crowd that signs in waits for itself: hashing a password takes a third of a second of a core.

One at a time in each process, without a place at the database, and only few stand by: whoever else
comes with a password is asked to come again, before the try counts.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from crm import places
from crm.errors import TooMany

AT_ONCE = 1  # in a process: more would only share the core, and slow what pages need of it
STANDING_BY = 2  # each holds a thread, of which there are WEB_THREADS for everybody
COME_AGAIN_SECONDS = 2

_at_work = threading.Semaphore(AT_ONCE)
_present = threading.Semaphore(AT_ONCE + STANDING_BY)


@contextmanager
def admitted() -> Iterator[None]:
    """Around a try with a password, from before it is counted; raises TooMany for a crowd's."""
    if not _present.acquire(blocking=False):
        raise TooMany(retry_after=COME_AGAIN_SECONDS)
    try:
        yield
    finally:
        _present.release()


@contextmanager
def at_work() -> Iterator[None]:
    """Around a hash; waits for those that came before."""
    with places.stepped_out(), _at_work:
        yield
