"""Connections and cursors that send the tenant along with a statement, in the same round trip.

Nothing is left on the session: the setting ends with its transaction, so a connection that goes from
request to request, or through PgBouncer from client to client, carries nobody's tenant along. A
transaction is told at its BEGIN, which goes with its first statement, and again where the context
changed since; a statement outside of one goes with the setting in one message, which PostgreSQL runs
as one transaction.

What is overridden of psycopg is not its public interface: its version is pinned, and the tests of this
package tell when it changed.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import PQGen
from psycopg.client_cursor import ClientCursorMixin
from psycopg.pq import TransactionStatus

from crm import rowsecurity

IDLE, IN_ERROR = TransactionStatus.IDLE, TransactionStatus.INERROR


def setting(tenant: str) -> bytes:
    """Digits, a star or nothing: there is nothing to quote in it."""
    return b"SET LOCAL crm.tenant = '" + tenant.encode("ascii") + b"';"


class Connection(psycopg.Connection[Any]):
    """Knows for which tenant its open transaction was last told to be; None: that is not known."""

    _applied: str | None = None

    def _start_query(self) -> PQGen[None]:
        """psycopg would send BEGIN by itself here: ours goes with the first statement."""
        return
        yield

    def preamble(self) -> bytes:
        """What must go before the next statement; nothing where PostgreSQL knows the tenant."""
        tenant, status = rowsecurity.current(), self.pgconn.transaction_status
        if status == IDLE:
            self._applied = tenant
            begin = b"" if self._autocommit else self._get_tx_start_command() + b";"
            return begin + setting(tenant) if tenant else begin
        if status == IN_ERROR or tenant == self._applied:
            return b""
        self._applied = tenant
        return setting(tenant)

    def send_preamble(self) -> None:
        """For what cannot go in one message with another statement."""
        if self._autocommit and self.pgconn.transaction_status == IDLE:
            if rowsecurity.current():
                raise psycopg.NotSupportedError("it needs a transaction around it")
            return
        with self.lock:
            for command in filter(None, self.preamble().split(b";")):
                self.wait(self._exec_command(command))

    def forget(self) -> None:
        """A savepoint was rolled back, and the setting with it."""
        self._applied = None


class _Told(ClientCursorMixin[Connection, Any]):
    """Puts the preamble before the statement, and its results out of sight."""

    _conn: Connection
    _hidden = 0

    def _execute_send(self, query: Any, *, force_extended: bool = False, **options: Any) -> None:
        preamble = self._conn.preamble()
        self._hidden = preamble.count(b";")
        if query.query.startswith(b"ROLLBACK TO"):
            self._conn.forget()
        if not preamble:
            super()._execute_send(query, force_extended=force_extended, **options)
            return
        statement, query.query = query.query, preamble + query.query
        super()._execute_send(query, **options)  # by the simple protocol, which takes several
        query.query = statement  # what Django's log shows

    def _set_results(self, results: list[Any]) -> None:
        super()._set_results(results[self._hidden :])


class Cursor(_Told, base.Cursor):
    """The usual one."""

    def executemany(self, query: Any, params_seq: Iterable[Any], **options: Any) -> None:
        self._conn.send_preamble()
        super().executemany(query, params_seq, **options)  # type: ignore[misc]

    def copy(self, *args: Any, **options: Any) -> AbstractContextManager[Any]:
        self._conn.send_preamble()
        copying: AbstractContextManager[Any] = super().copy(*args, **options)  # type: ignore[misc]
        return copying


class ServerSideCursor(_Told, base.ServerSideCursor):
    """What ``iterator()`` reads through."""
