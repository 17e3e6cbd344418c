"""The front door between an ASGI server and Django: what reaches it, what leaves it, and how."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import pytest

from crm import access
from crm.web import front as door
from crm.web.front import Front, environ_of
from tests.asgi import ask

OK = [("Content-Type", "text/plain")]


def echo(environ: dict[str, Any], start: Any) -> "Body":
    """Answers with the body's length and sum, and what the request looked like."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start("200 OK", [*OK, ("X-Sum", hashlib.md5(body).hexdigest())])
    return Body([f"{environ['PATH_INFO']} {len(body)}".encode()])


class Body:
    """An iterable that knows whether, and by which thread, it was closed."""

    def __init__(self, pieces: Any) -> None:
        self.pieces = pieces
        self.closed_by = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        self.closed_by = threading.get_ident()


@pytest.mark.parametrize("length", [0, 1, 70_000, 900_000])
@pytest.mark.parametrize("is_declared", [True, False])
def test_a_body_arrives_whole_whether_or_not_it_says_its_length(
    length: int, is_declared: bool
) -> None:
    body = bytes(range(256)) * (length // 256) + b"x" * (length % 256)
    pieces = [body[at : at + 65536] for at in range(0, length, 65536)] + [b""]
    headers = {"content-length": str(length)} if is_declared else {"transfer-encoding": "chunked"}
    answer = ask(Front(echo, threads=1), "/a", method="POST", headers=headers, pieces=pieces)
    assert (answer.status, answer.body) == (200, f"/a {length}".encode())
    assert answer.headers["x-sum"] == hashlib.md5(body).hexdigest()


def test_a_request_without_a_body_is_not_waited_for() -> None:
    answer = ask(Front(echo, threads=1), "/", pieces=[b"of the next request"])
    assert (answer.status, answer.taken) == (200, 0)


def test_a_body_that_does_not_come_is_given_up(monkeypatch: Any) -> None:
    monkeypatch.setattr(door, "READ_SECONDS", 0.05)
    monkeypatch.setattr(door, "DRAIN_SECONDS", 0.05)
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.sleep(10)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http"}
    scope |= {"raw_path": b"/", "query_string": b"", "headers": [(b"content-length", b"9")]}
    scope |= {"server": ("127.0.0.1", "0")}
    asyncio.run(Front(echo, threads=1)(scope, never, send))
    assert sent[0]["status"] == 408


def test_who_goes_away_amid_a_body_is_not_answered() -> None:
    headers = {"content-length": "10"}
    answer = ask(Front(echo, threads=1), "/", method="POST", headers=headers, pieces=[b"abc"])
    assert (answer.status, answer.body) == (0, b"")


@pytest.mark.parametrize("pieces", [[], [b"short"], [b"x" * 1000] * 3000, [b"y" * 5_000_000]])
def test_an_answer_leaves_whole_with_its_length(pieces: list[bytes]) -> None:
    def application(environ: Any, start: Any) -> Body:
        start("200 OK", OK)
        return Body(pieces)

    answer = ask(Front(application, threads=1), "/")
    whole = b"".join(pieces)
    assert (answer.body == whole, answer.headers["content-length"]) == (True, str(len(whole)))


@pytest.mark.parametrize("skipped", [0, 1000])
def test_a_file_is_sent_as_it_lies_there(tmp_path: Path, skipped: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 100_000)
    opened = path.open("rb")
    opened.read(skipped)

    def application(environ: Any, start: Any) -> FileWrapper:
        start("200 OK", OK)
        return environ["wsgi.file_wrapper"](opened, 4096)

    answer = ask(Front(application, threads=1), "/")
    assert opened.closed
    assert answer.body == path.read_bytes()[skipped:]
    assert answer.headers["content-length"] == str(1_000_000 - skipped)


def test_an_answer_is_made_and_closed_in_one_thread() -> None:
    made: list[Body] = []
    threads = set()

    def application(environ: Any, start: Any) -> Body:
        def pieces() -> Iterator[bytes]:
            for _ in range(5):
                threads.add(threading.get_ident())
                yield b"x" * 100_000

        start("200 OK", OK)
        made.append(Body(pieces()))
        return made[0]

    assert len(ask(Front(application, threads=4), "/").body) == 500_000
    assert threads == {made[0].closed_by}
    assert threads != {threading.get_ident()}


def test_what_breaks_outside_of_django_is_told_without_its_text(caplog: Any) -> None:
    def application(environ: Any, start: Any) -> Body:
        start("200 OK", OK)
        raise RuntimeError("nobody's business")

    answer = ask(Front(application, threads=1), "/")
    assert (answer.status, b"nobody" in answer.body) == (500, False)
    assert b"server_error" in answer.body
    assert "an answer could not be made" in caplog.text


def environ(**changed: Any) -> dict[str, Any]:
    scope = {"method": "GET", "http_version": "1.1", "scheme": "http", "raw_path": b"/"}
    scope |= {"query_string": b"", "headers": [], "client": ("192.0.2.7", 1)}
    return environ_of({**scope, "server": ("127.0.0.1", "8000"), **changed})


def test_the_caller_s_address_is_the_connection_s() -> None:
    assert environ()["REMOTE_ADDR"] == "192.0.2.7"


def test_a_request_carries_when_it_came() -> None:
    """It may wait for a thread: what depends on the order of requests asks for this."""
    before = time.time()
    assert before <= environ()[access.ARRIVED] <= time.time()


@pytest.mark.parametrize(
    ("raw", "path"),
    [(b"/a%2Fb", "/a/b"), (b"/%C3%B1", "/\xc3\xb1"), (b"/%00%zz%", "/\x00%zz%"), (b"*", "*")],
)
def test_a_path_is_decoded_as_pep_3333_wants_it(raw: bytes, path: str) -> None:
    assert environ(raw_path=raw)["PATH_INFO"] == path


def test_headers_become_variables() -> None:
    headers = [(b"content-type", b"a/b"), (b"x-a", b"1"), (b"x-a", b"2")]
    headers += [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    made = environ(headers=headers)
    assert (made["CONTENT_TYPE"], made["HTTP_X_A"], made["HTTP_COOKIE"]) == (
        "a/b",
        "1,2",
        "a=1;b=2",
    )


def test_a_header_with_an_underscore_cannot_pose_as_a_proxy_s() -> None:
    headers = [(b"x_forwarded_for", b"8.8.8.8"), (b"x-forwarded-for", b"192.0.2.1")]
    assert environ(headers=headers)["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"
