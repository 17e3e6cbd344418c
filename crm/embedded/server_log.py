"""The log of one server: appended to over its life, read from the last start on."""

import shutil
from pathlib import Path
from typing import IO

from crm.embedded.errors import EmbeddedError, PortTaken, disk_full

_TELLING = ("FATAL", "PANIC", "error:", "unshare:", "#", "***")
_LARGE = 10 * 1024 * 1024
_TOO_LITTLE = 16 * 1024 * 1024  # a segment of PostgreSQL's log


class ServerLog:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = 0

    def open(self) -> IO[bytes]:
        """For a new start of the server; a log grown large begins again."""
        if self._path.exists() and self._path.stat().st_size > _LARGE:
            self._path.replace(self._path.with_suffix(".old.log"))
        file = self._path.open("ab")
        self._start = file.tell()
        return file

    def since_start(self) -> str:
        return self._path.read_bytes()[self._start :].decode(errors="replace")

    def failure(self, server: str, ending: str) -> EmbeddedError:
        return failure(server, self.since_start(), ending, self._path.parent)


def failure(server: str, output: str, ending: str, directory: Path) -> EmbeddedError:
    """What a server said before it ended, as one line."""
    nearly_full = shutil.disk_usage(directory).free < _TOO_LITTLE
    if nearly_full or "No space left on device" in output:
        return EmbeddedError(disk_full(directory))
    if "Address already in use" in output:
        return PortTaken(f"{server} did not start: another program took its port.")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in _TELLING)]
    reason = (telling or lines or [ending])[-1]
    return EmbeddedError(f"{server} did not start in {directory}: {reason}")
