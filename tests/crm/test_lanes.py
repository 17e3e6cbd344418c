"""Lanes: the work of one brokerage, however much or however slow, leaves the queue to others."""

import re
import time
from collections import deque
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brokers.models import Broker
from crm import lanes, outage, queues, redis_client, tasks
from crm.lanes import Work
from leads.enums import Author, Delivery, Purpose
from leads.models import ChatMessage, Lead
from leads.tasks import sweep_messages
from tests.factories import LeadFactory

A, B = "test.send:0:1", "test.send:0:2"
MOST = settings.WORK_AT_ONCE


def work(number: int) -> Work:
    return Work((number,), {})


def queued(lane: str, numbers: range) -> list[int]:
    """Offer them one by one; those that go to the queue at once."""
    return [each.args[0] for number in numbers for each in lanes.offer(lane, work(number))]


def ended(lane: str, number: int, *, seconds: float = 0.0) -> list[int]:
    return [each.args[0] for each in lanes.end(lane, work(number), seconds=seconds)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    now = [time.time()]
    monkeypatch.setattr(lanes.time, "time", lambda: now[0])

    def pass_(seconds: float) -> None:
        now[0] += seconds

    return pass_


def test_of_a_thousand_a_handful_stand_before_anothers_one() -> None:
    assert queued(A, range(1_000)) == list(range(MOST))
    assert queued(B, range(1)) == [0]


def test_what_waits_moves_up_in_its_order_and_all_of_it_once() -> None:
    at_work = deque(queued(A, range(50)))
    done = []
    while at_work:
        number = at_work.popleft()
        assert lanes.begin(A, work(number))
        done.append(number)
        at_work += ended(A, number)
        assert len(at_work) <= MOST
    assert done == list(range(50))


def test_the_same_work_waits_once_and_again_once_it_is_at_work() -> None:
    assert queued(A, range(1)) == [0]
    assert queued(A, range(1)) == []
    assert lanes.begin(A, work(0))
    assert queued(A, range(1)) == [0]


def test_work_that_takes_long_is_done_one_at_a_time() -> None:
    queued(A, range(20))
    assert lanes.begin(A, work(0))
    ended(A, 0, seconds=lanes.LONG_SECONDS)
    assert [lanes.begin(A, work(number)) for number in range(1, MOST)] == [True] + [False] * (
        MOST - 2
    )
    assert ended(A, 1, seconds=lanes.LONG_SECONDS) == [2]


def test_an_entry_that_was_lost_gives_its_place_away(clock: Any) -> None:
    queued(A, range(MOST))
    assert queued(A, range(MOST, MOST + 1)) == []
    clock(lanes.QUEUED_SECONDS + 1)
    assert queued(A, range(MOST + 1, MOST + 2)) == [MOST, MOST + 1]


def test_a_worker_that_died_holds_its_lane_up_for_a_minute_at_most(clock: Any) -> None:
    queued(A, range(2))
    lanes.begin(A, work(0))
    lanes.end(A, work(0), seconds=lanes.LONG_SECONDS)
    assert lanes.begin(A, work(1))  # whose worker dies
    assert not lanes.begin(A, work(2))
    clock(lanes.RUNNING_SECONDS + 1)
    assert lanes.begin(A, work(2))


def test_without_redis_nobody_is_held_up(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_client._client.cache_clear()
    try:
        assert lanes.begin(A, work(0))
        assert lanes.end(A, work(0), seconds=0) == []
    finally:
        redis_client._client.cache_clear()
        outage.forget()


# --- A vendor of one brokerage that hangs, with two workers --------------------------------------

HANGS = 10.0  # seconds, as our client for vendors waits


def waits(clock: Any, *, slots: int, minutes: int) -> list[float]:
    """How long the other brokerage's messages wait, one every seven seconds, each sent in a blink."""
    line, busy = deque[tuple[str, int]](), dict.fromkeys(range(slots), 0.0)
    at_work: dict[int, tuple[str, int]] = {}
    asked: dict[int, float] = {}
    numbers, found = count(), []

    def join(lane: str, each: list[Work]) -> None:
        line.extend((lane, one.args[0]) for one in each)

    for number in range(500):
        join(A, lanes.offer(A, work(number)))
    for now in range(minutes * 60):
        for slot in [slot for slot in at_work if busy[slot] <= now]:
            lane, number = at_work.pop(slot)
            join(lane, lanes.end(lane, work(number), seconds=HANGS if lane == A else 0.1))
        if now % 7 == 0:
            number = next(numbers)
            asked[number] = now
            join(B, lanes.offer(B, work(number)))
        for slot in range(slots):
            while slot not in at_work and line:
                lane, number = line.popleft()
                if not lanes.begin(lane, work(number)):
                    continue
                if lane == B:
                    found.append(now - asked.pop(number))
                    join(B, lanes.end(B, work(number), seconds=0.1))
                else:
                    at_work[slot], busy[slot] = (lane, number), now + HANGS
        clock(1)
    assert not asked
    return found


def test_a_vendor_that_hangs_leaves_workers_to_others(clock: Any) -> None:
    found = waits(clock, slots=2, minutes=3)
    assert max(found) <= HANGS  # until the first calls have ended nobody knows that it hangs
    assert [wait for wait in found[3:] if wait > 0] == []


# --- Through Celery --------------------------------------------------------------------------------


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What goes to the workers' queue, as Celery is asked for it."""
    sent: list[tuple[Any, ...]] = []
    kind = type(tasks.celery_app().tasks["leads.tasks.deliver"])

    def note(_: Any, args: Any, kwargs: Any, **options: Any) -> None:
        sent.append((args, options))

    monkeypatch.setattr(kind, "apply_async", note)
    return sent


def due_messages(lead: Lead, number: int) -> list[int]:
    """Due for an hour, and stored before anything of anybody who comes later."""
    at = timezone.now() - timedelta(hours=1)
    made = ChatMessage.objects.bulk_create(
        ChatMessage(
            lead=lead, broker_id=lead.broker_id, provider="webchat", direction="out",
            author=Author.CAMPAIGN, purpose=Purpose.MARKETING, status=Delivery.PENDING,
            message_text="Hola", at=at, due_at=at,
        )
        for _ in range(number)
    )  # fmt: skip
    return [each.pk for each in made]


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")  # publishing takes no time: no entry seems lost meanwhile
def test_thousands_of_due_deliveries_delay_anothers_by_a_batch(
    broker: Broker, rival: Broker, published: Any, django_capture_on_commit_callbacks: Any
) -> None:
    due_messages(LeadFactory(broker=broker), 2_000)
    (late,) = due_messages(LeadFactory(broker=rival), 1)
    with django_capture_on_commit_callbacks(execute=True):
        sweep_messages()
    order = [args[0] for args, _ in published]
    assert order.index(late) <= MOST
    assert len(order) == MOST + 1


def as_from_the_queue(task: Any, lane: str, *args: Any) -> None:
    """Run a task as a worker does, with the headers that came along."""
    headers = {lanes.HEADER: lane, "retries": 0, "called_directly": False, "delivery_info": {}}
    task.push_request(args=args, kwargs={}, id="1", **headers)
    try:
        task(*args)
    finally:
        task.pop_request()


@pytest.mark.django_db(transaction=True)
def test_a_task_of_a_full_lane_is_put_back_and_comes_when_another_is_done(
    broker: Broker, published: Any
) -> None:
    app = Celery("lanes", task_cls="crm.tasks:BaseTask", broker="memory://", set_as_current=False)
    app.conf.update(task_always_eager=True, task_ignore_result=True)
    done: list[int] = []

    @app.task(name="test.send", tenant="brokers.Broker")
    def send(broker_id: int) -> None:
        done.append(broker_id)

    lane = f"test.send:0:{broker.pk}"
    lanes.end(lane, work(0), seconds=lanes.LONG_SECONDS)
    lanes.begin(lane, work(0))
    as_from_the_queue(send, lane, broker.pk)
    assert done == []
    assert lanes.end(lane, work(0), seconds=0) == [Work((broker.pk,), {})]
    as_from_the_queue(send, lane, broker.pk)
    assert done == [broker.pk]
    app.close()


# Whose turn it is, is chosen when a worker is free; and names of files are of no brokerage.
OF_NOBODY = {"llm.tasks.sweep_turns", "leads.tasks.sweep_removals"}


@pytest.mark.django_db
@pytest.mark.parametrize("queue", queues.all_queues(), ids=lambda queue: queue.name)
def test_no_sweep_stops_within_one_brokerages_backlog(queue: queues.Queue) -> None:
    """What a sweep takes of its rows has an end: it takes of each brokerage in turn."""
    with CaptureQueriesContext(connection) as asked:
        tasks.celery_app().tasks[queue.sweep]()
    cut = [each["sql"] for each in asked if re.search(r"LIMIT \d{3,}", each["sql"])]
    unfair = [sql for sql in cut if "ROW_NUMBER() OVER (PARTITION BY" not in sql]
    assert unfair == [] or queue.sweep in OF_NOBODY
