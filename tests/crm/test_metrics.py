"""/metrics: for its token, in Prometheus' own format, with what processes and the database know."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import OperationalError, transaction
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from brokers.models import Broker
from crm import outage, queues
from crm.caching import CountingCache
from crm.celery import app
from crm.metrics import database, exposition, process, recording
from crm.models import PeriodicRun
from crm.tasks import periodic_names
from leads.delivery import SENDS
from tests import seen
from tests.factories import ChatMessageFactory, FailedTaskFactory
from tests.seen import at_once

TOKEN = "un-token-de-prometheus"
# Sweeps that serve no table of owed rows: what they do, they find anew each time.
SERVE_NO_QUEUE = {
    "crm.tasks.heartbeat",
    "brokers.tasks.flush_tokens",
    "brokers.tasks.sweep_duties",
    "campaigns.tasks.sweep_outcomes",
    "campaigns.tasks.sweep_triggers",
    "knowledge.tasks.refresh_index",
    "leads.tasks.forget_imports",
    "leads.tasks.forget_keys",
    "leads.tasks.forget_notifications",
    "leads.tasks.forget_webhooks",
    "leads.tasks.rescore_all",
    "leads.tasks.sweep_handoffs",
    "leads.tasks.sweep_telegram",
    "leads.tasks.sweep_templates",
    "llm.tasks.forget_replays",
    "llm.tasks.repair_all_costs",
    "llm.tasks.sweep_costs",
    "scheduling.tasks.sweep_offers",
}


@pytest.fixture(autouse=True)
def counting(settings: Any, monkeypatch: Any) -> Iterator[None]:
    """As with a token in the settings; the test tells when, instead of the thread."""
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(recording, "EVERY_SECONDS", 3600.0)
    recording.forget()
    exposition.forget()
    yield
    recording.forget()
    exposition.forget()


def scraped() -> dict[str, dict[tuple[str, ...], float]]:
    """Each sample by its name and the values of its labels, in the order of the labels' names."""
    exposition.forget()
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.content
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer otro", TOKEN, f"Bearer {TOKEN}x", "Bearer ñ"]
)
def test_who_does_not_show_the_token_gets_nothing(given: str) -> None:
    answer = Client().get("/metrics", headers={"Authorization": given} if given else {})
    assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.django_db
