"""The product on three hosts: web, workers with beat, and the servers that both know by address only."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import redis

from crm.embedded.binaries import redis_server
from crm.embedded.processes import LOOPBACK, Process, free_port, spawn, stop
from tests.databases import ROOT, SECRETS
from tests.fakes.bucket import FakeBucket
from tests.fakes.telegram import FakeTelegram
from tests.flows.network import DATA, WEB, WORK, Network
from tests.flows.outages import NO_LIMITS
from tests.flows.server import Server
from tests.flows.stack import QUICK, Stack, wait_for

PASSWORD = "of-the-queue"
PORT = 8000
GRANTS = """
    GRANT ALL ON SCHEMA public TO crm_app;
    GRANT ALL ON ALL TABLES IN SCHEMA public TO crm_app;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO crm_app;
"""
CELERY = "celery -q -A crm.celery:app"
COMMANDS = {
    "web": (WEB, f"crm.web --host 0.0.0.0 --port {PORT} --workers 1 --stop-seconds 3"),
    "worker": (WORK, f"{CELERY} worker --concurrency 2 --without-gossip --without-mingle"),
    "beat": (WORK, f"{CELERY} beat"),
}
END = ((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0))


class Database(Server):
    """Listens for the other hosts, each role with its password."""

    listens_on = "*"

    def __init__(self, folder: Path, network: Network) -> None:
        self._network, self._address = network, LOOPBACK
        super().__init__(folder)

    def start(self) -> None:
        super().start()
        rule = f"\nhost all all {self._network.servers_network} scram-sha-256\n"
        with (self.cluster / "pg_hba.conf").open("a") as rules:
            rules.write(rule)
        self.execute("SELECT pg_reload_conf()")
        self._address = self._network.servers

    def _url_of(self, database: str, role: str, password: str) -> str:
        return super()._url_of(database, role, password).replace(LOOPBACK, self._address)


class Queue:
    """A Redis for the other hosts."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder, self._address, self._port = folder, address, free_port()
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@{self._address}:{self._port}/0"

    def __enter__(self) -> "Queue":
        options = f"--bind {self._address} --port {self._port} --requirepass {PASSWORD}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = spawn(
            [redis_server(), *options.split(), "--save", ""],
            death_signal=signal.SIGTERM,
            env={"PATH": os.defpath},
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        wait_for("Redis", self._answers, seconds=20)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process
        stop(self._process, END)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class Hosts(Stack):
    """As a Stack, whose web is asked at its public address."""

    def __init__(self, folder: Path, network: Network, demo: str) -> None:
        super().__init__(folder)
        self.network, self._demo, self._parts = network, demo, ExitStack()
        self.database = Database(folder / "database", network)
        self.bucket = FakeBucket(network.servers)
        self.queue = Queue(folder / "queue", network.servers)
        self.processes: dict[str, Process] = {}

    @property
    def url(self) -> str:
        return f"http://{self.network.web}:{PORT}"

    def __enter__(self) -> "Hosts":
        try:
            with self.network.on(DATA):
                for server in (self.database, self.bucket, self.queue):
                    self._parts.enter_context(server)
            with self.network.on(WORK):
                self.telegram = self._parts.enter_context(FakeTelegram())
            self.database.fill_from(self._demo)
            self.database.execute(GRANTS)
            self.environment = self._environment()
            self.change(f"UPDATE broker_chat_configs SET rate_limits = '{NO_LIMITS}'")
            for name, (host, command) in COMMANDS.items():
                self._start(name, host, command)
            wait_for("a product on three hosts", self._is_ready, seconds=120)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        for process in self.processes.values():
            stop(process, END)
        self._parts.close()

    def running(self) -> dict[str, Any]:
        return {"environment": {"DATABASE_URL": self.database.url}}

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DEBUG": "true",
            "PUBLIC_URL": self.url,
            "DATABASE_URL": self.database.url,
            "REDIS_URL": self.queue.url,
            "TELEGRAM_API_URL": self.telegram.url,
            **self.bucket.environment,
            **SECRETS,
            **QUICK,
            "SWEEP_SECONDS": "10",  # one of each in 2 s would be most of what the workers do
        }

    def _start(self, name: str, host: str, command: str) -> None:
        alive = {"ALIVE_FOLDER": str(self.folder / f"alive-{host}")}
        with (self.folder / f"{name}.log").open("wb") as log, self.network.on(host):
            self.processes[name] = spawn(
                [sys.executable, "-m", *command.split()],
                death_signal=signal.SIGKILL,
                env={**self.environment, **alive},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def _is_ready(self) -> bool:
        for name, process in self.processes.items():
            assert process.poll() is None, self.log(name)[-4000:]
        try:
            return self.get("/health/ready")[0] == 200
        except OSError:
            return False
