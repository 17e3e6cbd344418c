"""Work that is tried and undone: it locks nothing that others wait for, and tells nobody.

Its transaction stays open while a model thinks and is rolled back at the end. So rows of the
brokerage that everybody needs (agents, the broker) are not locked in it, and what must outlast it
is written on a connection of its own.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

from django.db import connection, transaction

T = TypeVar("T")

_on: ContextVar[bool] = ContextVar("rehearsal", default=False)
# Longer than a turn may think; the usual limit would end the session under it.
IDLE_MS = 120_000


def is_on() -> bool:
    return _on.get()


@contextmanager
def undone() -> Iterator[None]:
    """Within it everything is tried; afterwards nothing of it is left."""
    token = _on.set(True)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS}")
            try:
                yield
            finally:
                transaction.set_rollback(True)
    finally:
        _on.reset(token)


def apart(call: Callable[[], T]) -> T:
    """The call on another connection, committed at once, whatever becomes of the rehearsal."""

    def run() -> T:
        try:
            return call()
        finally:
            connection.close()

    context = copy_context()
    with ThreadPoolExecutor(1, thread_name_prefix="apart") as thread:
        return thread.submit(context.run, run).result()
