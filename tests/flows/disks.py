"""A disk of a test's own, small enough to be filled up: a tmpfs, which takes root to mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LARGEST, PAGE = 2**26, 4096


@dataclass
class Disk:
    """Full while its ballast lies there."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """To the last page, though others write meanwhile: what comes next finds no room."""
        piece, size = LARGEST, 0
        with self._ballast.open("wb") as ballast:
            while piece >= PAGE:
                try:
                    os.posix_fallocate(ballast.fileno(), size, piece)
                    size += piece
                except OSError:
                    piece //= 2

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk | None]:
    """One that is mounted at ``folder``; None where we may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "none"]
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True)
    if done.returncode:
        yield None
        return
    try:
        yield Disk(folder)
    finally:  # lazily: a process that is just ending may stand in it yet
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
