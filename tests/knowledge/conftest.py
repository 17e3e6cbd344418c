"""The knowledge of the demo's brokers, for tests that ask it questions, and who embeds texts."""

import json
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from brokers.models import Broker
from crm.demo import Context
from knowledge import demo
from tests.fakes.server import OnThread


@pytest.fixture
def demo_knowledge(broker: Broker, rival: Broker, at: datetime) -> None:
    demo.seed(Context(at=at, broker=broker, rival=rival))


class Gemini(ThreadingHTTPServer):
    """Speaks batchEmbedContents; ``status`` and ``numbers`` say how it answers."""

    status = 200
    numbers = 768

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Gemini

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        found = [{"values": [0.5] * self.server.numbers} for _ in body["requests"]]
        answer = json.dumps({"embeddings": found} if self.server.status == 200 else {}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def gemini(settings: Any) -> Iterator[Gemini]:
    server = Gemini()
    settings.GEMINI_API_KEY = "key"
    settings.GEMINI_API_URL = server.url
    with OnThread(server):
        yield server
