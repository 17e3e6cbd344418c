"""Traces and errors arrive where the settings say, and hold nothing of anybody."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import sentry_sdk
from django.conf import settings as django_settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client

from brokers.models import Broker, User
from crm import http
from crm.errors import ProviderError
from crm.metrics import exposition
from crm.reporting import sentry, traces
from tests import seen
from tests.fakes.collectors import FakeOTLP, FakeSentry


@pytest.fixture
def traced() -> Iterator[FakeOTLP]:
    """As with the endpoint in the settings; afterwards as without."""
    with FakeOTLP() as collector:
        collector.provider = traces.start(collector.url)  # type: ignore[attr-defined]
        yield collector
        for instrumentor in traces.instrumentors():
            instrumentor.uninstrument()
        connection_created.disconnect(dispatch_uid="crm.reporting")
        connection.execute_wrappers.clear()
        collector.provider.shutdown()  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_traces_arrive_without_anybody_in_them(
    broker: Broker, admin: User, traced: Any, settings: Any
) -> None:
    settings.TURN_DELAY_SECONDS = 0
    seen.live_through_a_day(broker, admin)
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.set(f"{seen.WORD}:{seen.EMAIL}", seen.PHONE, ex=1)
    client.close()
    with pytest.raises(ProviderError):
        http.request("GET", f"http://127.0.0.1:1/bot123:{seen.KEY}/x?q={seen.EMAIL}")
    assert traced.provider.force_flush()
    names = {span.name for span in traced.spans}
    assert "POST chat/<slug:slug>/messages/" in names, names
    assert {"run/test.breaks", "SELECT", "INSERT", "SET", "GET"} <= names, names
    found = [word for word in seen.NEVER if word.lower() in traced.text.lower()]
    assert not found, (found, [s for s in traced.spans if found[0] in str(s)][:1])
    failed = next(span for span in traced.spans if span.name == "run/test.breaks")
    assert [attribute.key for event in failed.events for attribute in event.attributes] == [
        "exception.type"
    ]


@pytest.fixture
def reported() -> Iterator[FakeSentry]:
    with FakeSentry() as collector:
        sentry.start(collector.dsn)
        yield collector
        sentry_sdk.get_client().close(timeout=0)
        sentry_sdk.init()


@pytest.mark.django_db(transaction=True)
def test_errors_arrive_without_anybody_in_them(
    broker: Broker, admin: User, reported: FakeSentry, settings: Any, monkeypatch: Any
) -> None:
    settings.METRICS_TOKEN = "x"

    def breaks() -> bytes:
        raise seen.Broken(f"{seen.NAME} {seen.EMAIL} +56{seen.PHONE}")

    monkeypatch.setattr(exposition, "text", breaks)
    seen.live_through_a_day(broker, admin)
    Client(raise_request_exception=False).get(
        f"/metrics?q={seen.WORD}",
        headers={"Authorization": "Bearer x", "Cookie": f"a={seen.PASSWORD}"},
    )
    sentry_sdk.flush(5)
    kinds = [event["exception"]["values"][-1]["type"] for event in reported.events]
    assert kinds.count("Broken") == 2
    assert "DataError" in kinds
    found = [word for word in seen.NEVER if word.lower() in reported.text.lower()]
    assert not found, (found, reported.text)
    of_page = next(event for event in reported.events if event.get("transaction") == "/metrics")
    assert len(of_page["tags"]["request_id"]) == 32
    frames = of_page["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "breaks"
    assert not [frame for frame in frames if "vars" in frame]


def test_without_settings_neither_library_is_imported() -> None:
    code = (
        "import django, sys; django.setup();"
        "print([name for name in ('sentry_sdk', 'opentelemetry.exporter', 'crm.reporting.traces') if name in sys.modules])"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "crm.settings", "DEBUG": "true", "PATH": "/usr/bin"}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True,
        cwd=django_settings.BASE_DIR,
    )  # fmt: skip
    assert told.stdout.strip() == "[]"
