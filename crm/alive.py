"""What a container's check looks at: a file that a process touches while it can do its work.

A path and a time are enough for `find`; to start Python for a look would cost more than the work.
"""

import logging
import os
from pathlib import Path
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import connection

from crm import connections

log = logging.getLogger(__name__)

PULSE_SECONDS = 10


def note(who: str) -> None:
    """As of now ``who`` could work. A folder that cannot be written costs the check, not the work."""
    path = Path(settings.ALIVE_FOLDER) / who
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        log.warning("%s cannot be touched: %s", path, error.strerror)


def pulse() -> int:
    """What every task needs, tried in a process of the pool: the database answers a question."""
    connections.refresh()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return os.getpid()


class Pulse(bootsteps.StartStopStep):  # type: ignore[misc]
    """Sends a pulse through the worker's own pool, and notes that one came back.

    One at a time: while the pool is busy or hangs they would pile up.
    """

    requires: Any = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.under_way = False

    def start(self, parent: Any) -> None:
        self.repeated = parent.timer.call_repeatedly(PULSE_SECONDS, self.beat, (parent.pool,))

    def stop(self, parent: Any) -> None:
        self.repeated.cancel()

    def beat(self, pool: Any) -> None:
        if not self.under_way:
            self.under_way = True
            pool.apply_async(pulse, callback=self.came_back, error_callback=self.failed)

    def came_back(self, result: Any) -> None:
        self.under_way = False
        note("worker")

    def failed(self, *_: Any) -> None:
        self.under_way = False
