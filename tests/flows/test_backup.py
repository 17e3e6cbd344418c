"""A backup of the demo with files, restored into an empty database and an empty folder."""

import json
import os
import shutil
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from crm.troubles import BACKUP
from tests.databases import ROOT, SECRETS, address_of, administer
from tests.fakes.bucket import FakeBucket

PRIVATE = "1/ñandú foto.jpg"
BACKUP_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


@dataclass
class Place:
    """A database and a folder of files: where the product works, or where it is restored."""

    database: str
    files: Path
    more: dict[str, str] = field(default_factory=dict)

    def manage(self, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=ROOT,
            env={
                **os.environ,
                **SECRETS,
                "DEBUG": "true",
                "DATABASE_URL": self.database,
                "ATTACHMENTS_ROOT": str(self.files),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=300,
        )

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, but for what a backup notes of itself when it has ended.

        As the owner reads them: the application is shown one broker's at a time.
        """
        owner = address_of(self.database.rpartition("/")[2], owner=True)
        with psycopg.connect(owner) as connection:
            tables = [name for (name,) in connection.execute(BACKUP_TABLES).fetchall()]
            return {
                table: [
                    text
                    for (text,) in connection.execute(
                        f'SELECT t::text FROM "{table}" t ORDER BY 1'  # type: ignore[arg-type]
                    )
                    if BACKUP not in text
                ]
                for table in tables
            }

    def contents(self) -> dict[str, bytes]:
        found = (path for path in self.files.rglob("*") if path.is_file())
        return {str(path.relative_to(self.files)): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def product(demo: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("files")
    for number, name in enumerate((PRIVATE, "1/b.pdf", "2/deep/er/c.bin", "empty.txt")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(range(256)) * number * 5000)
    return Place(demo["DATABASE_URL"], folder)


@pytest.fixture(scope="module")
def root(product: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two backups lie."""
    root = tmp_path_factory.mktemp("backups") / "all"
    for _ in range(2):
        done = product.manage("backup", "--to", root)
        assert done.returncode == 0, done.stderr
        assert "rows of" in done.stdout
    return root


@pytest.fixture
def backup(root: Path) -> Path:
    return max(root.glob("crm-*"))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Place]:
    name = f"restored_{uuid.uuid4().hex}"
    administer(f"CREATE DATABASE {name}")
    try:
        yield Place(address_of(name), tmp_path / "files")
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


def refusal(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 1, done.stdout
    return done.stderr.strip()


def test_what_is_restored_is_what_was_saved(product: Place, backup: Path, empty: Place) -> None:
    done = empty.manage("restore", backup)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Restored and compared: ")
    before = product.rows()
    assert empty.rows() == before
    assert sum(map(len, before.values())) > 1000
    assert empty.contents() == product.contents()
    plan = empty.manage("migrate", "--check")
    assert plan.returncode == 0, plan.stdout + plan.stderr
    again = empty.manage("restore", backup)
    assert "not empty: --replace deletes" in refusal(again)
    (empty.files / "left over").write_text("x")
    replaced = empty.manage("restore", backup, "--replace")
    assert replaced.returncode == 0, replaced.stderr
    assert (empty.rows(), empty.contents()) == (before, product.contents())


def test_what_was_saved_from_a_disk_is_restored_into_a_bucket_and_saved_from_there(
    product: Place, backup: Path, empty: Place, tmp_path: Path
) -> None:
    with FakeBucket() as bucket:
        there = {"ATTACHMENTS_ROOT": "", **bucket.environment}
        done = empty.manage("restore", backup, **there)
        assert done.returncode == 0, done.stderr
        held = {f"private/{name}": content for name, content in product.contents().items()}
        assert bucket.contents == held
        migrated = empty.manage(
            "migrate", "--no-input", **there
        )  # grants the application its rights
        assert migrated.returncode == 0, migrated.stderr
        again = empty.manage("backup", "--to", tmp_path / "again", **there)
        assert again.returncode == 0, again.stderr
        bucket.go_away()
        refused = refusal(empty.manage("backup", "--to", tmp_path / "again", **there))
        assert "The storage of files does not answer" in refused
    [copy] = (tmp_path / "again").glob("crm-*")
    files = [json.loads((each / "manifest.json").read_text())["files"] for each in (backup, copy)]
    assert files[0] == files[1]


def test_it_is_readable_for_its_owner_alone(root: Path, backup: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*")}
    assert modes == {0o700, 0o600}
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_what_did_not_change_takes_no_room_twice(root: Path) -> None:
    one, two = (path / "files" / "attachments" / PRIVATE for path in sorted(root.glob("crm-*")))
    assert one.stat().st_ino == two.stat().st_ino


def test_it_tells_which_keys_it_needs_and_never_a_key(backup: Path) -> None:
    text = (backup / "manifest.json").read_text()
    keys = json.loads(text)["keys"]
    assert len(keys) == 1
    assert sum(keys.values()) > 0
    assert SECRETS["FIELD_ENCRYPTION_KEYS"] not in text


def test_without_its_keys_it_is_refused_before_anything_is_changed(
    backup: Path, empty: Place
) -> None:
    other = Fernet.generate_key().decode()
    done = empty.manage("restore", backup, FIELD_ENCRYPTION_KEYS=other)
    assert "FIELD_ENCRYPTION_KEYS lacks the keys of" in refusal(done)
    assert (empty.rows(), empty.contents()) == ({}, {})


def test_a_damaged_or_incomplete_backup_is_refused_before_anything_is_changed(
    backup: Path, tmp_path: Path, empty: Place
) -> None:
    damaged = shutil.copytree(backup, tmp_path / "damaged")
    file = damaged / "files" / "attachments" / PRIVATE
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"\x00")
    assert f"damaged: {file}" in refusal(empty.manage("restore", damaged))
    file.unlink()
    assert f"incomplete: {file}" in refusal(empty.manage("restore", damaged))
    assert (empty.rows(), empty.contents()) == ({}, {})
