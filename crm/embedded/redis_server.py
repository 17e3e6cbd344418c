"""An own Redis in a folder: queue, cache and locks for a machine that has none."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import NoReturn

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from crm.embedded.binaries import redis_server
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
from crm.embedded.server_log import ServerLog

_START_SECONDS = 60
_STOP = ((signal.SIGTERM, 5.0),)
_CONFIG = "redis.conf"


class Redis:
    """`url` is valid once `start` has returned; the password is in no command line."""

    name = "redis"

    def __init__(self, directory: Path, password: str, *, durable: bool = True) -> None:
        self.process: Process | None = None
        self._directory = directory / "redis"
        self._log = ServerLog(directory / "redis.log")
        self._password = password
        self._durable = durable
        self._port = 0

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

    def start(self) -> None:
        """Starts anew on the same port, if it ran before: its clients know the address."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        end_leftovers(self._directory, "redis-server", signal.SIGTERM, 5.0)
        self._port = self._port or free_port()
        self._write_config()
        self._spawn()
        if not self._ready() and self._set_damaged_log_aside():
            self._spawn()
        if not self._ready():
            self._give_up()

    def forget_port(self) -> None:
        self._port = 0

    def stop(self) -> None:
        if self.process:
            stop(self.process, _STOP)

    def _write_config(self) -> None:
        """Names no path: the server works in its own folder, whatever that is called."""
        lines = [
            f"bind {LOOPBACK}",
            f"port {self._port}",
            f"requirepass {self._password}",
            'dir "."',
            'save ""',
            f"appendonly {'yes' if self._durable else 'no'}",
            "appendfsync everysec",
            "aof-load-truncated yes",
        ]
        path = self._directory / _CONFIG
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")

    def _spawn(self) -> None:
        with self._log.open() as log:
            self.process = spawn(
                [redis_server(), _CONFIG],
                death_signal=signal.SIGTERM,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _ready(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(self.url, socket_timeout=2, retry=once) as client:
            while self.process and self.process.poll() is None and time.monotonic() < deadline:
                try:
                    return bool(client.ping())
                except redis.RedisError:
                    time.sleep(0.02)
        return False

    def _set_damaged_log_aside(self) -> bool:
        """A cut tail is repaired by Redis itself; after worse we start empty and keep the file.

        What Redis holds is in the database too: the sweeps find the work again.
        """
        if "Bad file format" not in self._log.since_start():
            return False
        for damaged in self._directory.glob("appendonly*"):
            aside = damaged.with_name(f"damaged-{damaged.name}")
            shutil.rmtree(aside, ignore_errors=True)
            damaged.replace(aside)
        return True

    def _give_up(self) -> NoReturn:
        ending = "no answer"
        if self.process:
            kill_group(self.process)
            ending = how_it_ended(self.process)
        raise self._log.failure("Redis", ending)
