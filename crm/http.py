"""The outbound HTTP client: every call has a timeout, and every failure is a ProviderError."""

from typing import Any

import httpx

from crm.errors import ProviderError

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


def request(method: str, url: str, *, client: httpx.Client | None = None, **options: Any) -> Any:
    """Call a vendor and return its JSON (or None for an empty body).

    Raises ProviderError with ``vendor_status`` and, where the vendor says so, ``vendor_code`` (the
    number in its error object) and ``retry_after`` (seconds). Addresses and bodies stay out of the error: they may carry tokens.
    """
    options.setdefault("timeout", TIMEOUT)
    send = client.request if client else httpx.request
    try:
        response = send(method, url, **options)
    except httpx.TimeoutException as error:
        raise ProviderError(retryable=True, reason="timeout") from error
    except httpx.InvalidURL as error:
        raise ProviderError(retryable=False, reason="InvalidURL") from error
    except httpx.HTTPError as error:
        raise ProviderError(retryable=True, reason=type(error).__name__) from error
    if response.is_error:
        raise _refusal(response)
    return _body(response)


def _refusal(response: httpx.Response) -> ProviderError:
    wait = response.headers.get("retry-after", "")
    return ProviderError(
        retryable=response.status_code in RETRYABLE,
        vendor_status=response.status_code,
        vendor_code=_code_in(response),
        retry_after=int(wait) if wait.isdigit() else None,
    )


def _code_in(response: httpx.Response) -> int | None:
    try:
        code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None


def _body(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise ProviderError(retryable=False, reason="not_json") from error
