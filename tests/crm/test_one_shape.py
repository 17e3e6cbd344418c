"""Whatever is sent to whatever address under /api/, a refusal has the one shape, in JSON."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from brokers.models import User
from tests.api import signed_in

LEADS = "/api/v1/leads/"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace", "brew")
UNKNOWN = (
    "/api",
    "/api/",
    "/api//",
    "/api/v1",
    "/api/v1/",
    "/api/v1/leads",
    "/api/v1//leads/",
    "/api/v1/nada/",
    "/api/v1/leads/1/nada/",
    "/api/v1/leads/%00/",
    "/api/v2/leads/",
    "/api/schema",
    "/api/schema/nada",
    "/api/docs",
)
# Where a row's number belongs: who is not signed in is asked to, whatever stands there.
NO_NUMBERS = ("%ff", "1%0a", "ñ", "9" * 5000)
MANY = "&".join(f"a{n}=1" for n in range(2000))
ODD: dict[str, dict[str, Any]] = {
    "another host": {"path": LEADS, "HTTP_HOST": "evil.example.com"},
    "another host of an unknown address": {"path": "/api/v2/", "HTTP_HOST": "evil.example.com"},
    "a host that is none": {"path": LEADS, "HTTP_HOST": "a b"},
    "a form of a thousand fields": {
        "path": "/api/v1/knowledge/documents/",
        "data": "".join(
            f'--x\r\nContent-Disposition: form-data; name="a{n}"\r\n\r\n1\r\n' for n in range(2000)
        )
        + "--x--\r\n",
        "content_type": "multipart/form-data; boundary=x",
    },
    "a form without its end": {
        "path": "/api/v1/knowledge/documents/",
        "data": "--x",
        "content_type": "multipart/form-data; boundary=x",
    },
    "a form without a boundary": {
        "path": "/api/v1/knowledge/documents/",
        "data": "--x",
        "content_type": "multipart/form-data",
    },
    "a charset that is none": {
        "path": LEADS,
        "data": "{}",
        "content_type": "application/json; charset=nada",
    },
    "a length that is none": {"path": LEADS, "data": "{}", "CONTENT_LENGTH": "x"},
    "a type that is none": {"path": LEADS, "data": "{}", "content_type": "/"},
    "another answer": {"path": LEADS, "HTTP_ACCEPT": "text/html"},
    "a thousand parameters": {"path": LEADS, "QUERY_STRING": MANY},
    "a range of bytes": {"path": LEADS, "HTTP_RANGE": "bytes=9-1"},
    "a page of another site": {"path": LEADS, "HTTP_ORIGIN": "https://evil.example.com"},
    "a token that is none": {"path": LEADS, "HTTP_AUTHORIZATION": "Bearer \xff"},
    "half a token": {"path": LEADS, "HTTP_AUTHORIZATION": "Bearer"},
    "another sort of token": {"path": LEADS, "HTTP_AUTHORIZATION": "Basic YTpi"},
}


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def mode(request: pytest.FixtureRequest, settings: Any) -> bool:
    settings.DEBUG = request.param
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.API_THROTTLE_RATES = dict.fromkeys(settings.API_THROTTLE_RATES, "1000000/minute")
    return bool(request.param)


def _shapeless(answer: Any) -> str | None:
    """What keeps a refusal from having the one shape."""
    if answer.status_code < 400:
        return None
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if answer.headers.get("Content-Type") != "application/json":
        return f"{answer.status_code} {answer.headers.get('Content-Type')}"
    if not answer.content:  # what HEAD is answered has no body
        return None
    errors = json.loads(answer.content)["errors"]
    return None if errors and all(set(e) == {"code", "detail", "attr"} for e in errors) else "shape"


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_address_that_leads_nowhere_is_no_page(
    mode: bool, path: str, admin: User, api: APIClient
) -> None:
    for client in (api, signed_in(admin)):
        client.raise_request_exception = False
        answers = {method: client.generic(method.upper(), path) for method in METHODS}
        assert {m: _shapeless(a) for m, a in answers.items() if _shapeless(a)} == {}
        assert {a.status_code for a in answers.values()} <= {404, 405}


@pytest.mark.parametrize("pk", NO_NUMBERS)
def test_a_number_that_is_none_leads_nowhere(
    mode: bool, pk: str, admin: User, api: APIClient
) -> None:
    for client, status in ((api, 401), (signed_in(admin), 404)):
        client.raise_request_exception = False
        answer = client.get(f"{LEADS}{pk}/")
        assert (_shapeless(answer), answer.status_code) == (None, status)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_request_that_is_odd_is_no_page(
    mode: bool, odd: dict[str, Any], admin: User, api: APIClient
) -> None:
    for client in (api, signed_in(admin)):
        client.raise_request_exception = False
        for method in ("GET", "POST"):
            answer = client.generic(method, **{"content_type": "application/json", **odd})
            assert _shapeless(answer) is None, (method, answer.status_code, answer.content[:300])
