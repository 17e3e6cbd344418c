"""What a running stack leaves in its data folder for other terminals: lock, addresses, secrets."""

import base64
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crm.embedded.errors import EmbeddedError
from crm.embedded.processes import started_at

DATA_DIRECTORY = ".local"
_RUN_FILE = "run.json"
_SECRETS_FILE = "secrets.json"
_LOCK_FILE = "lock"
_URLS = ("DATABASE_URL", "REDIS_URL")


def running_urls(base_dir: Path) -> dict[str, str]:
    """The environment of the stack that `make run` runs in this folder; {} if there is none.

    Also {} when both addresses are set: whoever set them chose other servers.
    """
    if all(os.environ.get(name) for name in _URLS):
        return {}
    running = environment_of(base_dir / DATA_DIRECTORY)
    if os.environ.get("DATABASE_URL"):
        running.pop("MIGRATE_DATABASE_URL", None)  # it is the owner's of another database
    return running


def environment_of(directory: Path) -> dict[str, str]:
    run = read_run(directory)
    if not run or started_at(run["pid"]) != run["started"]:
        return {}
    return {str(name): str(value) for name, value in run["environment"].items()}


def read_run(directory: Path) -> dict[str, Any]:
    """The last words of a run, alive or not; {} if there are none that we may read."""
    try:
        run = json.loads((directory / _RUN_FILE).read_text())
    except (OSError, ValueError):
        return {}
    complete = isinstance(run, dict) and {"pid", "started", "environment"} <= run.keys()
    return run if complete else {}


def write_run(directory: Path, **facts: Any) -> None:
    run = {"pid": os.getpid(), "started": started_at(os.getpid()), **facts}
    _write_private(directory / _RUN_FILE, run)


def forget_run(directory: Path) -> None:
    (directory / _RUN_FILE).unlink(missing_ok=True)


def local_secrets(directory: Path) -> dict[str, str]:
    """Keys and passwords of this folder, made once and kept readable for their owner only."""
    path = directory / _SECRETS_FILE
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        kept = {}
    except ValueError as error:
        raise EmbeddedError(f"{path} is damaged: restore it, or delete {directory}.") from error
    whole = {**_new_secrets(), **kept}
    if whole != kept:
        _write_private(path, whole)
    return whole


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "postgres": secrets.token_hex(16),
        "postgres_app": secrets.token_hex(16),
        "redis": secrets.token_hex(16),
    }


@contextmanager
def hold(directory: Path) -> Iterator[None]:
    """One stack per folder. The lock ends with this process: no child ever holds it."""
    descriptor = os.open(directory / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not try_lock(descriptor):
            raise EmbeddedError(_already_running(directory))
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _already_running(directory: Path) -> str:
    """The other one may have started a moment ago and not said yet where it answers."""
    for _ in range(20):
        run = read_run(directory)
        if run and environment_of(directory):
            return (
                f"Already running in {directory}: {run.get('url')} (process {run['pid']})."
                " Stop it first, or use its address."
            )
        time.sleep(0.05)
    return f"Another start is under way in {directory}: wait for it, or stop it first."


def _write_private(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all: a reader or a power cut never sees half a file."""
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
