"""The web processes as production starts them, and the processor time they take."""

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from signal import SIGTERM
from typing import Any, Self

from django.conf import settings

from crm.embedded.processes import LOOPBACK, Process, free_port, spawn, stop
from crm.management.commands.up import answers, children

PROCESSES = 2
TICK = 1 / os.sysconf("SC_CLK_TCK")


class Web(AbstractContextManager["Web"]):
    """Our server with the command line of ``manage.py up``, on a free port."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self._environment = dict(environment)
        self._process: Process | None = None

    def __enter__(self) -> Self:
        options = {"workers": PROCESSES, "concurrency": 1}
        web = children(options, LOOPBACK, self.port)[0]
        self._process = spawn(
            web.command, death_signal=SIGTERM, env=self._environment, cwd=settings.BASE_DIR
        )
        while not answers(LOOPBACK, self.port):
            assert self._process.poll() is None, "the web server ended"
            time.sleep(0.1)
        return self

    def __exit__(self, *_: Any) -> None:
        if self._process is not None:
            stop(self._process, ((SIGTERM, 10.0),))

    @property
    def processor_seconds(self) -> float:
        """Of all its processes so far, in the system and outside of it."""
        assert self._process is not None
        stats = [_stat(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        mine = [each for each in stats if each and int(each[2]) == self._process.pid]
        return sum(int(each[11]) + int(each[12]) for each in mine) * TICK


def _stat(entry: Path) -> list[str]:
    """The fields behind the name: state, parent, process group, and so on."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
