"""An inbound message over the web chat's view: statements, and time at one and eight clients."""

import json
import uuid
from typing import Any

from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import people, timing
from brokers.models import Broker

MESSAGES = 200
CLIENTS = 8


class Visitor:
    """One visitor of the web chat."""

    def __init__(self, broker: Broker) -> None:
        self.url = f"/chat/{broker.slug}/messages/"
        self.client, self.secret = Client(), ""

    def post(self, number: int) -> None:
        body = {"text": "hola", "visitor": self.secret, "client_id": uuid.uuid4().hex}
        answer = self.client.post(self.url, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200, answer.content
        self.secret = answer.json()["visitor"]


def _worker(broker: Broker) -> list[float]:
    try:
        return timing.timed(Visitor(broker).post, MESSAGES // 4)
    finally:
        connections.close_all()


def run() -> dict[str, Any]:
    broker = people.broker()
    config = broker.brokerchatconfig
    config.rate_limits = {
        "visitor_per_minute": 10**9,
        "address_per_minute": 10**9,
        "address_per_day": 10**9,
    }
    config.save()
    visitor = Visitor(broker)
    visitor.post(0)
    with CaptureQueriesContext(connection) as captured:
        visitor.post(1)
    statements = len(captured.captured_queries)  # the next request forgets them
    alone = timing.timed(visitor.post, MESSAGES)
    return {
        "statements": statements,
        "one_client": timing.summary(alone, sum(alone)),
        "eight_clients": timing.at_once(lambda _: _worker(broker), CLIENTS),
    }
