"""The database of a backup: dumped at one moment while people work, restored into an empty one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection as default
from psycopg import sql

from crm.backups.manifest import DUMP, BackupError, Manifest
from crm.embedded.binaries import client, major_of

# What leads to the server; what else the application joins with are limits for its own statements.
ADDRESS = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")
VARIABLES = {"dbname": "PGDATABASE", "sslrootcert": "PGSSLROOTCERT"}
# Whoever works on the tables that a restore replaces has to be stopped first: it does not wait.
LOCK_SECONDS = 5
# Of triggers, as the migrations made them; those of extensions stay with their extension.
ROUTINES = """
    SELECT p.oid::regprocedure::text FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT EXISTS (
    SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""
OWNED = """
SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
LAST_MIGRATIONS = "SELECT app, max(name) FROM django_migrations GROUP BY app"


def dump(folder: Path) -> dict[str, Any]:
    """Writes the dump; answers what the manifest says of it, counted at the same moment."""
    with _joined() as connection:
        _refuse_guests(connection)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # It stands still for as long as pg_dump works from its snapshot.
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        [snapshot] = connection.execute("SELECT pg_export_snapshot()").fetchone() or [""]
        facts = {
            "server": _server(connection),
            "rows": rows(connection),
            "migrations": dict(connection.execute(LAST_MIGRATIONS).fetchall()),
        }
        program = client("pg_dump", _server(connection))
        options = ["--format=custom", f"--snapshot={snapshot}", f"--file={folder / DUMP}"]
        _run(program, *options)
    return {**facts, "dumped_with": major_of(program)}


def _refuse_guests(connection: psycopg.Connection[Any]) -> None:
    """Who only uses the tables may not see all of their rows."""
    [owned] = connection.execute(OWNED).fetchone() or [None]
    if not owned:
        raise BackupError(
            "There are no tables, or they are another role's: set MIGRATE_DATABASE_URL to the"
            " address of their owner."
        )


def restore(folder: Path, manifest: Manifest) -> None:
    """All of it or nothing. The tables are the owner's who restores; `migrate` grants anew."""
    with _joined() as connection:
        server = _server(connection)
    program = client("pg_restore", max(server, manifest.dumped_with))
    _run(
        program,
        "--no-owner",
        "--no-privileges",
        "--no-comments",  # the extension's is not ours to write
        "--exit-on-error",
        "--single-transaction",
        f"--dbname={_address()['dbname']}",
        str(folder / DUMP),
    )


def refuse_older_server(manifest: Manifest) -> None:
    with _joined() as connection:
        server = _server(connection)
    if server < manifest.server:
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.server}, this server is {server}:"
            " it takes one as new or newer."
        )


def differences(manifest: Manifest) -> Iterator[str]:
    with _joined() as connection:
        found = rows(connection)
    for table in sorted(manifest.rows.keys() | found.keys()):
        before, now = manifest.rows.get(table), found.get(table)
        if before != now:
            yield f"table {table}: {before} rows in the backup, {now} here"


def rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    return {table: _count(connection, table) for table in _tables(connection)}


def is_empty() -> bool:
    with _joined() as connection:
        return not _tables(connection)


def delete_all() -> None:
    with _joined() as connection, connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        for table in _tables(connection):
            statement = sql.SQL("DROP TABLE IF EXISTS public.{} CASCADE")
            connection.execute(statement.format(sql.Identifier(table)))
        for (routine,) in connection.execute(ROUTINES).fetchall():
            connection.execute(sql.SQL("DROP ROUTINE {} CASCADE").format(sql.SQL(routine)))


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    statement = sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))
    [count] = connection.execute(statement).fetchone() or [0]
    return int(count)


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    return [table for (table,) in connection.execute(TABLES).fetchall()]


def _server(connection: psycopg.Connection[Any]) -> int:
    return connection.info.server_version // 10_000


@contextmanager
def _joined() -> Iterator[psycopg.Connection[Any]]:
    """As the owner of the tables, past a pooler, and past what hides rows from the application."""
    try:
        with psycopg.connect(**_address(), autocommit=True) as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute("SET row_security = off")  # an error rather than rows left out
            yield connection
    except psycopg.Error as error:
        raise BackupError(f"The database: {' '.join(str(error).split())}") from error


def _address() -> dict[str, Any]:
    given = {**default.settings_dict, **settings.DATABASE_OWNER}
    address = {name: given[key] for key, name in ADDRESS.items() if given.get(key)}
    limits = given.get("OPTIONS", {})
    return address | {name: limits[name] for name in OPTIONS if name in limits}


def _run(program: Path, *arguments: str) -> None:
    """With the password in the environment: arguments are seen by everybody on the machine."""
    address = {VARIABLES.get(key, f"PG{key.upper()}"): str(v) for key, v in _address().items()}
    done = subprocess.run(
        [program, "--no-password", *arguments],
        env={**os.environ, **address},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BackupError(f"{program.name}: {' '.join(done.stderr.split())[:500]}")
