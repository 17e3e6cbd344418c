"""How a process joins PostgreSQL: read from the settings, with the limits of what it is there for."""

from collections.abc import Mapping
from typing import Any

# What a process is there for: to answer people, to work off the queue, or a long job (a command of
# manage.py, and what runs within ``connections.long_statements``).
KINDS = ("web", "worker", "long")
TRANSACTION = "transaction"
# A peer that is gone without a word: found out after 10 + 3 x 5 seconds of silence, or 20 seconds
# after something was sent that nobody confirmed. Of a server that hangs, TCP knows nothing.
NETWORK = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
Seconds = Mapping[str, float]


def limits(statement: Seconds, lock: Seconds, idle: Seconds) -> dict[str, dict[str, int]]:
    """PostgreSQL's own settings of each kind, in milliseconds; 0 is no limit."""
    named = {
        "statement_timeout": statement,
        "lock_timeout": lock,
        "idle_in_transaction_session_timeout": idle,
    }
    return {
        kind: {name: round(1000 * seconds[kind]) for name, seconds in named.items()}
        for kind in KINDS
    }


def started_with(address: Mapping[str, Any], limits: Mapping[str, int]) -> str:
    """What a connection asks for when it is opened, after what the address itself asks for."""
    given = address.get("OPTIONS", {}).get("options", "")
    return " ".join([given, *(f"-c {name}={value}" for name, value in limits.items())]).strip()


def joined(address: Mapping[str, Any], *, started_with: str, pooled: str) -> dict[str, Any]:
    """Django's entry of the database at ``address``, as django-environ reads it.

    Behind a pooler that hands a connection on after each transaction nothing may hang on the
    connection: no cursor of the server's, and no limits asked for at its start.
    """
    options: dict[str, Any] = {**NETWORK, **address.get("OPTIONS", {})}
    if pooled != TRANSACTION:
        options["options"] = started_with
    if "," in f"{address.get('HOST', '')}{options.get('host', '')}":
        # Of several servers, the one that takes writes.
        options.setdefault("target_session_attrs", "read-write")
    return {
        **address,
        "ENGINE": "crm.postgres",
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": pooled == TRANSACTION,
    }
