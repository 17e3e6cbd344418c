"""The leads list of the API at 20 brokers × 10,000 leads, over HTTP, load generator included."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bench import market, people, timing
from brokers import tokens
from brokers.models import User

CLIENTS = 8
CALLS = 60
QUERIES = {
    "newest_first": "/api/v1/leads/",
    "filtered_and_sorted": "/api/v1/leads/?status=hot&ordering=-lead_score",
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "crm.web", "--port", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return server
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server did not start")


class Caller:
    """One client with a kept connection."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> None:
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        body = response.read()
        assert response.status == 200, body


def _token(port: int, user: User) -> str:
    client = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"email": user.email, "password": people.PASSWORD})
    client.request("POST", "/api/v1/auth/token/", body, {"Content-Type": "application/json"})
    return str(json.loads(client.getresponse().read())["access"])


def _statements(user: User) -> dict[str, int]:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user)['access']}")
    counted = {}
    for name, path in QUERIES.items():
        with CaptureQueriesContext(connection) as captured:
            assert api.get(path).status_code == 200
        counted[name] = len(captured.captured_queries)
    return counted


def measure(port: int, token: str, path: str) -> dict[str, float]:
    def worker(_: int) -> list[float]:
        caller = Caller(port, token)
        return timing.timed(lambda _: caller.get(path), CALLS)

    return timing.at_once(worker, CLIENTS)


@contextmanager
def served(user: User | None = None) -> Iterator[tuple[int, str]]:
    """The web server: its port, and a token, of the market's admin unless a user is named."""
    user, port = user or people.admin_of(market.brokers()[7]), _free_port()
    server = _serve(port)
    try:
        yield port, _token(port, user)
    finally:
        server.terminate()
        server.wait()


def run() -> dict[str, Any]:
    counted = _statements(people.admin_of(market.brokers()[7]))
    with served() as (port, token):
        measured = {name: measure(port, token, path) for name, path in QUERIES.items()}
    return {"leads": market.BROKERS * market.LEADS, "statements": counted, **measured}
