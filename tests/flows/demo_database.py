"""The migrated demo, made once per test run: every stack starts from a copy of its own."""

import base64
import fcntl
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "SECRET_KEY": "of the stacks that tests start, and of nothing else",
    "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
}


class DemoDatabase:
    """Shared by the test run's processes through a locked file; the last one to leave drops it."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "demo-database").open("a+")

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The address of a database with the demo in it, gone afterwards."""
        name = f"demo_{uuid.uuid4().hex}"
        fcntl.flock(self._file, fcntl.LOCK_EX)
        administer(f"CREATE DATABASE {name} TEMPLATE {self._template()}")
        fcntl.flock(self._file, fcntl.LOCK_SH)
        try:
            yield address_of(name)
        finally:
            administer(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another process still copies from it
        else:
            if name := self._known():
                administer(f"DROP DATABASE {name} WITH (FORCE)")
            self._file.truncate(0)
        finally:
            self._file.close()

    def _known(self) -> str:
        self._file.seek(0)
        return self._file.read()

    def _template(self) -> str:
        if name := self._known():
            return name
        name = f"demo_{uuid.uuid4().hex}"
        administer(f"CREATE DATABASE {name}")
        for command in (["migrate", "--no-input"], ["seed_demo"]):
            manage(command, DATABASE_URL=address_of(name), **SECRETS)
        self._file.write(name)
        self._file.flush()
        return name


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
    with psycopg.connect(address_of("postgres"), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def address_of(name: str) -> str:
    """On the server of the test run, under another name than the tests' own database."""
    given = settings.DATABASES["default"]
    person = ":".join(quote(str(given[each]), safe="") for each in ("USER", "PASSWORD"))
    return f"postgres://{person}@{given['HOST']}:{given['PORT'] or 5432}/{name}"
