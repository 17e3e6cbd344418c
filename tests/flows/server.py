"""A PostgreSQL of a test's own, with the demo in it, for what may not be done to a shared one."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from crm.embedded import identity
from crm.embedded.binaries import postgres_programs
from crm.embedded.postgres import Postgres


class Server(Postgres):
    """Killed, held still and started again by whoever tests."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, "of a test", "of its application")

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        self.stop()

    @property
    def _programs(self) -> Path:
        return postgres_programs(identity.owner_of(self.cluster))

    def fill_from(self, address: str) -> None:
        """With what another database holds, read as its owner: nobody else sees every row."""
        dump = [self._programs / "pg_dump", "--no-owner", "--no-privileges", "--dbname", address]
        fill = [self._programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "--dbname", self.owner_url]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as reading:
            subprocess.run(fill, stdin=reading.stdout, stdout=subprocess.DEVNULL, check=True)
        assert reading.returncode == 0

    def execute(self, statement: str) -> None:
        """Also where the database was made read-only."""
        writing = "-c default_transaction_read_only=off"
        with psycopg.connect(self.owner_url, autocommit=True, options=writing) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def kill(self, *, back_in: float) -> None:
        """As by a power cut; it recovers by itself."""
        self._signal(signal.SIGKILL)
        assert self.process
        self.process.wait()
        time.sleep(back_in)
        self.start()

    def restart(self, *, back_in: float) -> None:
        """As by an operator: sessions are ended, in order."""
        self.stop()
        time.sleep(back_in)
        self.start()

    def revive(self) -> None:
        """As an operator does who finds that it gave up."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def hang(self, seconds: float) -> None:
        """Takes no word and closes nothing."""
        self._signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.let_go()

    def hold(self) -> None:
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """Every process of the server's: each session's has a group of its own."""
        if self.process and self.process.poll() is None:
            first = self.process.pid
            os.kill(first, signal.SIGSTOP)  # held still, it starts no others meanwhile
            for each in (*_children(first), first):
                with suppress(ProcessLookupError):
                    os.kill(each, number)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
