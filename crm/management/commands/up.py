"""`manage.py up`: the whole product on this machine, until Ctrl-C."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from crm.embedded import EmbeddedError, Servers
from crm.embedded.errors import in_plain_words
from crm.embedded.given import check_database, check_redis, known_slugs, sees_all_rows
from crm.embedded.processes import can_listen, die_with_make
from crm.embedded.runfile import (
    DATA_DIRECTORY,
    environment_of,
    forget_run,
    hold,
    local_secrets,
    read_run,
    write_run,
)
from crm.embedded.servers import prepare
from crm.embedded.stack import Child, Stack

_LIVE_SECONDS = 90.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asks there, binds nothing
_AS_ROOT = "ignore:You're running the worker"  # Celery's advice for servers, not for a laptop
_DEMO_SLUG = "demo"
_ADDRESSES = {
    "Admin": "/admin/",
    "Web chat": "/chat/demo/",
    "API": "/api/docs/",
    "Health": "/health/ready",
}
_SIGN_INS = {
    "broker demo": "admin@demo.test, ana@demo.test, luis@demo.test",
    "broker rival": "admin@rival.test",
    "all brokers": "root@demo.test",
}


class Stopped(BaseException):
    """Somebody asked us to end; raised by the first signal, wherever we are."""


class Command(BaseCommand):
    help = "Starts servers, web, worker and beat together, with demo data in an empty database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, help="folder of the data (default .local)")
        parser.add_argument("--host", default="127.0.0.1", help="where the web listens")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=2, help="web processes")
        parser.add_argument("--concurrency", type=int, default=2, help="tasks at a time")
        parser.add_argument("--no-seed", action="store_true", help="leave the database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        die_with_make()
        directory = options.pop("data") or settings.BASE_DIR / DATA_DIRECTORY
        try:
            run = Run(directory.absolute(), options)
            with in_plain_words(directory):
                prepare(directory)
                with hold(directory):
                    run.until_stopped()
        except EmbeddedError as error:
            self.stderr.write(str(error))
            raise SystemExit(1) from None


class Run:
    """One life of the stack, from the checks to the last process ended."""

    def __init__(self, directory: Path, options: Mapping[str, Any]) -> None:
        self.directory = directory
        self.options = options
        self.host: str = options["host"]
        self.port: int = options["port"]
        self.environment = self._environment()
        self.owner = ""
        self.servers = Servers(directory, given=self.environment)
        self.stack = Stack(settings.BASE_DIR, self.environment, say)

    def until_stopped(self) -> None:
        listen(self._interrupted)
        try:
            self._start()
            while True:
                self._look_after_all()
        except Stopped:
            say("Stopping ...")
        finally:
            self._stop()
        say("Stopped.")

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        listen(self._hurried)
        raise Stopped

    def _hurried(self, number: int, frame: FrameType | None) -> None:
        """A second signal does not interrupt the ending, it makes it short."""
        self.stack.in_a_hurry = True

    def _environment(self) -> dict[str, str]:
        """Ours, without what the settings took over from a stack that runs already."""
        running = environment_of(settings.BASE_DIR / DATA_DIRECTORY)
        own = {name: value for name, value in os.environ.items() if running.get(name) != value}
        return own | {
            "DEBUG": str(settings.DEBUG).lower(),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": f"{own.get('PYTHONWARNINGS', '')},{_AS_ROOT}".strip(","),
            "PUBLIC_URL": own.get("PUBLIC_URL") or f"http://localhost:{self.port}",
            "ALLOWED_HOSTS": ",".join([*settings.ALLOWED_HOSTS, _in_an_address(self.host)]),
            "ALIVE_FOLDER": str(self.directory / "alive"),
        }

    def _start(self) -> None:
        self._check_what_is_given()
        if settings.DEBUG:
            self._add_local_secrets()
        say("Starting the servers ...")
        self.servers.start()
        self.environment.update(self.servers.urls)
        self._publish()
        self.stack.run("migrate", "migrate", "--no-input", "-v", "1")
        if not settings.DEBUG:
            self.stack.run("static", "collectstatic", "--no-input")
        # Web, worker and beat have no need to know the owner of the tables.
        self.owner = self.environment.pop("MIGRATE_DATABASE_URL", "")
        self._seed()
        for child in children(self.options, self.host, self.port):
            self.stack.start(child)
        self._publish()
        self._wait_until_live()
        self._tell()

    def _check_what_is_given(self) -> None:
        self._check_port()
        if url := self.environment.get("DATABASE_URL"):
            check_database(url)
            if sees_all_rows(url):
                say(
                    "DATABASE_URL: this role passes by row-level security, the second wall between"
                    " brokers: use one with NOSUPERUSER NOBYPASSRLS."
                )
        if url := self.environment.get("REDIS_URL"):
            check_redis(url)

    def _check_port(self) -> None:
        """What a killed run left behind may need a moment to let go of the port."""
        patience = time.monotonic() + (5.0 if read_run(self.directory) else 0.0)
        try:
            while not can_listen(self.host, self.port):
                if time.monotonic() > patience:
                    raise EmbeddedError(
                        f"Port {self.port} of {self.host} is taken by another program:"
                        f" stop that, or choose another port: PORT={self.port + 1} make run"
                    )
                time.sleep(0.1)
        except (OSError, OverflowError) as error:
            raise EmbeddedError(
                f"Port {self.port} of {self.host} cannot be used: {error}."
            ) from error

    def _add_local_secrets(self) -> None:
        """Only for DEBUG; a production names its own."""
        kept = local_secrets(self.directory)
        for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS"):
            if not self.environment.get(name):
                self.environment[name] = kept[name]

    def _publish(self) -> None:
        """For commands in other terminals, and for whoever must find a process of ours."""
        names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DEBUG")
        environment = {name: value for name in names if (value := self.environment.get(name))}
        if self.owner:
            environment["MIGRATE_DATABASE_URL"] = self.owner
        servers = {one.name: one.process.pid for one in self.servers.embedded if one.process}
        write_run(
            self.directory,
            url=f"http://{self.host}:{self.port}",
            environment=environment,
            children=servers | self.stack.pids(),
        )

    def _slugs(self) -> set[str]:
        table = apps.get_model("brokers", "Broker")._meta.db_table
        return known_slugs(self.environment["DATABASE_URL"], table)

    def _seed(self) -> None:
        if settings.DEBUG and not self.options["no_seed"] and not self._slugs():
            say("The database is empty: adding the demo ...")
            self.stack.run("seed", "seed_demo")

    def _wait_until_live(self) -> None:
        deadline = time.monotonic() + _LIVE_SECONDS
        while not answers(self.host, self.port):
            self._look_after_all()
            if time.monotonic() > deadline:
                raise EmbeddedError("The web process does not answer: see its lines above.")

    def _look_after_all(self) -> None:
        restarted = self.stack.tick()
        if self.servers.restart_dead(say) or restarted:
            self._publish()

    def _tell(self) -> None:
        base = self.environment["PUBLIC_URL"].rstrip("/")
        say("")
        for name, path in _ADDRESSES.items():
            say(f"  {name:<13}{base}{path}")
        if _DEMO_SLUG in self._slugs() and not settings.DEBUG:
            say("\nThe demo is in this database. DEBUG is off: its accounts cannot sign in.")
        elif _DEMO_SLUG in self._slugs():
            for name, people in _SIGN_INS.items():
                say(f"  {name:<13}{people}")
            say(f"  {'password':<13}demo")
        say("\nCtrl-C stops everything.")

    def _stop(self) -> None:
        listen(self._hurried)
        self.stack.stop()
        self.servers.stop()
        forget_run(self.directory)


def _in_an_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def listen(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def children(options: Mapping[str, Any], host: str, port: int) -> list[Child]:
    """In the order of their start. Worker and beat end at once when we die: their work comes back.

    Asked to stop, they would wait for a Redis that died with us.
    """
    web = f"crm.web --host {host} --port {port} --workers {options['workers']} --stop-seconds 3"
    worker = (
        "celery -q -A crm.celery:app worker --loglevel INFO --without-gossip --without-mingle"
        f" --concurrency {options['concurrency']}"
    )
    beat = "celery -q -A crm.celery:app beat --loglevel WARNING"
    return [
        Child("web", python(web)),
        Child("worker", python(worker), death_signal=signal.SIGKILL),
        Child("beat", python(beat), death_signal=signal.SIGKILL),
    ]


def python(module: str) -> list[str]:
    return [sys.executable, "-m", *module.split()]


def answers(host: str, port: int) -> bool:
    """Any answer but a server error: ALLOWED_HOSTS may not know the address we use."""
    connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(line: str) -> None:
    """A reader that went away, as in `make run | head`, ends us like Ctrl-C."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        signal.raise_signal(signal.SIGTERM)
