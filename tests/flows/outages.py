"""What may become of a database while people write, each way with its end, and what they then got."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from crm.embedded.processes import LOOPBACK
from tests.databases import ROOT, SECRETS
from tests.fakes.relay import Relay
from tests.fakes.telegram import FakeTelegram
from tests.flows.chatters import Crowd, Outcome
from tests.flows.disks import Disk, small_disk
from tests.flows.senders import Senders
from tests.flows.server import Server
from tests.flows.stack import Stack

# A short one in the usual run; a whole hang, restart or failover is asked for by name.
AWAY_SECONDS = float(os.environ.get("DATABASE_AWAY_SECONDS", "4"))
TALK_SECONDS = 3.0
ANSWERED_WITHIN = 30.0
BEATS_SECONDS = 6.0  # twice a leader's lease
NO_LIMITS = (
    '{"visitor_per_minute": 1000000, "address_per_minute": 1000000, "address_per_day": 1000000}'
)
ROLE = "crm_app"
CUT = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'"
# Room for the demo and its log of writes, which is held short: what is left is soon filled.
DATABASE_MEGABYTES, FILES_MEGABYTES = 500, 24
UNHEARD: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
SHORT_LOG = ("max_wal_size = '96MB'", "min_wal_size = '32MB'")
LOG_FILES = 8  # more than it has ready for what comes


@dataclass
class Place:
    """A server of one's own, behind two addresses of which one is open."""

    server: Server
    first: Relay
    second: Relay
    disk: Disk | None = None

    @property
    def environment(self) -> dict[str, str]:
        """In which a stack finds it."""
        parts = urlsplit(self.server.url)
        person = parts.netloc.rpartition("@")[0]
        hosts = ",".join(f"{LOOPBACK}:{each.port}" for each in (self.first, self.second))
        return {
            "DATABASE_URL": f"postgres://{person}@{hosts}{parts.path}",
            "MIGRATE_DATABASE_URL": self.server.owner_url,
            **SECRETS,
        }


@contextmanager
def a_place(folder: Path, demo: str) -> Iterator[Place]:
    """``demo`` is the address of a database to copy."""
    with Server(folder) as server:
        server.fill_from(demo)
        port = urlsplit(server.url).port or 0
        with Relay(port) as first:
            place = Place(server, first, Relay(port))
            try:
                yield place
            finally:
                place.first.close()
                place.second.close()


@dataclass
class World:
    """The product on a server of its own."""

    place: Place
    stack: Stack

    @property
    def server(self) -> Server:
        return self.place.server

    def suffers(
        self, event: Callable[["World"], None], *, within: float = ANSWERED_WITHIN
    ) -> tuple[Outcome, Crowd]:
        """Four visitors write before, during and after it; what they had so many seconds later."""
        with Crowd(self.stack) as crowd:
            time.sleep(TALK_SECONDS)
            event(self)
            time.sleep(TALK_SECONDS)
            crowd.fall_silent()
            return crowd.outcome(within=within), crowd


@dataclass
class WholeWorld(World):
    """With small disks, where we may mount them, and with people on Telegram who send files."""

    telegram: FakeTelegram
    files: Disk | None

    def cannot_store(self) -> Outcome:
        """The disk of the leads' files fills up; chats must go on, and no file be lost."""
        assert self.files
        disk = self.files
        with Senders(self.stack, self.telegram, disk.folder) as senders:

            def fills_up(_: World) -> None:
                disk.fill()
                time.sleep(AWAY_SECONDS)
                disk.free()
                senders.fall_silent()

            chats, _ = self.suffers(fills_up)
        deadline = time.monotonic() + ANSWERED_WITHIN
        while (files := senders.outcome()).unanswered and time.monotonic() < deadline:
            time.sleep(0.3)
        return chats + files


def unlimited(stack: Stack) -> None:
    """Four visitors write as many would."""
    stack.change(f"UPDATE broker_chat_configs SET rate_limits = '{NO_LIMITS}'")


