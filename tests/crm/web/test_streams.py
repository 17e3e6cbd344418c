"""Answers made while they are sent, through the whole server: complete, or told as broken off."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError

from brokers import tokens
from brokers.models import Broker, User
from crm import logs
from crm.web.front import Front
from leads import exporting
from leads.models import LeadExport
from tests.asgi import ask
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db(transaction=True)
EXPORT = "/api/v1/leads/export/"


def exported(user: User) -> Any:
    headers = {"host": "localhost", "authorization": f"Bearer {tokens.issue(user)['access']}"}
    return ask(Front(WSGIHandler(), threads=1), EXPORT, headers=headers)


@pytest.fixture
def lines() -> Iterator[Any]:
    """What our log said of each request."""
    stream, logger = io.StringIO(), logging.getLogger("crm.access")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JSONFormatter())
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


def test_an_export_has_every_lead_of_the_brokerage_and_no_other(
    broker: Broker, rival: Broker, admin: User, lines: Any
) -> None:
    LeadFactory.create_batch(3, broker=broker)
    LeadFactory(broker=rival, name="Ajena")
    answer = exported(admin)
    assert (answer.status, answer.body.count(b"\r\n")) == (200, 4)
    assert b"Ajena" not in answer.body
    assert LeadExport.objects.get().finished_at is not None
    (line,) = lines()
    assert (line["status"], line["route"]) == (200, "lead-export-export")
    assert line["statements"] > 3


@pytest.mark.parametrize(
    ("error", "status", "pause"),
    [(RuntimeError("Camila"), 500, None), (OperationalError("server closed"), 503, "5")],
)
def test_one_that_breaks_off_is_no_success(
    admin: User, monkeypatch: Any, lines: Any, error: Exception, status: int, pause: str | None
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        yield "first\r\n"
        raise error

    monkeypatch.setattr(exporting, "_lines", broken)
    answer = exported(admin)
    assert (answer.status, answer.headers.get("retry-after")) == (status, pause)
    assert json.loads(answer.body)["errors"][0]["detail"]
    *_, line = lines()
    assert (line["status"], line["request_id"]) == (status, answer.headers["x-request-id"])
    assert "Camila" not in answer.body.decode()
