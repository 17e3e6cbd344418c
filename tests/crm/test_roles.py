"""The database's roles as `deploy/postgres/init.sh` makes them, on a server of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from crm.embedded import Servers
from crm.embedded.binaries import client
from tests.databases import ROOT, SECRETS

pytestmark = pytest.mark.stack

PASSWORDS = {"DB_OWNER_PASSWORD": "of'the owner", "DB_APP_PASSWORD": "of the app"}
QUOTED = {"crm_owner": "of%27the%20owner", "crm_app": "of%20the%20app"}


class Server:
    """A server whose databases were made by the script, as the image does it."""

    def __init__(self, superuser: str) -> None:
        self._given = urlsplit(superuser)

    def init(self, database: str) -> None:
        with psycopg.connect(self._given.geturl(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}")  # type: ignore[arg-type]
        for _ in range(2):  # run again by hand it changes nothing
            subprocess.run(
                [ROOT / "deploy" / "postgres" / "init.sh"], env=self._image(database), check=True
            )

    def url(self, role: str, database: str) -> str:
        return f"postgres://{role}:{QUOTED[role]}@127.0.0.1:{self._given.port}/{database}"

    def manage(self, role: str, database: str, *arguments: object, code: int = 0) -> str:
        url = self.url(role, database)
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **SECRETS, "DATABASE_URL": url, "MIGRATE_DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def _image(self, database: str) -> dict[str, str]:
        programs = client("psql", 15).parent
        return {
            **PASSWORDS,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self._given.port),
            "PGPASSWORD": self._given.password or "",
            "POSTGRES_USER": self._given.username or "",
            "POSTGRES_DB": database,
        }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with Servers(folder, given={"REDIS_URL": "redis://nowhere"}, durable=False) as servers:
        urls = servers.urls
        made = Server(urls.get("MIGRATE_DATABASE_URL") or urls["DATABASE_URL"])
        made.init("one")
        made.manage("crm_owner", "one", "migrate", "--no-input", "-v", "0")
        yield made


def refused(server: Server, statement: str) -> bool:
    with psycopg.connect(server.url("crm_app", "one")) as connection:
        try:
            connection.execute(statement)  # type: ignore[arg-type]
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def test_the_application_reads_and_writes_every_table(server: Server) -> None:
    rights = (
        "SELECT bool_and(has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE')), count(*)"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    with psycopg.connect(server.url("crm_app", "one")) as connection:
        found = connection.execute(rights).fetchone()
        connection.execute("INSERT INTO auth_group (name) VALUES ('a group')")
        connection.execute("UPDATE auth_group SET name = 'another'")
        connection.execute("DELETE FROM auth_group")
    assert found
    assert found[0] is True
    assert found[1] > 40


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE leads",
        "TRUNCATE leads",
        "ALTER TABLE leads DISABLE ROW LEVEL SECURITY",
        "ALTER ROLE crm_app BYPASSRLS",
        "SET ROLE crm_owner",
        "CREATE ROLE another",
        "COPY leads TO PROGRAM 'cat'",
    ],
)
def test_the_application_changes_nothing_but_rows(server: Server, statement: str) -> None:
    assert refused(server, statement)


def test_neither_role_is_a_superuser_and_only_the_owner_sees_past_row_security(
    server: Server,
) -> None:
    query = (
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname ~ '^crm_' ORDER BY 1"
    )
    with psycopg.connect(server.url("crm_owner", "one")) as connection:
        assert connection.execute(query).fetchall() == [
            ("crm_app", False, False),
            ("crm_owner", False, True),
        ]


def test_the_owner_saves_and_restores_without_being_a_superuser(
    server: Server, tmp_path: Path
) -> None:
    server.manage("crm_owner", "one", "backup", "--to", tmp_path)
    [folder] = tmp_path.glob("crm-*")
    server.init("two")
    told = server.manage("crm_owner", "two", "restore", folder)
    assert "Restored and compared" in told
    with psycopg.connect(server.url("crm_app", "two")) as connection:
        [tables] = connection.execute("SELECT count(*) FROM leads").fetchone() or [None]
    assert tables == 0
    assert "MIGRATE_DATABASE_URL" in server.manage("crm_app", "one", "backup", code=1)