@contextmanager
def a_world(folder: Path, demo: str, **environment: str) -> Iterator[WholeWorld]:
    """``demo`` is the address of a database to copy."""
    with ExitStack() as held:
        disk = held.enter_context(small_disk(folder / "server", DATABASE_MEGABYTES))
        files = held.enter_context(small_disk(folder / "files", FILES_MEGABYTES))
        telegram = held.enter_context(FakeTelegram())
        place = held.enter_context(a_place(folder / "server", demo))
        place.disk = disk
        given = {
            **place.environment,
            "ATTACHMENTS_ROOT": str(folder / "files"),
            "TELEGRAM_API_URL": telegram.url,
            **environment,
        }
        stack = held.enter_context(Stack(folder / "stack", **given))
        unlimited(stack)
        yield WholeWorld(place, stack, telegram, files)


def killed(world: World) -> None:
    world.server.kill(back_in=2)


def restarted(world: World) -> None:
    world.server.restart(back_in=2)


def hung(world: World) -> None:
    world.server.hang(AWAY_SECONDS)


def moved(world: World) -> None:
    """A failover: the first address dies, the second takes over a little later."""
    place = world.place
    place.first.close()
    time.sleep(1)
    place.second.open()
    place.first, place.second = place.second, place.first


def read_only(world: World) -> None:
    """As a server that was demoted and promoted again."""
    world.server.execute("ALTER DATABASE crm SET default_transaction_read_only = on")
    world.server.execute(CUT)
    time.sleep(AWAY_SECONDS)
    world.server.execute("ALTER DATABASE crm RESET default_transaction_read_only")
    world.server.execute(CUT)


def crowded(world: World) -> None:
    """Others have taken every connection."""
    world.server.execute(f"ALTER ROLE {ROLE} CONNECTION LIMIT 0")
    world.server.execute(CUT)
    time.sleep(AWAY_SECONDS)
    world.server.execute(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1")


def full(world: World) -> None:
    """The whole disk of the server: its tables, its log of writes, its temporary files."""
    with full_disk(world):
        time.sleep(AWAY_SECONDS)


def full_to_the_end(world: World) -> None:
    """Not even its log of writes finds room: it gives up, and its operator starts it again."""
    with full_disk(world):
        for _ in range(LOG_FILES):
            with suppress(psycopg.Error):
                world.server.execute("SELECT pg_logical_emit_message(true, '', 'of a new file')")
                world.server.execute("SELECT pg_switch_wal()")
        time.sleep(AWAY_SECONDS)


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    assert world.place.disk
    for setting in SHORT_LOG:
        world.server.execute(f"ALTER SYSTEM SET {setting}")
    world.server.execute("SELECT pg_reload_conf()")
    world.server.execute("CHECKPOINT")
    world.place.disk.fill()
    yield
    world.place.disk.free()
    world.server.revive()


def beat_killed(world: World) -> None:
    world.stack.kill("beat")


@contextmanager
def another_beat(stack: Stack, **given: str) -> Iterator[None]:
    """Beside the stack's own."""
    environment = {**os.environ, "DEBUG": "true", **stack.environment}
    environment |= {**stack.running()["environment"], **given}
    environment["ALIVE_FOLDER"] = str(stack.folder / "alive")
    beat = [str(ROOT / ".venv/bin/python"), "-m", "celery", "-A", "crm.celery:app", "beat"]
    with subprocess.Popen(beat, cwd=ROOT, env=environment, **UNHEARD) as second:
        try:
            yield
        finally:
            second.terminate()


def two_beats(world: World) -> None:
    """The second one stands by; the first one dies, and it takes over."""
    with another_beat(world.stack):
        time.sleep(BEATS_SECONDS)
        world.stack.kill("beat")
        time.sleep(BEATS_SECONDS)


EVENTS: dict[str, Callable[[World], None]] = {
    "killed, back in 2 s": killed,
    "restarted": restarted,
    "hung": hung,
    "failover to another address": moved,
    "read-only": read_only,
    "too many connections": crowded,
    "beat killed": beat_killed,
    "two beats": two_beats,
}
ON_SMALL_DISKS: dict[str, Callable[[WholeWorld], Outcome]] = {
    "disk full": lambda world: world.suffers(full)[0],
    "disk full until it gives up": lambda world: world.suffers(full_to_the_end)[0],
    "disk full under attachments": WholeWorld.cannot_store,
}
