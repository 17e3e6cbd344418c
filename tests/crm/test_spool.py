"""Rows of tasks that gave up with the database away: kept in Redis, filed once it is back."""

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from redis import Redis

from crm import redis_client, spool, tasks
from crm.models import FailedTask


@pytest.fixture(autouse=True)
def _empty() -> None:
    redis_client.client().delete(spool.KEY)


def test_rows_come_back_once_in_their_order() -> None:
    spool.put({"task_id": "a"})
    spool.put({"task_id": "b"})
    written: list[str] = []
    assert spool.empty(lambda row: written.append(row["task_id"])) == 2
    assert (written, spool.empty(written.append)) == (["a", "b"], 0)


def test_a_row_that_cannot_be_written_yet_stays() -> None:
    spool.put({"task_id": "a"})

    def away(_: object) -> None:
        raise OperationalError

    with pytest.raises(OperationalError):
        spool.empty(away)
    assert spool.empty(lambda _: None) == 1


def test_it_does_not_grow_without_end(monkeypatch) -> None:
    monkeypatch.setattr(spool, "LIMIT", 2)
    for name in "abc":
        spool.put({"task_id": name})
    written: list[str] = []
    spool.empty(lambda row: written.append(row["task_id"]))
    assert written == ["b", "c"]


def test_with_redis_away_too_it_says_so(monkeypatch) -> None:
    nowhere = Redis.from_url("redis://127.0.0.1:1/0", **django_settings.REDIS_TIMEOUTS)
    monkeypatch.setattr(spool, "client", lambda: nowhere)
    assert spool.put({"task_id": "a"}) is False


@pytest.mark.django_db
def test_what_gives_up_while_the_database_is_away_has_its_row_with_the_next_heartbeat(
    monkeypatch, broker
) -> None:
    failure = ValueError("of a task")
    told = ("test.work", "id-1", [7], {"broker_id": broker.pk}, failure)

    def away(**_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(FailedTask.objects, "update_or_create", away)
        tasks.record_failure(*told, attempts=2)
    assert FailedTask.objects.count() == 0
    tasks.shared_heartbeat.apply()
    row = FailedTask.objects.get()
    assert (row.task, row.args, row.broker, row.error, row.attempts, row.state) == (
        "test.work", [7], broker, "ValueError", 2, "failed",
    )  # fmt: skip
