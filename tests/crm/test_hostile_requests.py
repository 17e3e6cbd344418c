"""Whatever is sent to whatever address, by whomever: an answer of its surface, never a 5xx."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from brokers.models import Broker, ChannelHook
from leads.models import Lead
from tests import hostile_requests as hostile
from tests.factories import AvailabilitySlotFactory, make_row

pytestmark = pytest.mark.django_db
ADDRESSES = count(1)
WRITES = ("post", "put", "patch")


@pytest.fixture
def stage(broker: Broker, lead: Lead) -> Broker:
    """A brokerage whose every public door is open."""
    for channel in ("telegram", "whatsapp"):
        make_row(ChannelHook, broker, channel=channel, key=f"key-{channel}")
    AvailabilitySlotFactory(broker=broker)
    return broker


@pytest.fixture
def caller() -> Client:
    return Client(raise_request_exception=False)


def from_elsewhere() -> dict[str, Any]:
    """Each request from an address of its own, or limits would answer in place of the view."""
    number = next(ADDRESSES)
    return {"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def public_paths() -> list[str]:
    """Every address outside Admin and the API, with the parts that a row of ours would have."""
    known = {"slug": "andes", "provider": "vapi", "key": "key-telegram", "token": "token"}

    def walk(patterns: Any, prefix: str) -> Iterator[str]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield path
            elif not path.startswith(("admin/", "api/v1/")):
                yield from walk(pattern.url_patterns, path)

    found = []
    for path in walk(get_resolver().url_patterns, ""):
        for part in [each.partition(">")[0] for each in path.split("<")[1:]]:
            path = path.replace(f"<{part}>", known.get(part.rpartition(":")[2], "x"))
        if not path.startswith("^"):
            found.append(f"/{path}")
    return found


PUBLIC = [path for path in public_paths() if path != "/health/ready"]  # which may say 503
ANSWERED = [path for path in PUBLIC if not path.startswith("/api/")]


def test_the_walk_meets_every_public_door() -> None:
    doors = {path.split("/")[1] for path in PUBLIC}
    assert {"chat", "forms", "hooks", "visit", "cal", "oauth", "book", "password"} <= doors


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_address_answers_any_body(stage: Broker, caller: Client, path: str) -> None:
    for content_type, body in hostile.bodies():
        answer = caller.generic("POST", path, body, content_type=content_type, **from_elsewhere())
        assert answer.status_code < 500, (content_type, body[:60])
        if path.startswith("/chat/") and path.endswith("messages/"):
            assert answer.status_code == 405 or answer["Content-Type"] == "application/json"
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND"):
        assert caller.generic(method, path, **from_elsewhere()).status_code < 500, method


@pytest.mark.parametrize("path", [*PUBLIC, "/admin/login/"])
def test_a_form_that_cannot_be_read_is_refused_in_words(
    stage: Broker, caller: Client, path: str
) -> None:
    """Django's own answer is a bare page in English that tells nobody what to do."""
    for content_type, body in hostile.FORM_BODIES:
        answer = caller.generic("POST", path, body, content_type=content_type, **from_elsewhere())
        assert b"Bad Request" not in answer.content, content_type
    browser = {"HTTP_ACCEPT": "text/html", **from_elsewhere()}
    answer = caller.generic("POST", path, b"--x", "multipart/form-data", **browser)
    if answer.status_code == 400 and answer["Content-Type"].startswith("text/html"):
        assert '<html lang="es">' in answer.content.decode()


@pytest.mark.parametrize("path", ["/calcular/andes/", "/forms/andes/", "/book/andes/"])
def test_a_program_that_asks_for_json_is_refused_in_json(
    stage: Broker, caller: Client, path: str
) -> None:
    sent = {"HTTP_ACCEPT": "application/json", **from_elsewhere()}
    answer = caller.generic("POST", path, b"--x", "multipart/form-data", **sent)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "bad_form")
    sent["HTTP_ACCEPT"] = "text/html,*/*"
    page = caller.generic("POST", path, b"--x", "multipart/form-data", **sent)
    assert (page.status_code, "El formulario llegó incompleto" in page.content.decode()) == (
        400,
        True,
    )


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_address_answers_any_query(stage: Broker, caller: Client, path: str) -> None:
    names = ("visitor", "after", "before", "lang", "type", "agent", "state", "code", "next", "done")
    for value in hostile.VALUES:
        query = "&".join(f"{name}={quote(value)}" for name in (*names, "hub.challenge", "hub.mode"))
        answer = caller.generic("GET", path, QUERY_STRING=query[:60_000], **from_elsewhere())
        assert answer.status_code < 500, value[:40]
    for query in ("%", "%zz", "%00", "&&&==", "a[b]=1&a=2", "=" * 3_000):
        answer = caller.generic("GET", path, QUERY_STRING=query, **from_elsewhere())
        assert answer.status_code < 500, query[:40]


@pytest.mark.parametrize("path", [path for path in PUBLIC if path.count("/") > 2])
def test_an_address_whose_parts_are_rubbish_is_answered(
    stage: Broker, caller: Client, path: str
) -> None:
    first, *rest = path.strip("/").split("/")
    for place in range(len(rest)):
        for value in hostile.VALUES:
            parts = [*rest]
            parts[place] = quote(value[:500], safe="")
            address = "/".join(["", first, *parts, ""])
            for method in ("GET", "POST"):
                answer = caller.generic(
                    method, address, b"{}", "application/json", **from_elsewhere()
                )
                assert answer.status_code < 500, (method, value[:40])


HEADERS = (
    {"HTTP_COOKIE": "sessionid=\x00; csrftoken=" + "x" * 5_000},
    {"HTTP_COOKIE": "django_language=../../etc; messages=%%%"},
    {"HTTP_ACCEPT_LANGUAGE": "x" * 5_000},
    {"HTTP_ACCEPT_LANGUAGE": "\xff, ;;q=nan"},
    {"HTTP_X_FORWARDED_FOR": "\x00, 999.999.1.1, ::ffff:1"},
    {"HTTP_AUTHORIZATION": "Bearer \x00"},
    {"HTTP_AUTHORIZATION": "Bearer " + "a." * 2_000},
    {"HTTP_AUTHORIZATION": "Bearer"},
    {"HTTP_HOST": "a b"},
    {"HTTP_ORIGIN": "null\x00"},
    {"HTTP_IDEMPOTENCY_KEY": "\xff" * 200},
    {"HTTP_X_REQUEST_ID": "\x00" * 50},
    {"HTTP_X_HUB_SIGNATURE_256": "sha256=\xff"},
    {"HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN": "\xff\x00"},
    {"HTTP_IF_NONE_MATCH": '"\xff'},
    {"HTTP_RANGE": "bytes=-99999999999999999999"},
)


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: next(iter(headers)))
def test_any_header_is_answered(stage: Broker, caller: Client, headers: dict[str, str]) -> None:
    for path in [*ANSWERED, "/admin/", "/admin/login/", "/api/v1/leads/", "/nowhere/"]:
        for method in ("GET", "POST"):
            options = {**from_elsewhere(), **headers}
            answer = caller.generic(method, path, b"{}", "application/json", **options)
            assert answer.status_code < 500, (method, path)
