"""Child processes that never outlive us, and the ones that a killed run may have left."""

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
_LINUX = sys.platform == "linux"
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1

Process = subprocess.Popen[bytes]
Steps = Sequence[tuple[signal.Signals, float]]  # a signal, and how long to wait for its effect


def spawn(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals,
    env: Mapping[str, str],
    cwd: Path,
    session: bool = True,
    **options: Any,
) -> Process:
    """Starts a child that gets `death_signal` when we die, even by SIGKILL.

    Call it from the main thread: the kernel sends the signal when the thread that started the
    child ends. With `session` the child does not see the terminal's Ctrl-C.
    """
    bind = partial(die_with, os.getpid(), death_signal)
    return subprocess.Popen(
        command, env=env, cwd=cwd, start_new_session=session, preexec_fn=bind, **options
    )


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """In a child: gets the signal when its parent dies, and ends if that has happened already."""
    _die_with_parent(death_signal)
    if os.getppid() != parent:
        os._exit(1)


def die_with_make() -> None:
    """Under `make`, stop when make is killed: its own SIGKILL would leave us behind."""
    if "MAKELEVEL" in os.environ:
        _die_with_parent(signal.SIGTERM)


def _die_with_parent(death_signal: signal.Signals) -> None:
    if _LINUX:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))


def stop(process: Process, steps: Steps) -> None:
    """Ends a child by ever firmer signals, then whatever is left of its process group."""
    for number, patience in steps:
        if process.poll() is not None:
            break
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    kill_group(process)


def kill_group(process: Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def how_it_ended(process: Process) -> str:
    code = process.returncode
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def can_listen(host: str, port: int) -> bool:
    """Whether the port is free; OSError if it could not be used even then."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def started_at(pid: int) -> str | None:
    """A mark that tells a process from a later one with the same pid; None if there is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    try:
        # The command name before the last parenthesis may hold spaces; start time is field 22.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def end_leftovers(directory: Path, name: str, gentle: signal.Signals, patience: float) -> None:
    """Ends what a killed run left at work in `directory`: it may still be shutting down."""
    for number, seconds in ((gentle, patience), (signal.SIGKILL, 5.0)):
        if not (pids := list(_at_work_in(directory, name))):
            return
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        _wait_until_gone(directory, name, seconds)


def _wait_until_gone(directory: Path, name: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(_at_work_in(directory, name)):
        time.sleep(0.05)


def _at_work_in(directory: Path, name: str) -> Iterator[int]:
    """Processes called `name` whose working directory is `directory`: only our own servers."""
    if not (_LINUX and directory.exists()):
        return
    here = os.stat(directory)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "comm").read_text().strip() == name and os.path.samestat(
                    os.stat(entry / "cwd"), here
                ):
                    yield int(entry.name)
