"""The task base: retries by kind of error, a row for what gave up, and the heartbeat."""

import logging
import os
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from celery import Task, shared_task
from celery.exceptions import Ignore, Reject, Retry
from celery.schedules import maybe_schedule
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerDown
from kombu.pools import producers
from redis.exceptions import RedisError

from crm import connections, lanes, outage, rowsecurity, spool
from crm.errors import DomainError, FilesAway, ProviderError, is_no_room
from crm.logs import frames
from crm.models import FailedTask, PeriodicRun

log = logging.getLogger(__name__)

MAX_RETRIES = 5
PUBLISH_SECONDS = 0.5
READY_WITHIN = timedelta(seconds=90)


def is_retryable(error: BaseException) -> bool:
    """Whether the same call may succeed in a moment: vendors that say so, lost servers, full disks."""
    if isinstance(error, ProviderError):
        return error.retryable
    passing = OperationalError | InterfaceError | ConnectionError | TimeoutError | FilesAway
    return isinstance(error, passing) or connections.is_passing(error) or is_no_room(error)


class BaseTask(Task):  # type: ignore[type-arg]
    """Outlasts an outage of the database, retries what else may pass, files what gave up.

    Each task declares whose rows it works on: ``tenant``, the model whose id is its first argument,
    or ``across``, its way past all brokers' walls.
    """

    max_retries = MAX_RETRIES
    tenant = ""
    across = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            with self._tenancy(args, kwargs):
                return self.run(*args, **kwargs)  # type: ignore[no-untyped-call]
        lane = self.request.get(lanes.HEADER)
        if lane:
            return self._in_lane(lane, args, kwargs)
        return self._outlasting(args, kwargs)

    def _in_lane(self, lane: str, args: Any, kwargs: Any) -> Any:
        """Where others of its brokerage are enough for now, it is put back beside the queue."""
        work = lanes.Work(args, kwargs, self.request.retries or 0)
        if not lanes.begin(lane, work):
            return None
        began = time.monotonic()
        try:
            return self._outlasting(args, kwargs)
        finally:
            for each in lanes.end(lane, work, seconds=time.monotonic() - began):
                _send(self, each, lane, **_priority(self.request))

    def _outlasting(self, args: Any, kwargs: Any) -> Any:
        try:
            return connections.outlast(lambda: self._noted_run(args, kwargs))
        except (Retry, Ignore, Reject):
            raise
        except Exception as error:
            if self._waits_for_database(error):
                raise Reject(error, requeue=True) from error
            if is_retryable(error):
                wait = _back_off(self.request.retries)
                raise self.retry(exc=error, countdown=wait) from error  # type: ignore[no-untyped-call]
            raise

    def _tenancy(self, args: Any, kwargs: Any) -> Any:
        """A call from within a broker's own work stays there; who declares nothing sees nothing."""
        if rowsecurity.current() not in (rowsecurity.NOBODY, rowsecurity.EVERYBODY):
            return nullcontext()
        if not self.tenant:
            return rowsecurity.across(self.across) if self.across else rowsecurity.nobody()
        pk = next(iter(args or kwargs.values()), None)
        return rowsecurity.of_row(apps.get_model(self.tenant), pk)

    def _noted_run(self, args: Any, kwargs: Any) -> Any:
        if self.name in periodic_names():
            if self._is_overtaken():
                raise Ignore
            PeriodicRun.objects.update_or_create(
                task=self.name, defaults={"started_at": timezone.now()}
            )
        with self._tenancy(args, kwargs):
            return self.run(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _is_overtaken(self) -> bool:
        """Whether a later run of this sweep has found what this tick was sent for.

        Ticks that piled up while nobody worked would each start again what is due, and what they
        start would pile up behind them. One that failed, or died, has overtaken nothing.
        """
        due_at = self.request.get("due_at")
        if not due_at:
            return False
        due = datetime.fromtimestamp(float(due_at), UTC)
        later = PeriodicRun.objects.filter(task=self.name, succeeded=True, started_at__gt=due)
        return later.filter(finished_at__gte=F("started_at")).exists()

    def _waits_for_database(self, error: Exception) -> bool:
        """Whether the message goes back to the queue as it came: an outage uses up no attempt.

        A lost connection while others are welcome is no outage: that counts, or a task that breaks
        every connection would go round for ever.
        """
        if not connections.is_away(error):
            return False
        return bool(connections.sqlstate(error)) or not connections.answers()

    def after_return(
        self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        if self.name in periodic_names():
            try:
                _note_end(str(self.name), status, retval)
            except DatabaseError as error:
                # Of a sweep that ended in an outage: the next one's row says how it is now.
                log.warning("the end of %s was not noted: %s", self.name, type(error).__name__)
                connections.drop()

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        record_failure(
            str(self.name), task_id, args, kwargs, exc, attempts=self.request.retries + 1
        )


def _note_end(name: str, status: str, result: Any) -> None:
    failure = getattr(result, "code", type(result).__name__)
    succeeded = status == "SUCCESS"
    PeriodicRun.objects.filter(task=name).update(
        finished_at=timezone.now(),
        succeeded=succeeded,
        error="" if succeeded else str(failure)[:200],
    )


def _back_off(retries: int) -> int:
    return min(2 << retries, 60)


def periodic_names() -> frozenset[str]:
    from_settings = celery_app().conf.beat_schedule or {}
    return frozenset(entry["task"] for entry in from_settings.values())


def list_periodic() -> None:
    """A row for every beat entry, also for one that has never run."""
    missing = periodic_names() - set(PeriodicRun.objects.values_list("task", flat=True))
    rows = [PeriodicRun(task=name, succeeded=True) for name in sorted(missing)]
    PeriodicRun.objects.bulk_create(rows, ignore_conflicts=True)


def lateness(run: PeriodicRun) -> timedelta | None:
    """How long ago the next run should have started; None for one that never ran.

    Negative while the next run is not due; zero for a task that beat no longer sends.
    """
    if run.started_at is None:
        return None
    entries = celery_app().conf.beat_schedule or {}
    plans = [entry["schedule"] for entry in entries.values() if entry["task"] == run.task]
    if not plans:
        return timedelta()
    plan: Any = maybe_schedule(plans[0])
    remaining: timedelta = plan.remaining_estimate(run.started_at)
    return -remaining


def celery_app() -> Any:
    return shared_heartbeat.app


def record_failure(
    name: str, task_id: str, args: Any, kwargs: Any, error: Exception, *, attempts: int
) -> None:
    """Keep what an operator needs to understand and retry; values of the error stay out."""
    log.error("task %s gave up after %s attempts: %s", name, attempts, type(error).__name__)
    row = {
        "task_id": task_id,
        "task": name,
        "args": list(args),
        "kwargs": dict(kwargs),
        "error": getattr(error, "code", type(error).__name__)[:200],
        "details": where(error),
        "attempts": attempts,
    }
    try:
        _file(row)
    except DatabaseError as lost:
        if not connections.is_passing(lost):
            raise
        connections.drop()
        spool.put(row)  # which the heartbeat empties


def _file(row: dict[str, Any]) -> None:
    """The row of a task that gave up; the same one again changes nothing."""
    found = {**row, "state": FailedTask.State.FAILED, "broker_id": row["kwargs"].get("broker_id")}
    with rowsecurity.across("operations"):
        FailedTask.objects.update_or_create(task_id=found.pop("task_id"), defaults=found)


def note_recovery(task_id: str) -> None:
    """What gave up has since succeeded: nobody needs to look at it any more."""
    failed = FailedTask.objects.filter(task_id=task_id).exclude(state=FailedTask.State.DISMISSED)
    with rowsecurity.across("operations"):
        failed.update(state=FailedTask.State.DISMISSED, updated_at=timezone.now())


def where(error: Exception) -> str:
    """The lines of code that led to the error, without the values, which may be personal."""
    return "\n".join([type(error).__name__, *frames(error.__traceback__)])


def enqueue(task: Any, *args: Any, **kwargs: Any) -> None:
    """Start a task once the transaction commits; with the queue down, the sweep finds the row."""
    transaction.on_commit(lambda: _publish(task, args, kwargs))


def enqueue_in(seconds: float, task: Any, *args: Any, bulk: bool = False) -> None:
    """As ``enqueue``, after a pause of under a minute; ``bulk`` waits for all that is not."""
    options = {"countdown": seconds} if seconds > 0 else {}
    if bulk:
        options["priority"] = settings.CELERY_BULK_PRIORITY
    transaction.on_commit(lambda: _publish(task, args, {}, **options))


@lru_cache(maxsize=4)
def _producers(pid: int, app: Any) -> Any:
    """Producers that give up on a queue that takes the connection and never answers.

    Workers share the settings but not this limit: their reads wait for work by design.
    """
    patience = {"socket_timeout": PUBLISH_SECONDS, "retry_on_timeout": False}
    limits = {**app.conf.broker_transport_options, **patience}
    return producers[app.connection_for_write(transport_options=limits)]


def _publish(task: Any, args: Any, kwargs: Any, **options: Any) -> bool:
    """Queue it, or have it wait for others of its brokerage; False while the queue is away.

    What is to begin later goes by itself, and takes its place in the lane when it begins; what runs
    where it is enqueued stands in no queue.
    """
    work = lanes.Work(args, kwargs)
    lane = lanes.lane_of(task, work, options.get("priority", _usual_priority(task)))
    if lane is None or "countdown" in options or task.app.conf.task_always_eager:
        return _send(task, work, lane, **options)
    try:
        ready = lanes.offer(lane, work)
    except (RedisError, OSError) as error:
        return _is_unreachable(task, error)
    return all(_send(task, each, lane, **options) for each in ready)


def _send(task: Any, work: lanes.Work, lane: str | None, **options: Any) -> bool:
    if lane is not None:
        options |= {"headers": {lanes.HEADER: lane}, "retries": work.retries}
    try:
        with (
            outage.watched(),
            _producers(os.getpid(), task.app).acquire(
                block=True, timeout=PUBLISH_SECONDS
            ) as producer,
        ):
            task.apply_async(
                args=work.args, kwargs=work.kwargs, producer=producer, retry=False, **options
            )
    except (BrokerDown, RedisError, OSError) as error:
        return _is_unreachable(task, error)
    return True


def _is_unreachable(task: Any, error: Exception) -> bool:
    log.warning("queue unreachable (%s): %s waits for its sweep", type(error).__name__, task.name)
    return False


def _usual_priority(task: Any) -> int:
    return int(settings.CELERY_TASK_ROUTES.get(task.name, {}).get("priority", 0))


def _priority(request: Any) -> dict[str, int]:
    """As the entry came that is at work: its lane is one of a priority."""
    priority = (request.delivery_info or {}).get("priority")
    return {} if priority is None else {"priority": priority}


def retry_failed(failed: FailedTask, *, by: Any) -> bool:
    """Run a task that gave up once more; False when somebody already did.

    With the queue down the row is failed again: no sweep would find it.
    """
    task = celery_app().tasks.get(failed.task)
    if task is None:
        raise DomainError(_("Esa tarea ya no existe: descártala."), code="unknown_task")
    taken = _pass_on(failed, FailedTask.State.FAILED, FailedTask.State.RETRIED, by)
    if taken:
        transaction.on_commit(lambda: _start_again(failed, task))
    return taken


def _start_again(failed: FailedTask, task: Any) -> None:
    if not _publish(task, failed.args, failed.kwargs):
        _pass_on(failed, FailedTask.State.RETRIED, FailedTask.State.FAILED, None)


def _pass_on(
    failed: FailedTask, source: FailedTask.State, target: FailedTask.State, by: Any
) -> bool:
    mine = FailedTask.objects.filter(pk=failed.pk, state=source)
    return bool(mine.update(state=target, retried_by=by, updated_at=timezone.now()))


@shared_task(name="crm.tasks.heartbeat", across="sweep")
def shared_heartbeat() -> None:
    """Proves, by its own PeriodicRun row, that beat sends and a worker works.

    And files what gave up while the database was away.
    """
    spool.empty(_file)


def background_is_alive() -> bool:
    """Whether a heartbeat went through beat, queue and worker lately."""
    since = timezone.now() - READY_WITHIN
    return PeriodicRun.objects.filter(task=shared_heartbeat.name, finished_at__gte=since).exists()
