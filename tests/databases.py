"""Databases that a test run makes once, for its processes to copy: migrated, and with the demo."""

import base64
import fcntl
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection, transaction

from crm import rowsecurity

ROOT = Path(__file__).resolve().parents[1]
SECRETS = {
    "SECRET_KEY": "of the stacks that tests start, and of nothing else",
    "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
}


class Original:
    """Made by the first process of the test run that asks; the last one to leave drops it.

    One file holds its name, and is locked only while that is looked up or made: whoever copies
    keeps nobody waiting. The lock on the other one tells that somebody may copy yet.
    """

    def __init__(self, folder: Path, what: str, command: str, of: Self | None = None) -> None:
        self._what, self._command, self._of = what, command, of
        self._known = (folder / f"{what}-database").open("a+")
        self._users = (folder / f"{what}-database-users").open("a+")
        fcntl.flock(self._users, fcntl.LOCK_SH)

    @property
    def name(self) -> str:
        fcntl.flock(self._known, fcntl.LOCK_EX)
        try:
            return self._read() or self._make()
        finally:
            fcntl.flock(self._known, fcntl.LOCK_UN)

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The address of a database like this one, gone afterwards."""
        name = f"{self._what}_{uuid.uuid4().hex}"
        administer(f"CREATE DATABASE {name} TEMPLATE {self.name}")
        try:
            yield address_of(name)
        finally:
            administer(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        with self._known, self._users:
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process may still copy from it
            if name := self._read():
                administer(f"DROP DATABASE {name} WITH (FORCE)")
            self._known.truncate(0)

    def _read(self) -> str:
        self._known.seek(0)
        return self._known.read()

    def _make(self) -> str:
        name = f"{self._what}_{uuid.uuid4().hex}"
        administer(f"CREATE DATABASE {name}" + (f" TEMPLATE {self._of.name}" if self._of else ""))
        manage(self._command.split(), DATABASE_URL=address_of(name), **SECRETS)
        self._known.write(name)
        self._known.flush()
        return name


def empty() -> None:
    """Nothing of a test's own is left. To truncate every table would take half a second."""
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = sorted(set(connection.introspection.table_names()) - kept)
    looks = (f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in tables)
    with rowsecurity.across("tests"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        filled = [table for (table,) in cursor.fetchall()]
        for table in filled:  # in any order: foreign keys are looked at when all is done
            cursor.execute(f'DELETE FROM "{table}"')


def manage(arguments: list[str], **environment: str) -> str:
    """What a person at the server would run: `manage.py`."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "true", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def administer(statement: str) -> None:
    with psycopg.connect(address_of("postgres", owner=True), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def address_of(name: str, *, owner: bool = False) -> str:
    """On the server of the test run, under another name than the tests' own database."""
    given = settings.DATABASES["default"] | (settings.DATABASE_OWNER if owner else {})
    person = ":".join(quote(str(given[each]), safe="") for each in ("USER", "PASSWORD"))
    return f"postgres://{person}@{given['HOST']}:{given['PORT'] or 5432}/{name}"
