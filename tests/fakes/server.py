"""A scripted HTTP server on a thread: records requests, answers what the test queued."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Answer = tuple[int, dict[str, Any]] | tuple[int, dict[str, Any], dict[str, str]]


class FakeServer:
    """Answers POSTs by ``respond(path, body)``; use as a context manager."""

    def __init__(self, respond: Callable[[str, dict[str, Any]], Answer], *, port: int = 0) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.respond = respond
        self.delay = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def read(self, raw: bytes, content_type: str) -> dict[str, Any]:
        return json.loads(raw or b"{}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "FakeServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
                body = fake.read(raw, self.headers["Content-Type"] or "")
                fake.requests.append((self.path, body))
                time.sleep(fake.delay)
                status, answer, *more = fake.respond(self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                """Tests need no access log."""

        return Handler
