"""Making backups, whole or not at all, and forgetting old ones."""

import fcntl
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import django

from crm import secrecy
from crm.backups import database, files
from crm.backups.manifest import DUMP, BackupError, Manifest, sealed

NAME = "crm-%Y%m%dT%H%M%SZ"
DRAFT = ".unfinished"


def make(root: Path, at: datetime) -> Path:
    """A folder below `root` that only its owner may read, named for the moment in UTC.

    The database first: each file that its rows name is then there to be copied, but for those that
    were erased meanwhile.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(root), _private():
        draft = root / DRAFT
        shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
        draft.mkdir()
        try:
            _fill(draft, newest(root), at)
            return draft.rename(root / at.strftime(NAME))
        except OSError as error:
            raise BackupError(f"{error.filename or root}: {error.strerror or error}.") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _fill(draft: Path, before: Path | None, at: datetime) -> None:
    facts = database.dump(draft)
    known = (before, Manifest.read(before)) if before else None
    manifest = Manifest(
        made_at=at.isoformat(timespec="seconds"),
        dump=sealed(draft / DUMP),
        keys=secrecy.used_keys(),
        versions={"django": django.__version__, "python": platform.python_version()},
        files=files.saved(draft, known),
        **facts,
    )
    manifest.write(draft)


def made(root: Path) -> list[Path]:
    """All that are whole, the oldest first."""
    return sorted(path.parent for path in root.glob("crm-*/manifest.json"))


def newest(root: Path) -> Path | None:
    return next(reversed(made(root)), None)


def forget(root: Path, keep: int) -> list[Path]:
    """Deletes all but the newest `keep`; answers what went."""
    with _alone(root):
        old = made(root)[:-keep]
        for folder in old:
            (folder / "manifest.json").unlink()  # from here on it is none, even if we are killed
            shutil.rmtree(folder)
        return old


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two at once would take each other's unfinished folder for what a killed run left."""
    descriptor = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError(f"Another backup is being made in {root}: wait for it.") from None
    finally:
        os.close(descriptor)


@contextmanager
def _private() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
