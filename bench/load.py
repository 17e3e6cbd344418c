"""Clients on kept connections, all on one thread: cheap enough to share the cores it loads."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LARGEST = 65536


def request(path: str, body: bytes, **headers: str) -> bytes:
    """A POST as it goes over the wire."""
    told = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class _Client:
    """One connection, and what it has still to send."""

    connection: socket.socket
    requests: Iterator[bytes]
    answer: bytes = b""
    began: float = 0.0
    seconds: list[float] = field(default_factory=list)

    def send(self) -> bool:
        """The next request; False when there is none."""
        following = next(self.requests, None)
        if following is None:
            return False
        self.answer, self.began = b"", time.perf_counter()
        self.connection.sendall(following)
        return True

    def hear(self) -> bool:
        """What has come of the answer; True when that is all of it."""
        piece = self.connection.recv(LARGEST)
        assert piece, "the server hung up"
        self.answer += piece
        if not _is_whole(self.answer):
            return False
        self.seconds.append(time.perf_counter() - self.began)
        assert self.answer.startswith(b"HTTP/1.1 200 "), self.answer
        return True


def _is_whole(answer: bytes) -> bool:
    head, ended, body = answer.partition(b"\r\n\r\n")
    if not ended:
        return False
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


def send_all(port: int, requests: Sequence[bytes], *, clients: int) -> list[float]:
    """How long each took; every client sends its next one once it has the answer."""
    waiting = selectors.DefaultSelector()
    shares = [iter(requests[number::clients]) for number in range(clients)]
    everybody = [_Client(socket.create_connection(("127.0.0.1", port)), own) for own in shares]
    for client in everybody:
        client.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if client.send():
            waiting.register(client.connection, selectors.EVENT_READ, client)
    while waiting.get_map():
        for key, _ in waiting.select():
            if key.data.hear() and not key.data.send():
                waiting.unregister(key.data.connection)
    for client in everybody:
        client.connection.close()
    return [one for client in everybody for one in client.seconds]
