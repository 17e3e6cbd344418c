"""Vapi's calls API as its documentation describes it, and the server messages that it posts."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx


class FakeVapi:
    """Keeps the calls it was asked for; ``status`` other than 201 refuses them."""

    def __init__(self, *, port: int = 0) -> None:
        self.calls: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.status = 201
        self.forgets_to_answer = False
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "FakeVapi":
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

    def end(self, number: int = 0, **fields: Any) -> dict[str, Any]:
        """Let a call be over, as ``GET /call/{id}`` then tells it."""
        self.calls[number] |= {"status": "ended", **fields}
        return self.calls[number]

    def status_update(self, status: str, number: int = 0) -> dict[str, Any]:
        return self._message("status-update", number, status=status)

    def end_of_call_report(self, number: int = 0, **fields: Any) -> dict[str, Any]:
        return self._message("end-of-call-report", number, **fields)

    def _message(self, kind: str, number: int, **fields: Any) -> dict[str, Any]:
        told = {"type": kind, "timestamp": 1_795_525_200_000, "call": self.calls[number]}
        return {"message": {**told, **fields}}

    def post(self, message: dict[str, Any], number: int = 0) -> httpx.Response:
        """Post a server message to the address, and with the headers, that the call named."""
        server = self.calls[number]["assistantOverrides"]["server"]
        return httpx.post(server["url"], json=message, headers=server["headers"])

    def _create(self, order: dict[str, Any]) -> tuple[int, Any]:
        if self.status != 201:
            return self.status, {"message": "refused", "statusCode": self.status}
        call = {"id": f"vapi-{len(self.calls) + 1}", "status": "queued", **order}
        self.calls.append(call)
        return (502, {"message": "lost"}) if self.forgets_to_answer else (201, call)

    def _find(self, path: str) -> tuple[int, Any]:
        if path == "/call":
            return 200, self.calls
        found = [call for call in self.calls if path == f"/call/{call['id']}"]
        return (200, found[0]) if found else (404, {"message": "not found"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(*fake._find(urlsplit(self.path).path))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)))
                self._answer(*fake._create(body))

            def _answer(self, status: int, answer: Any) -> None:
                fake.asked.append((f"{self.command} {self.path}", self.headers["Authorization"]))
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                """Tests need no access log."""

        return Handler
