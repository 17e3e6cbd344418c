"""What becomes of a process's database connections: checked before work, dropped after a failure.

A database that is away is waited for by whoever has something to finish; people and vendors are
answered at once that it is.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from select import select
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db import connection as default
from django.db import connections as all_connections
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg.pq import ExecStatus

from crm import rowsecurity
from crm.database import TRANSACTION

T = TypeVar("T")
Undo = Callable[[], Any]

# SQLSTATEs, or how they begin, of a server that cannot work now, whatever it is asked: connection
# lost, out of room or of connections, going down or coming up, its disk failing, read-only after a
# failover, a session ended because its transaction stood still.
AWAY = ("08", "53000", "53100", "53300", "57P", "58", "25006", "25P03")
# It works, and gave this one up: too slow, too large, or in others' way.
BUSY = ("57014", "53200", "55P03", "40001", "40P01")
# As long as the longest lease of a reply (a turn's, a delivery's): who waited longer holds nothing.
PATIENCE_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
# The least that PostgreSQL's library knows; a server that hangs takes the line and never greets.
PROBE_SECONDS = 2


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of an error; empty where it was not the server that spoke."""
    return getattr(error.__cause__, "sqlstate", None) or getattr(error, "sqlstate", None) or ""


def is_away(error: BaseException | None) -> bool:
    """Whether the database, not the work, is what failed."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_away(each) for each in error.exceptions)
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    code = sqlstate(error)
    if not code:
        return isinstance(error, OperationalError | InterfaceError)
    return code.startswith(AWAY)


def is_passing(error: BaseException | None) -> bool:
    """Whether the same may succeed in a moment: the database is away, or was busy."""
    return is_away(error) or (isinstance(error, OperationalError) and sqlstate(error) in BUSY)


def refresh() -> None:
    """Before work, and after a long wait for somebody else: what broke meanwhile is not used.

    One too old goes; one that is kept is asked whether it lives when it is next used.
    """
    for each in _between_transactions():
        each.close_if_unusable_or_obsolete()


def drop() -> None:
    """After a failure: the next statement opens a new connection, maybe to another server."""
    for each in _between_transactions():
        each.close()


def _between_transactions() -> list[Any]:
    """This thread's connections; a transaction under way ends by itself where it is broken."""
    known = all_connections.all(initialized_only=True)
    return [each for each in known if not each.in_atomic_block]


def answers() -> bool:
    """Whether the database answers a newcomer, within seconds, also while it hangs.

    It is asked something: a pooler greets by itself, whatever became of the server behind it.
    """
    driver: Any = default
    asked = {**default.get_connection_params(), "connect_timeout": PROBE_SECONDS}
    try:
        with closing(driver.Database.connect(**asked)) as line:
            return _answers_on(line.pgconn, time.monotonic() + PROBE_SECONDS)
    except psycopg.Error:
        return False


def _answers_on(line: Any, deadline: float) -> bool:
    """Waited for by hand: psycopg's own waiting has no end."""
    line.send_query(b"SELECT 1")
    while line.is_busy():
        left = max(deadline - time.monotonic(), 0)
        if not select([line.socket], [], [], left)[0]:
            return False
        line.consume_input()
    answer = line.get_result()
    return bool(answer and answer.status == ExecStatus.TUPLES_OK)


# --- Outlasting an outage -------------------------------------------------------------------------

_undone: ContextVar[list[Undo] | None] = ContextVar("undone", default=None)


def persist(step: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Take the step, again until the database is back: for what nobody else can make up for.

    Not inside a transaction: that ended with its connection.
    """
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        try:
            return step()
        except Exception as error:
            if not is_away(error):
                raise
            drop()
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def outlast(work: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Do the whole work, from its beginning again where the database went away under it.

    Before that, what it had claimed is given back: the lease of a claim whose holder failed would
    only keep the work from being done.
    """

    def attempt() -> T:
        refresh()
        while claims:
            claims[-1]()
            claims.pop()
        return work()

    claims: list[Undo] = []
    token = _undone.set(claims)
    try:
        return persist(attempt, seconds=seconds)
    finally:
        _undone.reset(token)


def claimed(undo: Undo) -> Callable[[], None]:
    """Note how a claim is given back, before it is made: whether it was may stay unknown.

    Returns what forgets the note, once giving back would be wrong. Outside of ``outlast``
    nothing is noted.
    """
    claims = _undone.get()
    if claims is None:
        return lambda: None
    mine = rowsecurity.kept(undo)  # for the broker for whom it was claimed
    claims.append(mine)

    def forget() -> None:
        if mine in claims:
            claims.remove(mine)

    return forget


# --- Limits ---------------------------------------------------------------------------------------

_kind = "long"  # what a command of manage.py is
_long: ContextVar[bool] = ContextVar("long", default=False)


def become(kind: str) -> None:
    """What this process is there for decides how long its statements may take.

    Asked for when a connection is opened; a pooler in transaction mode lets nobody ask, and the
    limits of the database's role hold.
    """
    global _kind
    _kind = kind
    if settings.DB_POOLED != TRANSACTION:
        default.settings_dict["OPTIONS"]["options"] = settings.DB_STARTED_WITH[kind]


@contextmanager
def long_statements() -> Iterator[None]:
    """Within it a statement may take as long as a long job needs: an index, a whole import."""
    if _long.get() or settings.DB_POOLED == TRANSACTION:
        yield
        return
    token = _long.set(True)
    try:
        _allow(default, settings.DB_LIMITS["long"])
        yield
    finally:
        _long.reset(token)
        _allow_usual(default)


def _allow(connection: Any, limits: Mapping[str, int]) -> None:
    """For the rest of the session, in one round trip."""
    if connection.connection is not None:
        asked = ", ".join(
            f"set_config('{name}', '{int(ms)}', false)" for name, ms in limits.items()
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {asked}")


def _allow_usual(connection: Any) -> None:
    """One that cannot be set back is not used again."""
    try:
        _allow(connection, settings.DB_LIMITS[_kind])
    except DatabaseError:
        drop()


@receiver(connection_created)
def _on_connection(connection: Any, **_: Any) -> None:
    """A long job whose connection was renewed goes on as one."""
    if _long.get():
        _allow(connection, settings.DB_LIMITS["long"])
