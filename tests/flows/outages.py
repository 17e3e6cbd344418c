"""What may become of a database while people write, each way with its end, and what they then got."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from crm.embedded.processes import LOOPBACK
from tests.databases import SECRETS
from tests.fakes.relay import Relay
from tests.flows.chatters import Crowd, Outcome
from tests.flows.server import Server
from tests.flows.stack import Stack

# A short one in the usual run; a whole hang, restart or failover is asked for by name.
AWAY_SECONDS = float(os.environ.get("DATABASE_AWAY_SECONDS", "4"))
TALK_SECONDS = 2.0
ANSWERED_WITHIN = 30.0
ROLE, PASSWORD = "app", "of-the-app"
NO_LIMITS = (
    '{"visitor_per_minute": 1000000, "address_per_minute": 1000000, "address_per_day": 1000000}'
)
OWN_ROLE = f"""
    CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}';
    GRANT ALL ON SCHEMA public TO {ROLE};
    GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE};
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE};
"""
CUT = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'"
FULL_DISK = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON chat_messages
        FOR EACH ROW EXECUTE FUNCTION full_disk();
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON conversations
        FOR EACH ROW EXECUTE FUNCTION full_disk();
"""
ROOM_AGAIN = "DROP FUNCTION full_disk() CASCADE"


@dataclass
class World:
    """The product on a server of its own, behind two addresses of which one is open."""

    server: Server
    stack: Stack
    first: Relay
    second: Relay

    def suffers(self, event: Callable[["World"], None]) -> tuple[Outcome, Crowd]:
        """Four visitors write before, during and after it; what they had 30 seconds later."""
        with Crowd(self.stack) as crowd:
            time.sleep(TALK_SECONDS)
            event(self)
            time.sleep(TALK_SECONDS)
            crowd.fall_silent()
            return crowd.outcome(within=ANSWERED_WITHIN), crowd


@contextmanager
def a_world(folder: Path, demo: str, **environment: str) -> Iterator[World]:
    """``demo`` is the address of a database to copy."""
    with Server(folder / "server") as server:
        server.fill_from(demo)
        server.execute(OWN_ROLE)
        port = urlsplit(server.url).port or 0
        with Relay(port) as first:
            second = Relay(port)
            hosts = ",".join(f"{LOOPBACK}:{each.port}" for each in (first, second))
            address = f"postgres://{ROLE}:{PASSWORD}@{hosts}/crm"
            owner = {"MIGRATE_DATABASE_URL": server.owner_url}
            given = {"DATABASE_URL": address, **owner, **SECRETS, **environment}
            with Stack(folder / "stack", **given) as stack:
                stack.change(f"UPDATE broker_chat_configs SET rate_limits = '{NO_LIMITS}'")
                yield World(server, stack, first, second)
            second.close()


def killed(world: World) -> None:
    world.server.kill(back_in=2)


def restarted(world: World) -> None:
    world.server.restart(back_in=2)


def hung(world: World) -> None:
    world.server.hang(AWAY_SECONDS)


def moved(world: World) -> None:
    """A failover: the first address dies, the second takes over a little later."""
    world.first.close()
    time.sleep(1)
    world.second.open()
    world.first, world.second = world.second, world.first


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
    """The server says that its disk is full, to whoever stores something."""
    world.server.execute(FULL_DISK)
    time.sleep(AWAY_SECONDS)
    world.server.execute(ROOM_AGAIN)


EVENTS: dict[str, Callable[[World], None]] = {
    "killed, back in 2 s": killed,
    "restarted": restarted,
    "hung": hung,
    "failover to another address": moved,
    "read-only": read_only,
    "too many connections": crowded,
    "disk full": full,
}
