"""A real PgBouncer in transaction mode before the tests' own server: Debian's package pgbouncer."""

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.rows import dict_row

from crm.embedded import identity
from crm.embedded.identity import Identity
from crm.embedded.processes import LOOPBACK, free_port

T = TypeVar("T")
# Debian puts it where only root looks.
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
OPERATOR = "operator"
CONFIG = """
[databases]
{database} = host={host} port={port} dbname={database}
[pgbouncer]
listen_addr = {loopback}
listen_port = {own_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users
admin_users = {operator}
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
server_login_retry = 1
query_wait_timeout = 30
"""


class Pooler:
    """Clients share ``size`` connections to the server; each holds one for a transaction only."""

    def __init__(self, folder: Path, address: str, *, size: int) -> None:
        self._folder, self._parts, self._size = folder, urlsplit(address), size
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        person = self._parts.netloc.rpartition("@")[0]
        return f"postgres://{person}@{LOOPBACK}:{self._port}{self._parts.path}"

    def __enter__(self) -> "Pooler":
        who = next(identity.candidates())  # it refuses root, as PostgreSQL does
        self._write(who)
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*who.prefix, str(PGBOUNCER), "pgbouncer.ini"],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                **who.options(),
            )
        self._wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(20)

    def servers(self) -> list[dict[str, Any]]:
        """Its connections to PostgreSQL."""
        return self._ask("SHOW SERVERS")

    def clients(self) -> list[dict[str, Any]]:
        """Those who are connected to it, with their programs' connections."""
        return [each for each in self._ask("SHOW CLIENTS") if each["user"] != OPERATOR]

    def pause(self) -> None:
        """Clients are greeted, and what they ask waits: as before a server that hangs."""
        self._ask("PAUSE")

    def resume(self) -> None:
        self._ask("RESUME")

    def entry(self, of: Mapping[str, Any]) -> dict[str, Any]:
        """What changes in Django's entry of the database when one joins through it."""
        options = {name: value for name, value in of["OPTIONS"].items() if name != "options"}
        changed = {"HOST": LOOPBACK, "PORT": self._port, "OPTIONS": options}
        return {**changed, "DISABLE_SERVER_SIDE_CURSORS": True}

    def session(self, look: Callable[[Any], T]) -> T:
        """What one finds on the session that is handed to whoever comes next."""
        with psycopg.connect(self.url, cursor_factory=psycopg.ClientCursor) as line:
            return look(line.cursor())

    def _ask(self, command: str) -> list[dict[str, Any]]:
        address = f"postgres://{OPERATOR}:{OPERATOR}@{LOOPBACK}:{self._port}/pgbouncer"
        cursors: Any = psycopg.ClientCursor  # its console knows no prepared statements
        with (
            psycopg.connect(address, autocommit=True, cursor_factory=cursors) as console,
            console.cursor(row_factory=dict_row) as cursor,
        ):
            cursor.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def _write(self, who: Identity) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        parts = self._parts
        config = CONFIG.format(
            database=parts.path.lstrip("/"),
            host=parts.hostname,
            port=parts.port,
            loopback=LOOPBACK,
            own_port=self._port,
            operator=OPERATOR,
            size=self._size,
        )
        (self._folder / "pgbouncer.ini").write_text(config)
        known = {unquote(parts.username or ""): unquote(parts.password or ""), OPERATOR: OPERATOR}
        users = "".join(f'"{name}" "{password}"\n' for name, password in known.items())
        (self._folder / "users").write_text(users)
        for each in (self._folder, *self._folder.iterdir()):
            who.take_over(each)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                self.servers()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise AssertionError((self._folder / "log").read_text()) from None
                time.sleep(0.05)
