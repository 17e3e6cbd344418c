"""Runs web, worker and beat beside each other, starts again what dies, and ends all in order."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crm.embedded.errors import EmbeddedError
from crm.embedded.processes import Process, Steps, how_it_ended, kill_group, spawn

_TICK_SECONDS = 0.2
_HEALTHY_SECONDS = 30.0  # who lived that long starts with a clean record
_LONGEST_PAUSE = 30.0
_DRAIN_SECONDS = 1.0


@dataclass
class Child:
    """A program of ours and how it wants to be ended."""

    name: str
    command: Sequence[str]
    end: Steps = ((signal.SIGTERM, 4.0), (signal.SIGQUIT, 2.0))
    death_signal: signal.Signals = signal.SIGTERM
    process: Process | None = None
    failures: int = 0
    started: float = 0.0
    due: float = 0.0
    unfinished_line: bytes = field(default=b"", repr=False)


class Stack:
    """One thread and no locks: `tick` moves output, notices deaths and starts again what is due."""

    def __init__(self, base_dir: Path, environment: dict[str, str], say: Callable[[str], None]):
        self.children: list[Child] = []
        self.in_a_hurry = False
        self._base_dir = base_dir
        self._environment = environment  # the caller's own: it may grow until a child starts
        self._say = say
        self._outputs = selectors.DefaultSelector()

    def run(self, name: str, *arguments: str) -> None:
        """A command of `manage.py`, to its end."""
        child = Child(name, [sys.executable, "manage.py", *arguments])
        self._spawn(child)
        try:
            while child.process and child.process.poll() is None:
                self._move_output(_TICK_SECONDS)
        finally:
            self._end(child)
        if child.process and child.process.returncode:
            raise EmbeddedError(f"{name} failed ({how_it_ended(child.process)}): see its lines.")

    def start(self, child: Child) -> None:
        self.children.append(child)
        self._spawn(child)

    def tick(self) -> bool:
        """Answers whether a child was started again."""
        self._move_output(_TICK_SECONDS)
        started = [self._look_after(child) for child in self.children]
        return any(started)

    def stop(self) -> None:
        """In reverse order of the start: nobody is left without what it needs."""
        while self.children:
            child = self.children[-1]
            self._end(child)
            self.children.pop()

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self.children if child.process}

    def _spawn(self, child: Child) -> None:
        child.process = spawn(
            child.command,
            death_signal=child.death_signal,
            env=self._environment,
            cwd=self._base_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        child.started = time.monotonic()
        child.due = 0.0
        if child.process.stdout:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._outputs.register(child.process.stdout, selectors.EVENT_READ, child)

    def _look_after(self, child: Child) -> bool:
        if child.process is None:
            return self._restart_when_due(child)
        if child.process.poll() is not None:
            self._bury(child, child.process)
        return False

    def _restart_when_due(self, child: Child) -> bool:
        if time.monotonic() < child.due:
            return False
        self._spawn(child)
        return True

    def _bury(self, child: Child, process: Process) -> None:
        """Its own children go with it: they would hold its port or take its tasks."""
        kill_group(process)
        self._drain(child)
        lived = time.monotonic() - child.started
        child.failures = 1 if lived > _HEALTHY_SECONDS else child.failures + 1
        pause = min(2.0 ** (child.failures - 1), _LONGEST_PAUSE)
        child.due = time.monotonic() + pause
        child.process = None
        self._say(f"{child.name} ended ({how_it_ended(process)}); starting it again in {pause:g} s")

    def _end(self, child: Child) -> None:
        process = child.process
        if process is None:
            return
        for number, patience in child.end:
            if process.poll() is not None:
                break
            process.send_signal(number)
            self._wait(process, patience)
        kill_group(process)
        self._drain(child)

    def _wait(self, process: Process, patience: float) -> None:
        deadline = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < deadline and not self.in_a_hurry:
            self._move_output(0.05)

    def _move_output(self, timeout: float) -> None:
        if not self._outputs.get_map():
            time.sleep(timeout)
            return
        for key, _ in self._outputs.select(timeout):
            self._read(key.data)

    def _drain(self, child: Child) -> None:
        """The last words of a process that has ended."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while child.process and time.monotonic() < deadline and self._read(child):
            pass
        if child.process and child.process.stdout and not child.process.stdout.closed:
            self._outputs.unregister(child.process.stdout)
            child.process.stdout.close()
        if child.unfinished_line:
            self._show(child, child.unfinished_line)
            child.unfinished_line = b""

    def _read(self, child: Child) -> bool:
        """Moves what is there; False at the end, or when there is nothing now."""
        output = child.process.stdout if child.process else None
        if output is None or output.closed:
            return False
        try:
            chunk = os.read(output.fileno(), 65536)
        except BlockingIOError:
            return False
        if not chunk:
            self._outputs.unregister(output)
            output.close()
            return False
        *lines, child.unfinished_line = (child.unfinished_line + chunk).split(b"\n")
        for line in lines:
            self._show(child, line)
        return True

    def _show(self, child: Child, line: bytes) -> None:
        self._say(f"{child.name:<7}| {line.decode(errors='replace').rstrip()}")
