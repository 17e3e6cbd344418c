"""The servers a stack needs: embedded ones in a folder, except those whose address is given."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from crm.embedded.errors import EmbeddedError, PortTaken, in_plain_words
from crm.embedded.postgres import Postgres
from crm.embedded.redis_server import Redis
from crm.embedded.runfile import local_secrets, try_lock

_THROW_AWAY_PREFIX = "lead-crm-servers-"
_SPACE_NEEDED = 200 * 1024 * 1024


class Servers:
    """Starts what `given` does not name; `urls` has the addresses from then on.

    `directory` is made if needed and keeps the data. The caller keeps others out of it
    (`runfile.hold`). Use it in the main thread.
    """

    def __init__(
        self, directory: Path, *, given: Mapping[str, str] | None = None, durable: bool = True
    ) -> None:
        self.directory = directory
        self.embedded: list[Postgres | Redis] = []
        self.urls = {
            name: url
            for name in ("DATABASE_URL", "REDIS_URL")
            if (url := (given or {}).get(name, ""))
        }
        self._durable = durable

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        try:
            with in_plain_words(self.directory):
                self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Redis, then PostgreSQL."""
        while self.embedded:
            self.embedded[-1].stop()
            self.embedded.pop()

    def restart_dead(self, say: Callable[[str], None]) -> bool:
        """Starts a server again that died; answers whether there was one."""
        dead = [
            server
            for server in self.embedded
            if server.process and server.process.poll() is not None
        ]
        for server in dead:
            say(f"{server.name} died; starting it again")
            server.start()
        return bool(dead)

    def _start(self) -> None:
        if {"DATABASE_URL", "REDIS_URL"} <= self.urls.keys():
            return
        prepare(self.directory)
        secrets = local_secrets(self.directory)
        if "DATABASE_URL" not in self.urls:
            passwords = secrets["postgres"], secrets["postgres_app"]
            postgres = Postgres(self.directory, *passwords, durable=self._durable)
            self._start_on_some_port(postgres)
            self.urls["DATABASE_URL"] = postgres.url
            self.urls["MIGRATE_DATABASE_URL"] = postgres.owner_url
        if "REDIS_URL" not in self.urls:
            redis = Redis(self.directory, secrets["redis"], durable=self._durable)
            self._start_on_some_port(redis)
            self.urls["REDIS_URL"] = redis.url

    def _start_on_some_port(self, server: Postgres | Redis) -> None:
        """Between choosing a free port and taking it, another program may be faster."""
        self.embedded.append(server)
        for _ in range(3):
            try:
                server.start()
                return
            except PortTaken:
                server.forget_port()
        server.start()


def prepare(directory: Path) -> None:
    """Makes the data folder and refuses early a disk on which nothing could be created."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(directory).free
    if free < _SPACE_NEEDED and not (directory / "postgres").exists():
        raise EmbeddedError(
            f"The disk that holds {directory} is nearly full: {free >> 20} MB are free,"
            f" {_SPACE_NEEDED >> 20} MB are needed."
        )


@contextmanager
def throw_away(given: Mapping[str, str], *, durable: bool = False) -> Iterator[dict[str, str]]:
    """Servers for one test run or tool, gone afterwards: fast, unless durability is measured."""
    _sweep()
    directory = Path(tempfile.mkdtemp(prefix=_THROW_AWAY_PREFIX))
    lock = os.open(directory / "new-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try_lock(lock)
        (directory / "new-lock").rename(directory / "lock")  # is seen only when it is held
        with Servers(directory / "data", given=given, durable=durable) as servers:
            yield servers.urls
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _sweep() -> None:
    """Removes what killed runs left behind: folders of ours whose lock nobody holds any more."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_THROW_AWAY_PREFIX}*"):
        with suppress(OSError):
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CLOEXEC)
            try:
                if os.fstat(lock).st_uid == os.geteuid() and try_lock(lock):
                    shutil.rmtree(directory, ignore_errors=True)
            finally:
                os.close(lock)
