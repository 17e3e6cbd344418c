"""Tasks: what may pass is tried again, what gave up leaves a row, and a dead queue holds nobody up."""

import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta

import pytest
from celery import Celery
from celery.exceptions import Ignore
from django.conf import settings as django_settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from crm import tasks
from crm.errors import DomainError, ProviderError
from crm.models import FailedTask, PeriodicRun
from tests.factories import FailedTaskFactory
from tests.racing import race


@pytest.fixture
def celery() -> Iterator[Celery]:
    """An application that runs its tasks here and now, through the whole of Celery."""
    app = Celery("test", task_cls="crm.tasks:BaseTask", broker="memory://", set_as_current=False)
    app.conf.update(task_always_eager=True, task_ignore_result=True)
    yield app
    app.close()


def run(app: Celery, errors: list[Exception | None], *args, **kwargs) -> list[int]:
    """Run a task that fails with these, one an attempt; gives the numbers of its attempts."""
    attempts: list[int] = []

    @app.task(name="test.work", bind=True)
    def work(self, *_, **__):
        attempts.append(self.request.retries)
        error = errors[len(attempts) - 1] if len(attempts) <= len(errors) else None
        if error is not None:
            raise error

    work.apply(args=args, kwargs=kwargs)
    return attempts


PASSING = ProviderError(retryable=True)
LASTING = ProviderError(retryable=False)


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (PASSING, True),
        (LASTING, False),
        (OperationalError(), True),
        (InterfaceError(), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (ValueError(), False),
        (DomainError(), False),
        (KeyError(), False),
    ],
)
def test_what_may_pass_in_a_moment(error, retryable) -> None:
    assert tasks.is_retryable(error) is retryable


@pytest.mark.django_db
def test_what_passes_leaves_no_trace(celery) -> None:
    assert run(celery, [PASSING, PASSING, None]) == [0, 1, 2]
    assert FailedTask.objects.count() == 0


@pytest.mark.django_db
def test_what_lasts_is_tried_once_and_filed(celery, broker) -> None:
    assert run(celery, [LASTING], 1, "a", broker_id=broker.pk) == [0]
    row = FailedTask.objects.get()
    assert (row.task, row.args, row.kwargs, row.broker, row.attempts, row.state) == (
        "test.work", [1, "a"], {"broker_id": broker.pk}, broker, 1, "failed",
    )  # fmt: skip
    assert row.error == "provider_error"


@pytest.mark.django_db
def test_what_never_passes_is_given_up_after_six_attempts(celery) -> None:
    assert run(celery, [PASSING] * 9) == [0, 1, 2, 3, 4, 5]
    assert FailedTask.objects.get().attempts == 6


@pytest.mark.parametrize(("retries", "seconds"), [(0, 2), (1, 4), (4, 32), (5, 60), (20, 60)])
def test_pauses_grow_to_a_minute(retries, seconds) -> None:
    assert tasks._back_off(retries) == seconds


@pytest.mark.django_db
def test_a_failed_row_says_where_and_not_with_which_values(celery) -> None:
    run(celery, [ValueError("+56987654321 is not a phone")])
    row = FailedTask.objects.get()
    assert row.error == "ValueError"
    assert "test_tasks.py" in row.details
    assert "+56" not in row.error + row.details


@pytest.mark.django_db
def test_a_task_called_as_a_function_raises_as_a_function_does(celery) -> None:
    @celery.task(name="test.plain")
    def plain() -> None:
        raise PASSING

    with pytest.raises(ProviderError):
        plain()
    assert FailedTask.objects.count() == 0


# --- An operator tries again ----------------------------------------------------------------------


@pytest.fixture
def published(monkeypatch) -> list[tuple]:
    """What the worker's queue was given, seen at Celery's own door."""
    told: list[tuple] = []
    task = tasks.celery_app().tasks["leads.tasks.deliver"]
    monkeypatch.setattr(
        type(task), "apply_async", lambda _, args, kwargs, **__: told.append((args, kwargs))
    )
    return told


@pytest.mark.django_db(transaction=True)
def test_of_two_who_try_again_at_once_one_does(published, admin) -> None:
    failed = FailedTaskFactory(broker=admin.broker, args=[7], kwargs={})
    assert sorted(race(2, lambda _: tasks.retry_failed(failed, by=admin))) == [False, True]
    assert published == [([7], {})]
    failed.refresh_from_db()
    assert (failed.state, failed.retried_by) == ("retried", admin)


@pytest.mark.django_db
def test_what_was_tried_again_is_not_tried_a_third_time(
    published, admin, django_capture_on_commit_callbacks
) -> None:
    failed = FailedTaskFactory(broker=admin.broker, state="dismissed")
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.retry_failed(failed, by=admin) is False
    assert published == []


@pytest.mark.django_db
def test_with_the_queue_down_the_row_stays_failed(
    monkeypatch, admin, django_capture_on_commit_callbacks
) -> None:
    task = tasks.celery_app().tasks["leads.tasks.deliver"]

    def down(*_, **__):
        raise ConnectionRefusedError

    monkeypatch.setattr(type(task), "apply_async", down)
    failed = FailedTaskFactory(broker=admin.broker)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.retry_failed(failed, by=admin)
    failed.refresh_from_db()
    assert (failed.state, failed.retried_by) == ("failed", None)


@pytest.mark.django_db
def test_a_task_that_is_no_more_is_not_tried_again(admin) -> None:
    failed = FailedTaskFactory(broker=admin.broker, task="leads.tasks.gone")
    with pytest.raises(DomainError) as refusal:
        tasks.retry_failed(failed, by=admin)
    assert refusal.value.code == "unknown_task"
    failed.refresh_from_db()
    assert failed.state == "failed"


