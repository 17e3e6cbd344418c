"""Who is refused on a page for anybody reads it in their own shape: a browser a page, a script JSON."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from brokers.models import Broker
from tests.addresses import Address, every_address
from tests.caching import Memory
from tests.crm.test_middleware_outage import Away

pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SCRIPT = {"Accept": "*/*"}
NO_PAGES = ("/api/", "/hooks/", "/health/", "/metrics")
PAGES = [each for each in every_address() if each.is_public and each.template != "/{}"]
PAGES = [each for each in PAGES if not f"{each.template}/".startswith(NO_PAGES)]
# Whose views count by themselves what else is asked of them.
COUNTING = {
    "/book/{slug}/",
    "/calcular/{slug}/",
    "/chat/{slug}/messages/",
    "/forms/{slug}/",
    "/visit/{token}/",
}
MULTIPART = "multipart/form-data; boundary=x"
HOSTILE: dict[str, dict[str, Any]] = {
    "no form": {"data": "secreto", "content_type": "application/json"},
    "half a form": {"data": "--x\r\nContent-Disposition: form-data", "content_type": MULTIPART},
    "a form without a boundary": {"data": "a", "content_type": "multipart/form-data"},
    "an unknown type": {"data": "a", "content_type": "application/x-secreto"},
    "too large": {"CONTENT_LENGTH": "99000000", "content_type": MULTIPART},
    "a thousand fields": {
        "data": "&".join(f"f{number}=1" for number in range(2000)),
        "content_type": "application/x-www-form-urlencoded",
    },
    "a foreign host": {"HTTP_HOST": "evil.test"},
    "another site's": {"HTTP_ORIGIN": "https://evil.test"},
}


class Full(Memory):
    """Every limit is reached, but those that an address has for all pages."""

    def count(self, counters: Mapping[str, tuple[int, int]]) -> list[int]:
        return [0 if name.startswith("limit:address:") else 10**9 for name in counters]


class Fuller(Memory):
    def count(self, counters: Mapping[str, tuple[int, int]]) -> list[int]:
        return [10**9 for _ in counters]


def path_of(address: Address) -> str:
    return address.path({"slug": "andes", "uidb64": "MQ", "token": "token"})


def cached_in(settings: Any, kind: type[Memory]) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.{kind.__name__}"}}


def asked(client: Client, path: str, headers: dict[str, str], **more: Any) -> Iterator[Any]:
    yield client.get(path, headers=headers)
    yield client.post(path, headers=headers, **more)


def assert_is_a_page(answer: Any) -> str:
    page = str(answer.content.decode())
    assert answer.headers["Content-Type"].startswith("text/html"), page[:200]
    assert re.search(r'<html lang="es".*</h1>', page, re.DOTALL), page[:200]
    return page


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def test_the_walk_meets_every_form() -> None:
    assert {each.template for each in PAGES} >= COUNTING
    assert "/admin/login/" in {each.template for each in PAGES}


@pytest.mark.parametrize(
    "address",
    [each for each in PAGES if each.template != "/chat/{slug}/messages/"],  # counts by itself
    ids=lambda address: address.template,
)
def test_who_asks_too_often_is_told_to_wait(
    address: Address, visitor: Client, broker: Broker, settings: Any
) -> None:
    cached_in(settings, Fuller)
    for answer in asked(visitor, path_of(address), BROWSER):
        if answer.status_code != 405:
            assert answer.status_code == 429
            assert int(answer["Retry-After"]) >= 1
            assert "Espera un momento" in assert_is_a_page(answer)
    for answer in asked(visitor, path_of(address), SCRIPT):
        if answer.status_code != 405:
            assert answer.json()["errors"][0]["code"] == "throttled"


@pytest.mark.parametrize("template", sorted(COUNTING))
def test_who_sends_a_form_too_often_is_told_to_wait(
    template: str, visitor: Client, broker: Broker, settings: Any
) -> None:
    cached_in(settings, Full)
    path = path_of(Address(template, None))
    given = {"data": {"text": "Hola"}}
    if "messages" in template:
        given |= {"content_type": "application/json"}
    answer = visitor.post(path, headers=BROWSER, **given)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1
    assert "Espera un momento" in assert_is_a_page(answer)
    if template in ("/chat/{slug}/messages/", "/forms/{slug}/"):  # where scripts send to
        answer = visitor.post(path, headers=SCRIPT, **given)
        assert answer.json()["errors"][0]["code"] == "throttled"


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.template)
def test_a_browser_reads_any_refusal_as_a_page(
    address: Address, visitor: Client, broker: Broker
) -> None:
    for what, sent in HOSTILE.items():
        for answer in asked(visitor, path_of(address), BROWSER, **sent):
            assert answer.status_code < 500, what
            if answer.status_code >= 400:
                assert_is_a_page(answer)


def test_the_chats_script_reads_any_refusal_as_json(visitor: Client, broker: Broker) -> None:
    for what, sent in HOSTILE.items():
        answer = visitor.post("/chat/andes/messages/", headers=SCRIPT, **sent)
        assert (answer.status_code // 100, answer.json()["errors"][0]["attr"]) == (4, None), what


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.template)
def test_with_the_database_away_a_browser_reads_a_page(
    address: Address, visitor: Client, broker: Broker
) -> None:
    with connection.execute_wrapper(Away()):
        for answer in asked(visitor, path_of(address), BROWSER):
            if answer.status_code >= 400:
                assert_is_a_page(answer)


def test_a_form_from_a_stale_page_is_refused_with_a_page(broker: Broker) -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", headers=BROWSER)
    assert answer.status_code == 403
    assert "No se pudo completar la operación." in assert_is_a_page(answer)


def test_a_fault_of_ours_is_a_page_that_says_so(
    visitor: Client, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.webform.ContactForm.is_valid", lambda _: 1 / 0)
    answer = visitor.post("/forms/andes/", headers=BROWSER)
    assert answer.status_code == 500
    assert "Algo falló de nuestro lado" in assert_is_a_page(answer)


def test_what_is_asked_of_a_page_that_takes_none_says_what_it_takes(
    visitor: Client, broker: Broker
) -> None:
    answer = visitor.post("/chat/andes/", headers=BROWSER)
    assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert_is_a_page(answer)
