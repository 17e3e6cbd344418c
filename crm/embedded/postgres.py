"""An own PostgreSQL with pgvector in a folder: created once, then started and stopped."""

import locale
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import psycopg
from psycopg import sql

from crm.embedded import identity
from crm.embedded.binaries import postgres_programs
from crm.embedded.errors import EmbeddedError
from crm.embedded.identity import Identity
from crm.embedded.processes import (
    LOOPBACK,
    Process,
    end_leftovers,
    free_port,
    how_it_ended,
    kill_group,
    spawn,
    stop,
)
from crm.embedded.server_log import ServerLog, failure

_NAME = "crm"  # of the owner and of the database
_APP = "crm_app"  # the role of web and workers: row-level security holds it to its broker
# The server finds its data without permission to enter the folders above it, at any length.
_HERE = "/proc/self/cwd" if sys.platform == "linux" else None
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_checkpoints": "off",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_START_SECONDS = 120  # recovery after a power cut may take a while
_STOP = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 3.0))  # fast shutdown, then immediate


class Postgres:
    """`start` makes the cluster if there is none; both addresses are valid from then on."""

    name = "postgres"
    listens_on = LOOPBACK

    def __init__(
        self, directory: Path, password: str, app_password: str, *, durable: bool = True
    ) -> None:
        self.cluster = directory / "postgres"
        self.process: Process | None = None
        self._log = ServerLog(directory / "postgres.log")
        self._password = password
        self._app_password = app_password
        self._durable = durable
        self._port = 0

    @property
    def url(self) -> str:
        return self._url_of(_NAME, _APP, self._app_password)

    @property
    def owner_url(self) -> str:
        return self._url_of(_NAME, _NAME, self._password)

    @property
    def exists(self) -> bool:
        return (self.cluster / "PG_VERSION").is_file()

    def start(self) -> None:
        """Starts anew on the same port, if it ran before: its clients know the address."""
        if not self.exists:
            self._create()
        end_leftovers(self.cluster, "postgres", signal.SIGINT, 15.0)
        # A pid from before a power cut may by now belong to somebody else, and PostgreSQL would
        # take that for a running server. Nobody works here: we hold the lock and have looked.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        self._spawn(identity.owner_of(self.cluster))
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def forget_port(self) -> None:
        self._port = 0

    def stop(self) -> None:
        if self.process:
            stop(self.process, _STOP)

    def _url_of(self, database: str, role: str, password: str) -> str:
        return f"postgres://{role}:{quote(password)}@{LOOPBACK}:{self._port}/{database}"

    def _create(self) -> None:
        """Under another name first, so that an interruption never leaves half a cluster."""
        problem = (
            "PostgreSQL does not run as root, and this machine lets root neither become another"
            " user nor open a user namespace: start as an ordinary user, or set DATABASE_URL."
        )
        draft = self.cluster.with_name("postgres.new")
        for who in identity.candidates():
            try:
                self._initdb(draft, who)
            except EmbeddedError as error:
                problem = str(error)
                continue
            draft.rename(self.cluster)
            return
        raise EmbeddedError(problem)

    def _initdb(self, draft: Path, who: Identity) -> None:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        program = postgres_programs(who) / "initdb"
        with tempfile.TemporaryFile() as password:
            password.write(self._password.encode())
            password.seek(0)
            try:
                who.take_over(draft)
                who.take_over(password.fileno())
            except OSError as error:
                raise EmbeddedError(f"{draft} cannot be given away: {error.strerror}.") from error
            process = spawn(
                [*who.prefix, program, "-D", _HERE or draft, *self._initdb_options()],
                death_signal=signal.SIGKILL,
                env=_ENVIRONMENT,
                cwd=draft,
                stdin=password,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **who.options(),
            )
        said = process.communicate()[0].decode(errors="replace")
        if process.returncode:
            problem = failure("PostgreSQL", said, how_it_ended(process), draft.parent)
            shutil.rmtree(draft, ignore_errors=True)
            raise problem

    def _initdb_options(self) -> list[str]:
        options = [
            f"--username={_NAME}",
            "--no-clean",  # that is ours, once we have looked at the disk
            "--auth=scram-sha-256",
            "--pwfile=/dev/stdin",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            f"--lc-ctype={_character_types()}",
        ]
        return options if self._durable else [*options, "--no-sync"]

    def _spawn(self, who: Identity) -> None:
        program = postgres_programs(who) / "postgres"
        self._port = self._port or free_port()
        settings = _SETTINGS | ({} if self._durable else _THROW_AWAY)
        settings |= {"listen_addresses": self.listens_on}
        flags = [word for item in settings.items() for word in ("-c", "=".join(item))]
        with self._log.open() as log:
            self.process = spawn(
                [*who.prefix, program, "-D", _HERE or self.cluster, "-p", str(self._port), *flags],
                death_signal=signal.SIGINT,
                env=_ENVIRONMENT,
                cwd=self.cluster,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **who.options(),
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.process and self.process.poll() is not None:
                self._give_up(self.process)
            try:
                self._ensure_database()
                return
            except psycopg.OperationalError as error:
                self._refuse_lost_password(error)
                time.sleep(0.05)
        raise self._log.failure("PostgreSQL", f"no answer in {_START_SECONDS} s")

    def _ensure_database(self) -> None:
        maintenance = self._url_of("postgres", _NAME, self._password)
        with psycopg.connect(maintenance, autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_NAME])
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_NAME)))
            self._ensure_role(connection)

    def _ensure_role(self, connection: psycopg.Connection[Any]) -> None:
        """Also in a folder of an earlier version, which knows the owner only."""
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_APP]).fetchone()
        statement = "ALTER ROLE {} {}" if found else "CREATE ROLE {} {}"
        limits = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}")
        connection.execute(
            sql.SQL(statement).format(
                sql.Identifier(_APP), limits.format(sql.Literal(self._app_password))
            )
        )

    def _refuse_lost_password(self, error: psycopg.OperationalError) -> None:
        if "password authentication failed" in str(error):
            raise EmbeddedError(
                f"{self.cluster} was made with another password: restore secrets.json beside it,"
                " or delete the folder to start empty."
            )

    def _give_up(self, process: Process) -> NoReturn:
        kill_group(process)
        raise self._log.failure("PostgreSQL", how_it_ended(process))


def _character_types() -> str:
    """What full-text search takes for letters: with plain C, '¿dónde' would keep its mark."""
    current = locale.setlocale(locale.LC_CTYPE)
    for name in ("C.UTF-8", "en_US.UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        locale.setlocale(locale.LC_CTYPE, current)
        return name
    return "C"
