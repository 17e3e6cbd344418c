"""A client at the level of ASGI: sends a body in pieces, and sees how much of it was taken."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.web.front import Front


@dataclass
class Exchange:
    """One request and what came back; ``taken`` counts the bytes read before the answer began."""

    pieces: Iterable[bytes] = ()
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: int = 0

    async def receive(self) -> dict[str, Any]:
        piece = None if self.status else next(self._left, None)
        if piece is None:
            return {"type": "http.disconnect"}
        self.taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]

    def __post_init__(self) -> None:
        self._left = iter(self.pieces)


def ask(
    front: Front,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    pieces: Iterable[bytes] = (),
) -> Exchange:
    raw_path, _, query = path.partition("?")
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    exchange = Exchange(pieces)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in pairs],
        "client": ("192.0.2.7", 4711),
        "server": ("127.0.0.1", "0"),
    }
    asyncio.run(front(scope, exchange.receive, exchange.send))  # type: ignore[arg-type]
    return exchange