# --- The queue ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_starts_before_the_transaction_commits(
    published, django_capture_on_commit_callbacks
) -> None:
    deliver = tasks.celery_app().tasks["leads.tasks.deliver"]
    with django_capture_on_commit_callbacks() as waiting:
        tasks.enqueue(deliver, 1)
        tasks.enqueue_in(2, deliver, 2)
    assert published == []
    for publish in waiting:
        publish()
    assert published == [((1,), {}), ((2,), {})]


@pytest.mark.django_db
def test_what_somebody_waits_for_goes_ahead_of_what_nobody_does(
    django_capture_on_commit_callbacks,
) -> None:
    """A worker empties Redis' list of a lower priority only while the usual one is empty."""
    deliver = tasks.celery_app().tasks["leads.tasks.deliver"]
    usual, last = (int(uuid.uuid4()) for _ in "ab")
    with django_capture_on_commit_callbacks(execute=True):
        tasks.enqueue_in(0, deliver, last, bulk=True)
        tasks.enqueue_in(0, deliver, usual)
    with tasks.celery_app().connection_for_read() as queue:
        channel = queue.default_channel
        names = [channel._q_for_pri("celery", priority) for priority in (0, 6)]
        lists = [b"".join(channel.client.lrange(name, 0, -1)).decode() for name in names]
    assert [str(usual) in told for told in lists] == [True, False]
    assert [str(last) in told for told in lists] == [False, True]


def test_every_task_that_goes_last_exists() -> None:
    assert set(django_settings.CELERY_TASK_ROUTES) <= set(tasks.celery_app().tasks)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_starts_nothing(published) -> None:
    deliver = tasks.celery_app().tasks["leads.tasks.deliver"]
    with transaction.atomic():
        tasks.enqueue(deliver, 1)
        transaction.set_rollback(True)
    assert published == []


@pytest.mark.django_db
def test_with_the_queue_away_enqueueing_gives_up_within_a_second(
    django_capture_on_commit_callbacks,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        app = Celery(
            "away", broker=f"redis://127.0.0.1:{unused.getsockname()[1]}/0", set_as_current=False
        )
        app.conf.broker_transport_options = django_settings.CELERY_BROKER_TRANSPORT_OPTIONS

        @app.task(name="test.away")
        def work() -> None: ...

        started = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True):
            tasks.enqueue(work)
    assert time.monotonic() - started < 1.5
    app.close()


# --- Sweeps ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_sweep_s_last_run_is_kept_with_how_it_ended() -> None:
    tasks.shared_heartbeat.apply()
    run = PeriodicRun.objects.get()
    assert (run.task, run.succeeded) == ("crm.tasks.heartbeat", True)
    assert run.started_at <= run.finished_at


@pytest.mark.django_db
def test_a_task_that_is_no_sweep_is_not_counted(celery) -> None:
    run(celery, [])
    assert PeriodicRun.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "alive"), [(0, True), (80, True), (100, False)])
def test_the_background_is_alive_while_a_heartbeat_is_recent(seconds, alive) -> None:
    tasks.shared_heartbeat.apply()
    PeriodicRun.objects.update(finished_at=timezone.now() - timedelta(seconds=seconds))
    assert tasks.background_is_alive() is alive


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("task", "hours", "late"),
    [
        ("crm.tasks.heartbeat", 1, True),
        ("crm.tasks.heartbeat", 0, False),
        ("leads.tasks.rescore_all", 0, False),
        ("leads.tasks.rescore_all", 25, True),
        ("no.such.sweep", 0, False),
    ],
)
def test_a_sweep_is_late_when_its_time_has_come_and_it_has_not_begun(task, hours, late) -> None:
    begun = timezone.now() - timedelta(hours=hours)
    lag = tasks.lateness(PeriodicRun(task=task, started_at=begun))
    assert (None if lag is None else lag > timedelta(0)) is late


def test_a_queue_that_never_answers_is_given_up_on_within_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        app = Celery("silent", broker=address, set_as_current=False)
        app.conf.broker_transport_options = django_settings.CELERY_BROKER_TRANSPORT_OPTIONS

        @app.task(name="test.silent")
        def work() -> None: ...

        started = time.monotonic()
        assert tasks._publish(work, (), {}) is False
    assert time.monotonic() - started < 3  # eight and more without a limit of its own
    app.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("began", "succeeded", "finished", "runs"),
    [
        (-1, True, 0, True),  # before the tick was sent
        (1, True, 2, False),
        (1, True, 0, True),  # it is at work yet, or died
        (1, False, 2, True),
    ],
)
def test_a_tick_that_a_later_run_has_overtaken_starts_nothing(
    began: int, succeeded: bool, finished: int, runs: bool
) -> None:
    task, due = tasks.celery_app().tasks["crm.tasks.heartbeat"], timezone.now()
    PeriodicRun.objects.create(
        task=task.name,
        succeeded=succeeded,
        started_at=due + timedelta(seconds=began),
        finished_at=due + timedelta(seconds=finished),
    )
    task.push_request(due_at=due.timestamp(), called_directly=False)
    try:
        with nullcontext() if runs else pytest.raises(Ignore):
            task()
    finally:
        task.pop_request()


def test_what_is_written_leaves_before_more_is_thought_of() -> None:
    priority = {
        name: tasks._usual_priority(tasks.celery_app().tasks[name])
        for name in ("leads.tasks.deliver", "llm.tasks.take_turn", "campaigns.tasks.run_step")
    }
    assert [*priority.values()] == sorted(set(priority.values()))
