"""The web server alone, without a proxy: slow clients hold nobody up, and a stop loses nothing."""

import http.client
import json
import os
import signal
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from crm.embedded.processes import LOOPBACK, Process, free_port, spawn, stop
from crm.management.commands.up import answers, python
from tests.databases import ROOT
from tests.flows.stack import EVERYBODY, wait_for

pytestmark = pytest.mark.stack

SLOW = 200
# How long anybody may wait meanwhile, on a machine that has other things to do too.
PATIENCE = 10.0
CHAT = "/chat/demo/messages/"
LARGE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
KINDS = {
    "head": b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    "body": f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n".encode(),
    "reader": f"GET {LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
}


@dataclass
class Web:
    port: int
    process: Process
    database: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """Over a connection of its own."""
        line = http.client.HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def write(self, text: str) -> tuple[int, bytes]:
        sent = json.dumps({"text": text})
        return self.ask("POST", CHAT, sent, **{"Content-Type": "application/json"})

    def sign_in(self) -> int:
        """As a browser does: the form with its token, then what was typed."""
        line = http.client.HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE)
        line.request("GET", "/admin/login/")
        form = line.getresponse()
        token = form.read().partition(b'name="csrfmiddlewaretoken" value="')[2][:64].decode()
        cookie = (form.getheader("Set-Cookie") or "").partition(";")[0]
        typed = {"csrfmiddlewaretoken": token, "username": "ana@demo.test", "password": "demo"}
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", "/admin/login/", urllib.parse.urlencode(typed), headers)
        status = line.getresponse().status
        line.close()
        return status


@contextmanager
def running(environment: dict[str, str]) -> Iterator[Web]:
    """As production starts it, without worker and beat."""
    port = free_port()
    command = python(f"crm.web --host {LOOPBACK} --port {port} --workers 2")
    own = {**os.environ, **environment, "DEBUG": "true", "PORT": str(port)}
    process = spawn(command, death_signal=signal.SIGTERM, env=own, cwd=ROOT)
    try:
        wait_for("the web server", lambda: answers(LOOPBACK, port), seconds=120)
        yield Web(port, process, environment["DATABASE_URL"])
    finally:
        stop(process, ((signal.SIGTERM, 30.0),))


@pytest.fixture(scope="module")
def web(demo: dict[str, str]) -> Iterator[Web]:
    with running(demo) as started:
        yield started


@contextmanager
def held_open(port: int, kinds: list[str]) -> Iterator[list[socket.socket]]:
    """Connections that send the beginning of a request, or read nothing of an answer."""
    with ExitStack() as open_ones:
        lines = []
        for number in range(SLOW):
            line = open_ones.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect((LOOPBACK, port))
            line.sendall(KINDS[kinds[number % len(kinds)]])
            lines.append(line)
        yield lines


@pytest.mark.parametrize("kinds", [["head"], ["body"], ["reader"], [*KINDS]], ids="-".join)
def test_slow_connections_hold_nobody_up(web: Web, kinds: list[str]) -> None:
    took = {}
    with held_open(web.port, kinds):
        for name, ask, status in (
            ("live", lambda: web.ask("GET", "/health/live")[0], 200),
            ("chat", lambda: web.write("Hola")[0], 200),
            ("login", web.sign_in, 302),
        ):
            began = time.monotonic()
            assert ask() == status, name
            took[name] = time.monotonic() - began
    assert max(took.values()) <= PATIENCE, took


@dataclass
class Posts:
    """What became of each post of a crowd that does not try again."""

    stored: list[int] = field(default_factory=list)
    refused: int = 0
    cut: list[str] = field(default_factory=list)


def post_on(web: Web, over: threading.Event, posts: Posts) -> None:
    while not over.is_set():
        line = http.client.HTTPConnection(LOOPBACK, web.port, timeout=30)
        try:
            line.connect()
        except OSError:  # nobody listens any more
            posts.refused += 1
            return
        try:
            sent = json.dumps({"text": "Hola"})
            line.request("POST", CHAT, sent, {"Content-Type": "application/json"})
            answer = line.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException) as error:
            posts.cut.append(repr(error))
            continue
        finally:
            line.close()
        if answer.status == 200:
            posts.stored += [message["id"] for message in body["messages"]]


def test_a_stop_under_load_answers_what_was_accepted_and_keeps_what_was_acknowledged(
    demo: dict[str, str],
) -> None:
    with running(demo) as web:
        _allow_many(web)
        posts, over = Posts(), threading.Event()
        crowd = [threading.Thread(target=post_on, args=(web, over, posts)) for _ in range(8)]
        for each in crowd:
            each.start()
        wait_for("a load", lambda: len(posts.stored) > 30, seconds=90)
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(timeout=60)
        over.set()
        for each in crowd:
            each.join()
    with psycopg.connect(web.database, options=EVERYBODY) as connection:
        found = connection.execute(
            "SELECT id FROM chat_messages WHERE id = ANY(%s)", [posts.stored]
        ).fetchall()
    assert {row[0] for row in found} == set(posts.stored)
    assert posts.cut == []


def _allow_many(web: Web) -> None:
    """More messages than one address may send: what is tried is the stop, not the limit."""
    limits = json.dumps({"address_per_minute": 100_000, "address_per_day": 100_000})
    with psycopg.connect(web.database, autocommit=True, options=EVERYBODY) as connection:
        connection.execute("UPDATE broker_chat_configs SET rate_limits = %s", [limits])
