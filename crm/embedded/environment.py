"""Makes .venv and installs requirements into it. Run by the Makefile with any Python 3.

It knows nothing of the project and needs nothing but the standard library.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

_VENV = Path(".venv")
_PYTHON = _VENV / "bin" / "python"
_BUNDLED_REDIS = ((3, 11), (3, 12))
_OLDEST = (3, 11)


def main(requirements: str) -> int:
    with open(requirements) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two starts at the same time one waits
        stamp = _VENV / f".{requirements}.installed"
        wanted = _fingerprint(requirements)
        if _works(_PYTHON) and stamp.is_file() and stamp.read_text() == wanted:
            return 0
        return _install(requirements, stamp, wanted)


def _install(requirements: str, stamp: Path, wanted: str) -> int:
    """The stamp comes last: after an interruption the next start goes on from here."""
    if not _usable():
        if complaint := _complaint():
            print(complaint, file=sys.stderr)
            return 1
        print(f"Creating {_VENV} with Python {sys.version.split()[0]} ...", flush=True)
        if subprocess.run([sys.executable, "-m", "venv", "--clear", _VENV]).returncode:
            return 1
    print(f"Installing {requirements} into {_VENV}: once, a minute or two ...", flush=True)
    pip = f"{_PYTHON} -m pip install -qq --disable-pip-version-check --only-binary :all:"
    done = subprocess.run([*pip.split(), "--require-hashes", "-r", requirements])
    if done.returncode:
        print("The installation failed, see above. Run the same command again.", file=sys.stderr)
        return 1
    stamp.write_text(wanted)
    return 0


def _fingerprint(requirements: str) -> str:
    """Of the files, and of the place: scripts in .venv hold its absolute path."""
    content = b"".join(path.read_bytes() for path in sorted(Path().glob("requirements*.txt")))
    return f"{_VENV.resolve()}\n{hashlib.sha256(content).hexdigest()}\n"


def _usable() -> bool:
    """An environment that was moved, or whose Python is gone or too old, is made anew."""
    moved = any(
        stamp.read_text().splitlines()[0] != str(_VENV.resolve())
        for stamp in _VENV.glob(".*.installed")
    )
    check = f"import pip, sys; sys.exit(sys.version_info < {_OLDEST})"
    return not moved and _works(_PYTHON, check)


def _works(python: Path, check: str = "") -> bool:
    try:
        return subprocess.run([python, "-c", check], capture_output=True).returncode == 0
    except OSError:
        return False


def _complaint() -> str | None:
    version = sys.version_info[:2]
    name = ".".join(map(str, version))
    if version in _BUNDLED_REDIS:
        return None
    if version < _OLDEST:
        return (
            f"Python {name} is too old: install Python 3.11 or 3.12, and name it if it is not"
            " on PATH: make run PYTHON=/path/to/python3.12"
        )
    if shutil.which("redis-server"):
        return None
    return f"For Python {name} install redis-server too, or use Python 3.11 or 3.12."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
