"""Looks at servers that somebody else runs before we rely on them, and says what is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import environ
import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from crm.embedded.errors import EmbeddedError

_OLDEST_POSTGRES = 150_000
_OLDEST_REDIS = (6, 2)
_SECONDS = 5
_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}


def check_database(url: str) -> None:
    """Reachable, PostgreSQL 15 or later, with pgvector installed on the server."""
    with _connected(url) as connection:
        version = connection.info.server_version
        if version < _OLDEST_POSTGRES:
            raise EmbeddedError(
                f"DATABASE_URL: the server is PostgreSQL {version // 10_000};"
                " version 15 or later is needed."
            )
        available = "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"
        if connection.execute(available).fetchone() is None:
            raise EmbeddedError(
                "DATABASE_URL: the server has no pgvector: install it there"
                f" (Debian: postgresql-{version // 10_000}-pgvector)."
            )


def sees_all_rows(url: str) -> bool:
    """Whether the role is one that PostgreSQL's row-level security does not hold."""
    with _connected(url) as connection:
        asked = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        row = connection.execute(asked).fetchone()
        return bool(row and row[0])


def check_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(
            url,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            version = str(client.info("server")["redis_version"])
    except (redis.RedisError, ValueError) as error:
        raise EmbeddedError(f"REDIS_URL: {_place(url)}: {_first_line(error)}") from error
    if tuple(map(int, version.split(".")[:2])) < _OLDEST_REDIS:
        raise EmbeddedError(f"REDIS_URL: the server is Redis {version}; 6.2 or later is needed.")


def known_slugs(url: str, table: str) -> set[str]:
    """The slugs of all brokers: empty in a new database."""
    with _connected(url) as connection, connection.transaction():
        # Row-level security would show nobody's; for this transaction only: a pooler hands the
        # session on to others.
        connection.execute("SET LOCAL crm.tenant = '*'")
        query = sql.SQL("SELECT slug FROM {}").format(sql.Identifier(table))
        return {str(row[0]) for row in connection.execute(query)}


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(**_parameters(url), connect_timeout=_SECONDS, autocommit=True)
    except psycopg.Error as error:
        raise EmbeddedError(f"DATABASE_URL: {_place(url)}: {_first_line(error)}") from error
    with connection:
        yield connection


def _parameters(url: str) -> dict[str, Any]:
    """As the settings read the address, so that both mean the same server."""
    if urlsplit(url).scheme not in _SCHEMES:
        raise EmbeddedError("DATABASE_URL must name a PostgreSQL: postgres://user:password@host/db")
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise EmbeddedError(f"DATABASE_URL is not an address: {_first_line(error)}") from error
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    values = {new: config.get(old) for old, new in (names | {"PORT": "port"}).items()}
    options: dict[str, Any] = config.get("OPTIONS", {})
    return {name: value for name, value in values.items() if value} | options


def _place(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _first_line(error: Exception) -> str:
    """Each attempt of a connection fails in its own line; the last one tells the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "failed" in line]
    return (telling or lines or [type(error).__name__])[-1]
