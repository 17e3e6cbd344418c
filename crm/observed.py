"""What is seen of each task: the identifiers it goes under, and one line when it ends."""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    task_retry,
    worker_process_init,
    worker_process_shutdown,
)
from django.conf import settings

from crm import correlation
from crm.metrics import process, recording

log = logging.getLogger(__name__)

REQUEST_ID, DUE_AT = "request_id", "due_at"
LEVELS = {"FAILURE": logging.ERROR, "RETRY": logging.WARNING, "REJECTED": logging.WARNING}


@dataclass
class Run:
    """A task at work in this process."""

    began: float = field(default_factory=time.perf_counter)
    error: BaseException | None = None
    around: Any = None


_running: dict[str, Run] = {}


@setup_logging.connect
def _leave_logging_alone(**_: Any) -> None:
    """Django has configured it; where this signal has a receiver Celery keeps its own away."""


@before_task_publish.connect
def _pass_on(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A task goes under the identifier of the request that led to it, over any number of tasks."""
    if headers is not None:
        known = correlation.current().get(REQUEST_ID)
        headers.setdefault(REQUEST_ID, known or correlation.new_id())
        eta = headers.get("eta")
        headers[DUE_AT] = datetime.fromisoformat(eta).timestamp() if eta else time.time()


@task_prerun.connect
def _begin(task_id: str = "", task: Any = None, **_: Any) -> None:
    if due_at := task.request.get(DUE_AT):
        process.TASK_WAITS.observe(max(time.time() - due_at, 0.0), str(task.name))
    request_id = task.request.get(REQUEST_ID) or correlation.current().get(REQUEST_ID)
    run = Run(around=correlation.bound(request_id=request_id, task=task.name, task_id=task_id))
    run.around.__enter__()
    _running[task_id] = run


@task_failure.connect
def _failed(task_id: str = "", exception: BaseException | None = None, **_: Any) -> None:
    if run := _running.get(task_id):
        run.error = exception


@task_retry.connect
def _put_off(request: Any = None, reason: Any = None, **_: Any) -> None:
    run = _running.get(request.id) if request is not None else None
    cause = getattr(reason, "exc", reason)
    if run and isinstance(cause, BaseException):
        run.error = cause


@task_postrun.connect
def _end(task_id: str = "", task: Any = None, state: str | None = None, **_: Any) -> None:
    run = _running.pop(task_id, None)
    if run is None:
        return
    seconds, error = time.perf_counter() - run.began, run.error
    outcome = (state or "unknown").lower()
    details = {
        "outcome": outcome,
        "attempt": (task.request.retries or 0) + 1,
        "duration_ms": round(seconds * 1000, 1),
    }
    process.TASKS.observe(seconds, str(task.name), outcome)
    trouble = (type(error), error, error.__traceback__) if error is not None else None
    try:
        log.log(_level(task, state), "task", extra=details, exc_info=trouble)
    finally:
        run.around.__exit__(None, None, None)


def _level(task: Any, state: str | None) -> int:
    """Sweeps that went well are for who looks for them: there are some twenty a minute."""
    if state in LEVELS:
        return LEVELS[state]
    return logging.DEBUG if task.name in _periodic(task.app) else logging.INFO


def _periodic(app: Any) -> set[str]:
    return {entry["task"] for entry in (app.conf.beat_schedule or {}).values()}


@worker_process_init.connect
def _as_worker(**_: Any) -> None:
    recording.become("worker")


@beat_init.connect
def _as_beat(**_: Any) -> None:
    recording.become("beat")


@worker_process_shutdown.connect
def _tell_the_rest(**_: Any) -> None:
    """A worker's process ends without Python's own leave-taking."""
    if settings.METRICS_TOKEN:
        recording.flush()
