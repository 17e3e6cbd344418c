"""Log lines: what ties them together, and that nothing of anybody is in them."""

import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from brokers.models import Broker, User
from crm import correlation, logs
from crm.celery import app
from crm.logs import WithoutKeys
from crm.tasks import shared_heartbeat
from llm.models import LLMCall
from tests import seen


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/hooks/telegram/k-1_x/", "/hooks/telegram/…/"),
        ("/hooks/voice/vapi/k-1_x/", "/hooks/voice/vapi/…/"),
        ("/hooks/google/", "/hooks/google/"),
        ("/visit/abc:def/", "/visit/…/"),
        ("/cal/abc.ics", "/cal/…"),
        ("/cuenta/password/MQ/set-password/", "/cuenta/password/MQ/…/"),
        ("/api/v1/leads/7/", "/api/v1/leads/7/"),
    ],
)
def test_a_line_tells_the_address_without_its_key(path: str, told: str) -> None:
    args = ("Forbidden", path)
    record = logging.LogRecord("django.request", 30, "x.py", 1, "%s: %s", args, None)
    assert WithoutKeys().filter(record)
    assert record.getMessage() == f"Forbidden: {told}"


# --- A whole day, in both formats -----------------------------------------------------------------


@pytest.fixture
def written() -> Iterator[dict[str, io.StringIO]]:
    """Everything that any logger writes during the test, as each format writes it."""
    streams = {form: io.StringIO() for form in logs.FORMATS}
    formatters = {logs.JSON: logs.JSONFormatter(), logs.LINE: logs.LineFormatter()}
    root, added = logging.getLogger(), []
    for form, stream in streams.items():
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatters[form])
        root.addHandler(handler)
        added.append(handler)
    for name in logs.OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield streams
    for handler in added:
        root.removeHandler(handler)
    for name in logs.OURS:
        logging.getLogger(name).setLevel(settings.LOG_LEVEL)


def lines(written: dict[str, io.StringIO]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written[logs.JSON].getvalue().splitlines()]


@pytest.mark.django_db(transaction=True)
def test_a_day_leaves_nothing_of_anybody_in_the_logs(
    broker: Broker, admin: User, written: Any, settings: Any
) -> None:
    settings.TURN_DELAY_SECONDS = 0
    seen.live_through_a_day(broker, admin)
    for form, stream in written.items():
        found = [word for word in seen.NEVER if word.lower() in stream.getvalue().lower()]
        assert not found, (form, found, stream.getvalue())
    told = lines(written)
    assert {"take_turn", "deliver"} <= {
        line["task"].rpartition(".")[2] for line in told if "task" in line
    }
    assert {"chat-messages", "hook-telegram", "web-form", "admin:login"} <= {
        line.get("route") for line in told
    }
    failed = [line for line in told if line.get("task") == "test.breaks" and "error" in line]
    assert failed[0]["error"] == "Broken"
    assert failed[0]["traceback"][-1].endswith(" breaks")
    assert len(told) == len(written[logs.LINE].getvalue().splitlines())


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_traced_to_the_message_that_it_answers(
    broker: Broker, written: Any, settings: Any
) -> None:
    settings.TURN_DELAY_SECONDS = 0
    with seen.at_once():
        answer = Client().post(
            "/chat/andes/messages/", {"text": "hola"}, content_type="application/json"
        )
    request_id = answer.headers["X-Request-ID"]
    asked, turned, sent = (
        next(line for line in lines(written) if line.get(name) == value)
        for name, value in (
            ("route", "chat-messages"), ("task", "llm.tasks.take_turn"), ("task", "leads.tasks.deliver"),
        )
    )  # fmt: skip
    assert asked["request_id"] == request_id
    assert asked["broker_id"] == turned["broker_id"] == sent["broker_id"] == broker.pk
    assert uuid.UUID(turned["trace_id"]) == LLMCall.objects.get(call_type="turn").trace_id


def test_a_message_of_the_queue_carries_the_identifier_of_its_request() -> None:
    with correlation.alone(request_id="abcdefgh-1"), app.connection_for_write("memory://") as line:
        shared_heartbeat.apply_async(connection=line)
        queued = line.default_channel.basic_get("celery")
    assert queued is not None
    assert queued.headers["request_id"] == "abcdefgh-1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "given", "taken"),
    [
        (1, "0f1e2d3c-aaaa", True),
        (0, "0f1e2d3c-aaaa", False),
        (1, "short", False),
        (1, "a" * 65, False),
        (1, "with spaces and\tmore", False),
        (1, "ana@example.com", False),
    ],
)
def test_only_our_proxy_names_a_request_and_only_in_good_form(
    proxies: int, given: str, taken: bool, settings: Any
) -> None:
    settings.PROXY_COUNT = proxies
    answer = Client().get("/health/live", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is taken
    assert correlation.is_well_formed(answer.headers["X-Request-ID"])


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_route(admin: User, written: Any) -> None:
    client = Client()
    client.force_login(admin)
    client.get(f"/admin/brokers/user/{admin.pk}/change/?secreto=1")
    (line,) = [line for line in lines(written) if line["logger"] == "crm.access"]
    assert (line["route"], line["method"], line["status"], line["user_id"], line["broker_id"]) == (
        "admin:brokers_user_change", "GET", 200, admin.pk, admin.broker_id,
    )  # fmt: skip
    assert line["statements"] > 3
    assert line["duration_ms"] > line["database_ms"] > 0


@pytest.mark.parametrize(
    ("name", "sentence", "args", "shown"),
    [
        ("leads.outbox", "message %s not taken: %s", (7, "timeout"), "message 7 not taken: timeout"),
        ("leads.x", "%s", (ValueError("Camila"),), "ValueError"),
        ("leads.x", "to ana.soto@example.com +56 9 8765 4321", (), "to … …"),
        ("leads.x", "since 2026-11-30 10:20:30", (), "since 2026-11-30 10:20:30"),
        ("leads.x", "two\nlines", (), "two\\nlines"),
        ("axes.handlers", "failure by %s from %s", ("Camila", 7), "failure by … from 7"),
        ("asyncio", "never retrieved\nfuture: Camila", (), "never retrieved"),
        ("django.security.DisallowedHost", "Invalid host: Camila", (), "refused"),
        ("celery.worker", "at %s", ("redis://:pass@db:6379/0",), "at redis://…@db:6379/0"),
        ("celery.worker.consumer.consumer", "unknown %r", ("Camila",), "unknown '…'"),
        ("_granian", "Error handling %s", ("/cal/k.ics?q=Camila",), "Error handling /cal/…"),
        ("_granian", "Error handling %s", ("/x/?q=Camila",), "Error handling /x/?…"),
        ("django.request", "Not Found: %s", ("/Camila/",), "Not Found: …"),
        ("some.library", "%d of %s", ("Camila",), ""),
    ],
)  # fmt: skip
def test_what_a_line_says(name: str, sentence: str, args: Any, shown: str) -> None:
    record = logging.LogRecord(name, 30, "x.py", 1, sentence, args, None)
    assert logs.message(record) == shown


def test_libraries_never_go_below_info() -> None:
    asked = logs.config(logs.JSON, "DEBUG")
    assert asked["root"]["level"] == "INFO"
    assert asked["loggers"]["leads"]["level"] == "DEBUG"
