"""The outbound client: every failure of a vendor is one kind of error, and says nothing secret."""

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from crm import http
from crm.errors import ProviderError
from tests.fakes.server import FakeServer


def well(*_: object) -> tuple[int, dict[str, object]]:
    return 200, {"ok": True}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(well) as server:
        yield server


@pytest.fixture
def vendor(server: FakeServer) -> FakeServer:
    server.respond, server.delay = well, 0.0
    server.requests.clear()
    return server


def refusal(url: str, **options) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        http.request("POST", url, json={"token": "s3cret"}, **options)
    return caught.value


def test_an_answer_is_its_json(vendor) -> None:
    assert http.request("POST", f"{vendor.url}/send", json={"a": 1}) == {"ok": True}
    assert vendor.requests == [("/send", {"a": 1})]


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (401, False), (403, False), (404, False), (408, True), (409, False),
     (422, False), (425, True), (429, True), (500, True), (501, False), (502, True), (503, True),
     (504, True)],
)  # fmt: skip
def test_a_vendor_s_refusal_says_whether_to_try_again(vendor, status, retryable) -> None:
    vendor.respond = lambda *_: (status, {})
    error = refusal(vendor.url)
    assert (error.retryable, error.data["vendor_status"]) == (retryable, status)
    assert error.data["retry_after"] is None


def answering(status: int, body: bytes = b"", **headers: str) -> httpx.Client:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Client(
        transport=httpx.MockTransport(
            lambda _: httpx.Response(status, content=body, headers=headers)
        )
    )


@pytest.mark.parametrize(("told", "kept"), [("42", 42), ("0", 0), ("soon", None), ("-1", None)])
def test_the_vendors_own_pause_is_kept(told, kept) -> None:
    error = refusal("http://vendor/", client=answering(429, retry_after=told))
    assert error.data["retry_after"] == kept


def test_an_empty_body_is_nothing_and_a_page_is_an_error() -> None:
    assert http.request("POST", "http://vendor/", client=answering(204)) is None
    error = refusal("http://vendor/", client=answering(200, b"<html>"))
    assert (error.retryable, error.data) == (False, {"reason": "not_json"})


def test_a_vendor_that_does_not_answer_in_time_is_tried_again(vendor) -> None:
    vendor.delay = 0.5
    started = time.monotonic()
    error = refusal(vendor.url, timeout=0.1)
    assert (error.retryable, error.data) == (True, {"reason": "timeout"})
    assert time.monotonic() - started < 0.45


def test_a_vendor_that_is_away_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = refusal(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert (error.retryable, error.data) == (True, {"reason": "ConnectError"})


def test_an_address_that_is_none_is_not_tried_again() -> None:
    error = refusal("http://vendor:port/")
    assert (error.retryable, error.data) == (False, {"reason": "InvalidURL"})


def test_errors_carry_neither_address_nor_body(vendor) -> None:
    vendor.respond = lambda *given: (500, {"echo": given})
    error = refusal(f"{vendor.url}/bot1:t0ken/send")
    assert "t0ken" not in f"{error!r} {error} {error.data}"
    assert "s3cret" not in f"{error!r} {error} {error.data}"


def test_every_call_has_a_timeout() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(204)

    http.request(
        "POST", "http://vendor/", client=httpx.Client(transport=httpx.MockTransport(answer))
    )
    assert seen == [{"connect": 3.0, "read": 10.0, "write": 10.0, "pool": 10.0}]
