"""One line and one figure a request: which route, how it ended, how long it and the database took."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from crm import connections, correlation
from crm.errors import Unavailable
from crm.metrics import process

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
QUIET = ("live", "ready", "metrics", "static")  # asked every few seconds, by machines
HEADER = "X-Request-ID"
ARRIVED = "crm.arrived"  # in what the server tells of a request: seconds since the epoch


def arrived_at(request: HttpRequest) -> datetime:
    """When the request reached the server, before it waited for a thread; now, where no server says."""
    return datetime.fromtimestamp(request.META.get(ARRIVED) or time.time(), UTC)


@dataclass
class Statements:
    """How many statements a request made, and how long the database took over them."""

    count: int = 0
    seconds: float = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        self.count += 1
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began


class AccessMiddleware:
    """The outermost: what it tells of a request is what the caller saw."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began, statements = time.perf_counter(), Statements()
        request_id = _identifier(request)
        with correlation.alone(request_id=request_id):
            with connection.execute_wrapper(statements):
                response = self.get_response(request)
            response.headers[HEADER] = request_id

            def end(status: int) -> None:
                _write(request, status, time.perf_counter() - began, statements)

            if isinstance(response, StreamingHttpResponse) and not isinstance(
                response, FileResponse
            ):
                pieces = iter(response.streaming_content)
                response.streaming_content = Stream(pieces, response.status_code, statements, end)
            else:
                end(response.status_code)
        return response


class Stream:
    """An answer that is made while it is sent: how it went is known, and written, at its end."""

    def __init__(
        self,
        pieces: Iterator[Any],
        status: int,
        statements: Statements,
        end: Callable[[int], None],
    ) -> None:
        self._pieces, self._status, self._statements, self._end = pieces, status, statements, end
        self._known = correlation.current()
        self._is_over = False

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> Any:
        with correlation.alone(**self._known):
            try:
                with connection.execute_wrapper(self._statements):
                    return next(self._pieces)
            except StopIteration:
                self.close()
                raise
            except Exception as error:
                self._status = Unavailable.status if connections.is_passing(error) else 500
                self.close()
                raise

    def close(self) -> None:
        """Also where the client went before the end."""
        if not self._is_over:
            self._is_over = True
            with correlation.alone(**self._known):
                self._end(self._status)


def _identifier(request: HttpRequest) -> str:
    """The one that our proxy gave it, so that its lines and ours go together, or a new one."""
    given = request.headers.get(HEADER, "") if settings.PROXY_COUNT else ""
    return given if correlation.is_well_formed(given) else correlation.new_id()


def route_of(request: HttpRequest) -> str:
    """The name of the address's pattern: of these there are few, and none holds a key or a row."""
    match = request.resolver_match or _match(request.path_info)  # refused before it was looked up
    if match is not None:
        return match.view_name or match.route
    return (
        "static" if request.path.startswith(f"/{settings.STATIC_URL.lstrip('/')}") else "unmatched"
    )


def _match(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def _write(request: HttpRequest, status: int, seconds: float, statements: Statements) -> None:
    route = route_of(request)
    method = request.method if request.method in METHODS else "OTHER"
    details = {
        "route": route,
        "method": method,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "statements": statements.count,
        "database_ms": round(statements.seconds * 1000, 1),
    }
    process.REQUESTS.observe(seconds, route, method, str(status))
    log.log(logging.DEBUG if route in QUIET else logging.INFO, "request", extra=details)
