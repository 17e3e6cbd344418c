"""The Celery application: settings from Django, tasks from every app."""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init

from crm import (
    alive,
    connections,
    observed,  # noqa: F401 - connects itself to what Celery tells of tasks
)
from crm.embedded.processes import die_with

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("crm", task_cls="crm.tasks:BaseTask")
app.config_from_object("crm.celery_settings:settings", namespace="CELERY")
# Celery would close the connection around every task, which costs more than most of them. Ours are
# checked before each task and dropped after a failure by ``crm.tasks.BaseTask``: never counted.
app.conf.update(CELERY_DB_REUSE_MAX=1_000_000_000)
app.autodiscover_tasks()
app.steps["worker"].add(alive.Pulse)


@worker_process_init.connect
def _die_with_the_worker(**_: object) -> None:
    """A process of the pool, whose worker was killed, would wait for work for ever."""
    die_with(os.getppid(), signal.SIGKILL)


@worker_init.connect
def _as_worker(**_: Any) -> None:
    """Before the pool forks: its processes have the limits of a worker."""
    connections.become("worker")
