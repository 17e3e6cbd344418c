"""One call to Meta's Graph API for a broker, and what its refusal means."""

from typing import Any

import httpx
from django.conf import settings

from crm import http
from crm.errors import ProviderError
from leads.channels.base import lost_answer
from leads.channels.whatsapp_errors import RETRYABLE, reason_of
from leads.delivery import OUTCOME_UNKNOWN
from leads.errors import ChannelError

VERSION = "v23.0"
NO_ANSWER_BEHIND = 504  # a gateway that waited in vain: who was behind it may have sent
HOSTS = (".facebook.com", ".fbsbx.com", ".whatsapp.net")


def url(path: str) -> str:
    return f"{settings.WHATSAPP_API_URL.rstrip('/')}/{VERSION}/{path}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def call(method: str, path: str, token: str, **options: Any) -> Any:
    """Raises ProviderError."""
    return http.request(method, url(path), headers=bearer(token), **options)


def is_metas(address: str) -> bool:
    """Whether an address that Meta gave us is of Meta's: only there the token may go."""
    try:
        asked = httpx.URL(address)  # read as the client will read it
    except httpx.InvalidURL:
        return False
    api = httpx.URL(settings.WHATSAPP_API_URL)
    if (asked.scheme, asked.netloc) == (api.scheme, api.netloc):
        return True
    return asked.scheme == "https" and asked.host.endswith(HOSTS)


def meaning(error: ProviderError) -> ChannelError:
    """What a refused or lost send means."""
    status, code = error.data.get("vendor_status"), error.data.get("vendor_code")
    if status is None:
        return lost_answer(error)
    if status == NO_ANSWER_BEHIND:
        return ChannelError(permanent=True, reason=OUTCOME_UNKNOWN)
    return _refusal(error, status, code)


def meaning_of_reading(error: ProviderError) -> ChannelError:
    """As ``meaning``, for what may be asked again without harm."""
    status, code = error.data.get("vendor_status"), error.data.get("vendor_code")
    if error.data.get("reason") == "too_large":
        return ChannelError(permanent=True, reason="too_large")
    if status is None:
        return ChannelError(permanent=not error.retryable, reason="unreachable")
    return _refusal(error, status, code)


def _refusal(error: ProviderError, status: int, code: int | None) -> ChannelError:
    return ChannelError(
        permanent=not (error.retryable or code in RETRYABLE),
        reason=reason_of(code, status),
        retry_after=error.data.get("retry_after") or RETRYABLE.get(code or 0),
    )
