"""What ties log lines, tasks, figures and errors together: whose request or task is at work here."""

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

# In this order on a line. Identifiers of rows only: they say nothing to who has no database.
NAMES = ("request_id", "broker_id", "user_id", "task", "task_id", "trace_id", "model")

Values = Mapping[str, str | int]

_at_work: ContextVar[Values] = ContextVar("correlation")
_NOTHING: Values = {}
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")


def current() -> Values:
    """What is known of the request or task at work in this thread, empty outside of one."""
    return _at_work.get(_NOTHING)


def bind(**values: object) -> None:
    """Add what was found out, for the rest of the request or task; None says nothing."""
    _at_work.set({**current(), **_known(values)})


@contextmanager
def bound(**values: object) -> Iterator[None]:
    """For the block; what is bound within it ends with it."""
    token = _at_work.set({**current(), **_known(values)})
    try:
        yield
    finally:
        _at_work.reset(token)


@contextmanager
def alone(**values: object) -> Iterator[None]:
    """As ``bound``, without what was at work around the block."""
    token = _at_work.set(_known(values))
    try:
        yield
    finally:
        _at_work.reset(token)


def _known(values: Mapping[str, object]) -> dict[str, str | int]:
    known = {name: value for name, value in values.items() if value is not None}
    return {name: value if isinstance(value, int) else str(value) for name, value in known.items()}


def new_id() -> str:
    return uuid.uuid4().hex


def is_well_formed(given: str) -> bool:
    """Whether an identifier that somebody else made may stand in our logs and headers."""
    return _WELL_FORMED.fullmatch(given) is not None
