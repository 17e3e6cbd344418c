"""The outbound HTTP client: every call has a timeout, and every failure is a ProviderError."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from crm.errors import ProviderError
from crm.metrics.process import timed, vendor_of

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
# Shorter than any vendor keeps an idle line: a send on a line just closed would be one whose fate
# nobody knows.
IDLE_SECONDS = 2.0
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


def request(method: str, url: str, *, client: httpx.Client | None = None, **options: Any) -> Any:
    """Call a vendor and return its JSON (or None for an empty body).

    Raises ProviderError with ``vendor_status`` and, where the vendor says so, ``vendor_code`` (the
    number in its error object), ``vendor_told`` (what it would have a person read) and
    ``retry_after`` (seconds). Addresses and bodies stay out of the error: they may carry tokens.
    """
    options.setdefault("timeout", TIMEOUT)
    with timed(vendor_of(url)), _failures():
        response = (client or _lines(os.getpid())).request(method, url, **options)
    if response.is_error:
        raise _refusal(response)
    return _body(response)


def download(url: str, *, limit: int, headers: dict[str, str]) -> bytes:
    """The bytes behind an address of a vendor's; reads no further than ``limit``.

    Raises ProviderError as ``request`` does, and with reason ``too_large`` for a longer file.
    """
    content = bytearray()
    lines = _lines(os.getpid())
    with _failures(), lines.stream("GET", url, headers=headers, timeout=TIMEOUT) as response:
        if not response.is_success:  # nor do we go where it may send us: there the token is not
            raise ProviderError(
                retryable=response.status_code in RETRYABLE, vendor_status=response.status_code
            )
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > limit:
                raise ProviderError(retryable=False, reason="too_large")
    return bytes(content)


@lru_cache(maxsize=1)
def _lines(pid: int) -> httpx.Client:
    """The process's open connections, a forked child's its own; no cookie goes from call to call."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(cookies=no_cookies, limits=httpx.Limits(keepalive_expiry=IDLE_SECONDS))


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise ProviderError(retryable=True, reason="timeout") from error
    except httpx.InvalidURL as error:
        raise ProviderError(retryable=False, reason="InvalidURL") from error
    except httpx.HTTPError as error:
        raise ProviderError(retryable=True, reason=type(error).__name__) from error


def _refusal(response: httpx.Response) -> ProviderError:
    wait = response.headers.get("retry-after", "")
    return ProviderError(
        retryable=response.status_code in RETRYABLE,
        vendor_status=response.status_code,
        vendor_code=_code_in(response),
        vendor_told=_told_in(response),
        retry_after=int(wait) if wait.isdigit() else None,
    )


def _code_in(response: httpx.Response) -> int | None:
    try:
        code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None


def _told_in(response: httpx.Response) -> str:
    """The sentence that Meta and others mean for a person's eyes, if there is one."""
    try:
        told = response.json()["error"]["error_user_msg"]
    except (ValueError, KeyError, TypeError):
        return ""
    return " ".join(told.split())[:300] if isinstance(told, str) else ""


def _body(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise ProviderError(retryable=False, reason="not_json") from error
