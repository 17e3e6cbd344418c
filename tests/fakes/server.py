"""Servers on a thread: what every fake vendor answers through, and keeps record with."""

import json
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

POLL = {"poll_interval": 0.02}  # how long a server may take to notice that its block is over

Answer = tuple[int, dict[str, Any]] | tuple[int, dict[str, Any], dict[str, str]]
JSON = "application/json"


@dataclass(frozen=True)
class Late:
    """An answer that comes so many seconds after the question: beyond a time limit, a hang."""

    seconds: float
    answer: Answer = (503, {})


@dataclass(frozen=True)
class Asked:
    """One request, read whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    raw: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.raw or b"{}")

    @property
    def multipart(self) -> dict[str, Any] | None:
        """A form with a file: its fields, ``filename`` and ``mime_type``; None for other bodies."""
        if self.headers.get_content_maintype() != "multipart":
            return None
        form: dict[str, Any] = {}
        for part in self.raw.split(f"--{self.headers.get_boundary()}".encode())[1:-1]:
            head, _, content = part[:-2].partition(b"\r\n\r\n")
            told = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode()))
            form[told["name"]] = content if "filename" in told else content.decode()
            if "filename" in told:
                form["filename"] = told["filename"]
                form["mime_type"] = re.findall(r"Content-Type: (\S+)", head.decode())[0]
        return form

    @property
    def is_json(self) -> bool:
        return self.headers.get("Content-Type", "").startswith(JSON)


@dataclass(frozen=True)
class Told:
    """One answer; what is not bytes goes out as JSON. ``cut``: the line breaks after so many."""

    status: int
    body: Any = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = JSON
    cut: int | None = None

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class OnThread:
    """Serves while its block lasts."""

    def __init__(self, server: TCPServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs=POLL, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
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


class LocalServer(OnThread, ABC):
    """HTTP: hands every request to ``take``."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(ThreadingHTTPServer(("127.0.0.1", port), _handler(self)))

    @abstractmethod
    def take(self, asked: Asked) -> Told: ...

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _handler(server: LocalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body leave in two writes

        def serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
            query = dict(parse_qsl(parts.query))
            told = server.take(Asked(self.command, parts.path, query, self.headers, raw))
            self.send_response(told.status)
            sizes = ("Content-Type", told.content_type), ("Content-Length", str(len(told.data)))
            for name, value in (*sizes, *told.headers):
                self.send_header(name, value)
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked waited no longer
                self.end_headers()
                self.wfile.write(told.data[: told.cut])
            self.close_connection |= told.cut is not None

        do_GET = do_POST = do_PATCH = do_DELETE = serve  # noqa: N815 - the base's names

        def log_message(self, *args: object) -> None:
            """Neither tests nor the demo's terminal need an access log."""

    return Handler


class FakeServer(LocalServer):
    """Records requests and answers them by ``respond(path, body)``, ``delay`` seconds later.

    ``broken`` holds answers that no vendor documents, to give before any other.
    """

    def __init__(self, respond: Callable[[str, dict[str, Any]], Answer], *, port: int = 0) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.respond = respond
        self.delay = 0.0
        self.broken: list[Told] = []
        super().__init__(port=port)

    def read(self, asked: Asked) -> dict[str, Any]:
        return dict(asked.json)

    def take(self, asked: Asked) -> Told:
        body = self.read(asked)
        self.requests.append((asked.path, body))
        time.sleep(self.delay)
        if self.broken:
            return self.broken.pop(0)
        status, answer, *more = self.respond(asked.path, body)
        return Told(status, answer, tuple(more[0].items()) if more else ())

    @contextmanager
    def holding(self, fits: Callable[[dict[str, Any]], bool]) -> Iterator[threading.Event]:
        """Requests that fit get no answer before the block ends; the event tells that one came."""
        came, over, usual = threading.Event(), threading.Event(), self.respond

        def respond(path: str, body: dict[str, Any]) -> Answer:
            if fits(body):
                came.set()
                over.wait()
            return usual(path, body)

        self.respond = respond
        try:
            yield came
        finally:
            self.respond = usual
            over.set()


class Scripted(FakeServer):
    """A model's vendor: the queued answers one by one, the last one again and again.

    Where a request is for something else than an answer, ``aside`` gives that.
    """

    def __init__(self, *answers: Answer | Late | Told, port: int = 0) -> None:
        self.answers = list(answers)
        super().__init__(self._next, port=port)

    def take(self, asked: Asked) -> Told:
        if self.answers and isinstance(self.answers[0], Told):
            self.broken.append(self.answers.pop(0))
        return super().take(asked)

    def aside(self, path: str, body: dict[str, Any]) -> Answer | None:
        return None

    def _next(self, path: str, body: dict[str, Any]) -> Answer:
        if (other := self.aside(path, body)) is not None:
            return other
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        assert not isinstance(answer, Told)  # given before, as it is
        if isinstance(answer, Late):
            time.sleep(answer.seconds)
            return answer.answer
        return answer