def test_without_a_token_there_is_no_such_page_and_nothing_is_counted(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    process.REQUESTS.observe(1.0, "live", "GET", "200")
    assert recording._pending.take() == {}


@pytest.mark.django_db(transaction=True)
def test_a_conversation_is_counted_at_every_station(broker: Broker, settings: Any) -> None:
    settings.TURN_DELAY_SECONDS = 0
    with at_once():
        Client().post("/chat/andes/messages/", {"text": "hola"}, content_type="application/json")
    found = scraped()
    assert found["crm_http_request_duration_seconds_count"][("POST", "chat-messages", "200")] == 1
    assert found["crm_task_duration_seconds_count"][("success", "leads.tasks.deliver")] == 1
    assert found["crm_turns_total"] == {("offline", "answered"): 1}
    assert found["crm_sends_total"] == {("webchat", "sent"): 1}
    assert sum(found["crm_llm_latency_seconds_count"].values()) >= 1
    buckets = [
        value for labels, value in found["crm_http_request_duration_seconds_bucket"].items()
        if "chat-messages" in labels
    ]  # fmt: skip
    assert buckets == sorted(buckets)
    assert buckets[-1] == 1


@pytest.mark.django_db(transaction=True)
def test_labels_are_few_and_hold_nothing_of_anybody(broker: Broker, admin: Any) -> None:
    seen.live_through_a_day(broker, admin)
    exposition.forget()
    text = exposition.text().decode()
    assert not [word for word in seen.NEVER if word.lower() in text.lower()]
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert not [v for v in sample.labels.values() if v.isdigit() and len(v) != 3], sample
    assert broker.slug not in text


@pytest.mark.django_db
def test_what_is_rolled_back_was_never_counted(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        SENDS.inc_on_commit("email", "sent")
        with suppress(OperationalError), transaction.atomic():
            SENDS.inc_on_commit("email", "failed")
            raise OperationalError
    assert scraped()["crm_sends_total"] == {("email", "sent"): 1}


@pytest.mark.django_db
def test_every_queue_says_how_long_its_oldest_row_waits(lead: Any) -> None:
    ChatMessageFactory(
        lead=lead,
        direction="out",
        author="assistant",
        status="pending",
        due_at=timezone.now() - timedelta(minutes=9),
    )
    found = scraped()
    assert {name for (name,) in found["crm_queue_oldest_due_seconds"]} == {
        queue.name for queue in queues.all_queues()
    }
    assert 530 < found["crm_queue_oldest_due_seconds"][("messages",)] < 600
    assert found["crm_queue_due_rows"][("messages",)] == 1
    assert found["crm_queue_oldest_due_seconds"][("turns",)] == 0


def test_every_sweep_serves_a_queue_that_is_watched_or_none() -> None:
    """A new sweep is either registered with its queue, or named above as one without."""
    served = {queue.sweep for queue in queues.all_queues()}
    assert served | SERVE_NO_QUEUE == periodic_names()
    assert not served & SERVE_NO_QUEUE


@pytest.mark.django_db
def test_sweeps_and_failed_tasks(broker: Broker) -> None:
    PeriodicRun.objects.update_or_create(
        task="leads.tasks.sweep_messages",
        defaults={"started_at": timezone.now() - timedelta(minutes=31), "succeeded": False},
    )
    PeriodicRun.objects.update_or_create(task="crm.tasks.heartbeat", defaults={"started_at": None})
    FailedTaskFactory(broker=broker)
    FailedTaskFactory(broker=broker, state="dismissed")
    found = scraped()
    assert 1750 < found["crm_sweep_late_seconds"][("leads.tasks.sweep_messages",)] < 1850
    assert found["crm_sweep_late_seconds"][("crm.tasks.heartbeat",)] == -1
    assert found["crm_sweep_succeeded"][("leads.tasks.sweep_messages",)] == 0
    assert found["crm_failed_tasks"] == {("leads.tasks.deliver",): 1}


@pytest.mark.django_db
def test_a_scrape_costs_the_same_however_much_there_is(
    broker: Broker, lead: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        FailedTaskFactory(broker=broker)
    with django_assert_max_num_queries(8):
        assert b"crm_db_up 1.0" in exposition.text()


@pytest.mark.django_db
def test_a_second_scrape_in_five_seconds_asks_nobody(django_assert_num_queries: Any) -> None:
    first = exposition.text()
    with django_assert_num_queries(0):
        assert exposition.text() is first


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_a_figure_too(monkeypatch: Any) -> None:
    monkeypatch.setattr(database, "CONNECTIONS", "SELECT 1/0, 1")
    found = scraped()
    assert found["crm_db_up"] == {(): 0}
    assert "crm_queue_due_rows" not in found
    assert found["crm_redis_up"] == {(): 1}


@pytest.fixture
def redis(settings: Any, worker_id: str) -> CountingCache:
    """The cache on the real Redis."""
    settings.CACHES = {
        "default": {
            "BACKEND": "crm.caching.CountingCache",
            "LOCATION": django_settings.REDIS_URL,
            "KEY_PREFIX": f"metrics-{worker_id}",
        }
    }
    Redis.from_url(django_settings.REDIS_URL).delete(
        *(f"metrics-{worker_id}:1:{key}" for key in (recording.SUMS, recording.PROCESSES))
    )
    outage.forget()
    return cache  # type: ignore[return-value]


@pytest.mark.django_db
def test_all_processes_are_added_up_in_redis(redis: CountingCache) -> None:
    for seconds in (0.2, 0.3):
        process.TASKS.observe(seconds, "x.y", "success")
        assert recording.flush()
    redis.tally(recording.SUMS, {process.TASKS.field(("x.y", "success"), "4"): 2.0}, {})
    redis.tally(
        "other", {}, {recording.PROCESSES: {"there\x1f7": '{"kind":"worker","at":1,"bytes":5}'}}
    )
    found = scraped()
    assert found["crm_task_duration_seconds_count"][("success", "x.y")] == 4
    assert found["crm_task_duration_seconds_sum"][("success", "x.y")] == pytest.approx(0.5)
    assert list(found["crm_processes"].values()) == [1]  # the other one has ended
    assert len(redis.tallies(recording.PROCESSES)[0]) == 1


@pytest.mark.django_db
def test_with_redis_away_figures_wait_in_the_process() -> None:
    away = {"BACKEND": "crm.caching.CountingCache", "LOCATION": "redis://127.0.0.1:1/0"}
    process.TASKS.observe(0.2, "x.y", "success")
    with override_settings(CACHES={"default": away}):
        assert not recording.flush()
        found = scraped()
    assert found["crm_redis_up"] == {(): 0}
    assert found["crm_db_up"] == {(): 1}
    assert len(recording._pending.take()) >= 2


def test_a_forked_child_does_not_tell_what_its_parent_counted() -> None:
    process.TASKS.observe(0.2, "x.y", "success")
    recording._pending.forget()
    assert recording._pending.take() == {}


def test_how_long_a_task_waited_is_told_by_its_message() -> None:
    with app.connection_for_write("memory://") as line:
        app.tasks["crm.tasks.heartbeat"].apply_async(connection=line, countdown=60)
        queued = line.default_channel.basic_get("celery")
    assert queued is not None
    assert queued.headers["due_at"] == pytest.approx(timezone.now().timestamp() + 60, abs=5)


@pytest.mark.django_db
def test_every_metric_is_in_the_docs_and_every_alert_asks_for_one_that_exists() -> None:
    gauges = {each.name for each in exposition.Everything().collect() if each.type == "gauge"}
    known = gauges | set(recording.declared())
    root = django_settings.BASE_DIR
    named = set(re.findall(r"`(crm_\w+)`", (root / "docs/operations.md").read_text()))
    roles = {"crm_app", "crm_owner"}  # of the database, in the same docs
    assert named - roles == known
    asked = set(re.findall(r"crm_\w+", (root / "deploy/prometheus-rules.yml").read_text()))
    assert {name.removesuffix("_count") for name in asked} <= named
