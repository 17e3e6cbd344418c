"""Holds bodies on their way in and answers on their way out, so that a slow client costs no thread.

A server that speaks ASGI hands its connections over. Django's WSGI application runs in a few
threads, which see a request when all of it is here, and are free again when its answer is made,
however slowly that is fetched.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, TypeVar
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from django.http import HttpResponse

from crm import access, connections, correlation
from crm.errors import RETRY_AFTER, Broken, DomainError, NoRoom, Unavailable, is_no_room
from crm.responses import apology
from crm.web import bodies
from crm.web.sockets import bound_unread

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Any]
_T = TypeVar("_T")

IN_MEMORY = 256 * 1024  # a longer body or answer waits on the disk
PIECE = 64 * 1024
# A body may take READ_SECONDS, and longer only while it comes faster than SLOWEST bytes a second:
# a photograph over a bad mobile connection passes, a byte now and then does not.
READ_SECONDS, SLOWEST = 15.0, 4 * 1024
FETCH_SECONDS = 30.0  # who takes nothing of an answer for that long is gone
# What a refused client still sends is thrown away for a moment: closing at once would reset the
# connection, often before the refusal was read.
DRAIN_SECONDS = 2.0
REQUEST_ID = access.HEADER.lower().encode()


class Gone(Exception):
    """The client went away."""


class Refused(Exception):
    """The request is answered before all of it was read."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@dataclass
class Answer:
    """What the application answered: in memory while it is short, else in a temporary file."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: IO[bytes] = field(default_factory=lambda: SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
    size: int = 0

    def start(self, status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        self.status = int(status.partition(" ")[0])
        self.headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        return self.write

    def write(self, piece: bytes) -> None:
        self.size += len(piece)
        self.body.write(piece)

    def take(self, pieces: Iterable[bytes]) -> None:
        """A file as it lies there, anything else as it is made."""
        file = _open_again(pieces.filelike) if isinstance(pieces, FileWrapper) else None
        if file is not None:
            self.body, self.size = file, os.fstat(file.fileno()).st_size - file.tell()
            return
        for piece in pieces:
            self.write(piece)
        self.body.seek(0)


class Front:
    """The ASGI application around Django's WSGI one."""

    def __init__(self, application: Application, *, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, "request")
        self._is_first = True

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._is_first:  # the server listens by now, which it did not when we were made
            self._is_first = False
            bound_unread(int(scope["server"][1]), FETCH_SECONDS)
        environ = environ_of(scope)
        with SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                await self._take_in(environ, receive, body)
            except Gone:
                return
            except Refused as refused:
                await _send(_answer_of(refused.response), send)
                await _drain(receive)
                return
            answer = await self._in_thread(self._run, environ)
        await _send(answer, send)

    async def _take_in(self, environ: Environ, receive: Receive, body: IO[bytes]) -> None:
        """The whole body, or the refusal of one that is too large or does not come."""
        declared = int(environ.get("CONTENT_LENGTH") or 0)
        size, limit = 0, bodies.smallest()
        if declared > limit:
            limit = await self._limit(environ, declared)
        if declared or "HTTP_TRANSFER_ENCODING" in environ:
            loop = asyncio.get_running_loop()
            deadline, is_more = loop.time() + READ_SECONDS, True
            while is_more:
                piece, is_more = await _next_piece(receive, deadline)
                body.write(piece)
                size += len(piece)
                deadline += len(piece) / SLOWEST
                if size > limit:
                    limit = await self._limit(environ, size)
                is_more = is_more and size != declared
        body.seek(0)
        environ["wsgi.input"] = body
        environ["CONTENT_LENGTH"] = str(size)

    async def _limit(self, environ: Environ, size: int) -> int:
        """How large this body may be; asks who sends it, and refuses where that is less."""

        def ask() -> tuple[int, HttpResponse | None]:
            request = WSGIRequest({**environ, "wsgi.input": BytesIO()})
            try:
                connections.refresh()
                limit = bodies.limit_of(request)
            except DatabaseError:
                connections.drop()
                return 0, apology(request, Unavailable(retry_after=RETRY_AFTER))
            return limit, None if size <= limit else bodies.refusal(request, limit)

        limit, response = await self._in_thread(ask)
        if response is not None:
            raise Refused(response)
        return limit

    async def _in_thread(self, call: Callable[..., _T], *given: Any) -> _T:
        """In a context of its own: what a request leaves in variables is no business of the next."""
        run = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._threads, run, call, *given)

    def _run(self, environ: Environ) -> Answer:
        """All of it in one thread: a streamed answer may read from its database connection."""
        answer = Answer()
        try:
            pieces = self._application(environ, answer.start)
            try:
                answer.take(pieces)
            finally:
                pieces.close()
        except Exception as error:  # noqa: BLE001 - Django answers its own errors, not a stream's
            answer.body.close()
            return _broken(environ, error, dict(answer.headers).get(REQUEST_ID, b"").decode())
        return answer


def environ_of(scope: Message) -> Environ:
    """PEP 3333's view of an ASGI scope, without a body.

    Headers with an underscore are dropped: as variables they would be the same as those that a
    proxy sets with a hyphen.
    """
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        access.ARRIVED: time.time(),
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        name = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        if name in environ:
            value = f"{environ[name]}{';' if name == 'HTTP_COOKIE' else ','}{value}"
        environ[name] = value
    return environ


def _open_again(file: Any) -> IO[bytes] | None:
    """The same file, which outlives the response's; None for what is only like a file."""
    try:
        again = os.fdopen(os.dup(file.fileno()), "rb")
        again.seek(file.tell())
    except (AttributeError, OSError):
        return None
    return again


async def _next_piece(receive: Receive, deadline: float) -> tuple[bytes, bool]:
    try:
        async with asyncio.timeout_at(deadline):
            message = await receive()
    except TimeoutError:
        raise Refused(HttpResponse(status=408)) from None
    if message["type"] != "http.request":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


async def _drain(receive: Receive) -> None:
    deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
    try:
        while (await _next_piece(receive, deadline))[1]:
            pass
    except (Gone, Refused):
        pass


def _broken(environ: Environ, error: Exception, request_id: str) -> Answer:
    """What a person is told in place of an answer that broke off while it was made."""
    request = WSGIRequest({**environ, "wsgi.input": BytesIO()})
    refusal: DomainError
    if connections.is_passing(error):
        connections.drop()
        refusal = Unavailable(retry_after=RETRY_AFTER)
    else:
        with correlation.alone(request_id=request_id or None):
            log.error("an answer could not be made", exc_info=error)
        refusal = NoRoom() if is_no_room(error) else Broken()
    response = apology(request, refusal)
    if request_id:
        response.headers[access.HEADER] = request_id
    return _answer_of(response)


def _answer_of(response: HttpResponse) -> Answer:
    answer = Answer()
    answer.start(str(response.status_code), list(response.items()))
    answer.take([response.content])
    return answer


async def _send(answer: Answer, send: Send) -> None:
    """Whole where it is short; else piece by piece, at the client's pace but not at any."""
    headers = answer.headers
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", str(answer.size).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    with answer.body as body:
        left = answer.size
        while left > IN_MEMORY:
            left -= PIECE
            piece = await asyncio.to_thread(body.read, PIECE)  # a disk may be far away
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except TimeoutError:  # an answer that is cut short ends the connection
                return
        await send({"type": "http.response.body", "body": body.read(left), "more_body": False})
