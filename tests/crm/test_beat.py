"""Beat: every entry names a task that exists, one of many leads, and no tick is sent twice."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import schedule as every

from crm import alive, beat, redis_client
from crm.beat import LeadingScheduler
from crm.celery import app


def test_every_beat_entry_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    entries = app.conf.beat_schedule
    assert {entry["task"] for entry in entries.values()} - set(app.tasks) == set()
    assert len(entries) >= 5


class Beat(LeadingScheduler):
    """One that tells what it would send."""

    def setup_schedule(self) -> None:
        self.sent: list[str] = []
        due = self.Entry("due", "test.due", schedule=every(timedelta(hours=1)), app=self.app)
        due.last_run_at = datetime.now(UTC) - timedelta(hours=2)
        self.schedule = {"due": due}

    def apply_async(self, entry, producer=None, advance=True, **kwargs) -> None:
        self.sent.append(entry.name)


@pytest.fixture
def beats(monkeypatch) -> Iterator[tuple[Beat, Beat]]:
    monkeypatch.setattr(beat, "LEASE_MS", 300)
    redis_client.client().delete(beat.LEADER, beat.TICKS)
    yield Beat(app), Beat(app)
    redis_client.client().delete(beat.LEADER, beat.TICKS)


def run(*some: Beat, seconds: float = 0) -> None:
    until = time.monotonic() + seconds
    while True:
        for each in some:
            each.tick()
            each.tick()
        if time.monotonic() >= until:
            return
        time.sleep(0.05)


def test_of_two_one_leads_and_a_tick_is_sent_once(beats) -> None:
    run(*beats, seconds=0.5)
    assert [each.sent for each in beats] == [["due"], []]


def test_a_dead_leader_is_replaced_and_what_it_sent_is_not_sent_again(beats) -> None:
    first, second = beats
    run(first)
    run(second)
    assert redis_client.client().get(beat.LEADER).decode() == first.name
    run(second, seconds=0.5)
    assert redis_client.client().get(beat.LEADER).decode() == second.name
    assert (first.sent, second.sent) == (["due"], [])


def test_a_leader_that_was_held_up_finds_itself_replaced_before_it_sends(beats) -> None:
    first, second = beats
    first._heap = []  # it leads and has sent nothing yet
    assert first.redis.eval(beat._LEAD, 1, beat.LEADER, first.name, 50) == beat.TAKEN
    time.sleep(0.1)
    run(second)
    first.apply_entry(first.schedule["due"])
    assert (first.sent, second.sent) == ([], ["due"])


def test_a_leader_that_ends_in_order_is_replaced_at_once(beats) -> None:
    first, second = beats
    run(first)
    first.close()
    run(second)
    assert redis_client.client().get(beat.LEADER).decode() == second.name


def test_without_redis_it_waits_and_goes_on(beats, monkeypatch) -> None:
    first, _ = beats
    with monkeypatch.context() as away:
        away.setattr(first, "redis", redis_client.Redis.from_url("redis://127.0.0.1:1/0"))
        assert first.tick() == beat.LOOK_SECONDS
    run(first)
    assert first.sent == ["due"]


def test_a_beat_that_stands_by_is_alive_too(beats, settings, tmp_path) -> None:
    settings.ALIVE_FOLDER = str(tmp_path / "alive")
    first, second = beats
    run(first)
    run(second)
    assert (tmp_path / "alive" / "beat").exists()


def test_a_folder_that_cannot_be_written_stops_nobody(settings, tmp_path) -> None:
    (tmp_path / "file").touch()
    settings.ALIVE_FOLDER = str(tmp_path / "file" / "alive")
    alive.note("beat")
