"""Calls as the tests tell them: a call under way, and a worker that does what is due."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.models import Broker, BrokerVoiceConfig
from crm.celery import app
from leads.models import Conversation, Lead
from voice import calls, events
from voice.models import CallStatus, VoiceCall, VoiceEvent
from voice.providers.base import CallEvent, Line, Report

Tell = Callable[..., VoiceEvent | None]


@pytest.fixture
def lead(lead: Lead) -> Lead:
    Conversation.objects.create(lead=lead, broker=lead.broker)
    return lead


@pytest.fixture
def config(broker: Broker) -> BrokerVoiceConfig:
    return BrokerVoiceConfig.objects.get(broker=broker)


@pytest.fixture
def call(lead: Lead, at: datetime) -> VoiceCall:
    """A call that the provider has taken."""
    placed = calls.place(lead, purpose="qualification", intent_key="a call", at=at)
    VoiceCall.objects.filter(pk=placed.pk).update(dialled_at=at, external_call_id="ext-1")
    placed.refresh_from_db()
    return placed


def said(*words: str) -> tuple[Line, ...]:
    """Lines in turn, the assistant first."""
    speakers = ("bot", "customer")
    return tuple(
        Line(speaker=speakers[n % 2], text=text, second=3.0 * n, confidence=0.9)
        for n, text in enumerate(words)
    )


@pytest.fixture
def report(at: datetime) -> Callable[..., Report]:
    def make(*words: str, **fields: Any) -> Report:
        times = {"started_at": at, "ended_at": at + timedelta(seconds=90)}
        return Report(**{"lines": said(*words), **times, **fields})

    return make


@pytest.fixture
def tell(call: VoiceCall, at: datetime) -> Tell:
    """A provider's event of the call, stored and applied."""

    def happen(status: str, report: Report | None = None, key: str = "", **fields: Any) -> Any:
        event = CallEvent(
            key=key or f"{call.pk}:{'report' if report else status}",
            call_id=call.pk,
            external_id="ext-1",
            status=CallStatus(status),
            at=at + timedelta(minutes=1),
            report=report,
            **fields,
        )
        stored = events.receive(call.broker, call.provider, event)
        if stored:
            events.apply(stored.pk, at=at + timedelta(minutes=2))
            stored.refresh_from_db()
        call.refresh_from_db()
        return stored

    return happen


@pytest.fixture
def worker() -> Iterator[None]:
    """Whatever is enqueued is done at once, in the thread that asked."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False
