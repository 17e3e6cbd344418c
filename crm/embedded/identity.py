"""Who runs PostgreSQL: it refuses root, so root hands it to a user without rights.

The cluster stays in the project's folder even when that user may not enter the folders above it.
The server is started with the cluster as its working directory and finds it as /proc/self/cwd,
which asks for no permission on the way. No mode of anybody's folder changes.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WITHOUT_RIGHTS = ("nobody", "daemon")


@dataclass(frozen=True)
class Identity:
    """Ourselves, another user, or ourselves under another number in a user namespace."""

    user: int | None = None
    group: int | None = None
    prefix: tuple[str, ...] = ()

    def options(self) -> dict[str, Any]:
        """What `subprocess` needs to start a process as this user."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def take_over(self, target: Path | int) -> None:
        """Makes a file, or an open one, this user's own."""
        if self.user is not None and self.group is not None:
            os.chown(target, self.user, self.group)


def candidates() -> Iterator[Identity]:
    """For a new cluster, best first; the first one that can create it is taken."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        yield Identity()
    else:
        yield from filter(_possible, _others())


def _others() -> Iterator[Identity]:
    for name in _WITHOUT_RIGHTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if os.geteuid() == 0:
            yield Identity(user=entry.pw_uid, group=entry.pw_gid)
        yield from _renamed(entry.pw_uid)


def owner_of(cluster: Path) -> Identity:
    """For a cluster that exists: whoever created it, so that root may start another user's."""
    owner = cluster.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        return Identity(user=owner.st_uid, group=owner.st_gid)
    if os.geteuid() == 0 or not _has_name(os.geteuid()):
        return next(_renamed(pwd.getpwnam("nobody").pw_uid), Identity())
    return Identity()


def _renamed(uid: int) -> Iterator[Identity]:
    """Ourselves as seen by the files, an ordinary number as seen by PostgreSQL (Linux only)."""
    if sys.platform == "linux" and (unshare := shutil.which("unshare")):
        yield Identity(prefix=(unshare, "-U", f"--map-user={uid}", f"--map-group={uid}"))


def _possible(identity: Identity) -> bool:
    """Containers may allow neither another user nor a user namespace."""
    command = [*identity.prefix, "/bin/sh", "-c", ":"]
    try:
        done = subprocess.run(
            command, cwd="/", capture_output=True, timeout=30, **identity.options()
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _has_name(uid: int) -> bool:
    """`initdb` wants an entry in the user list; containers may run a number without one."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
