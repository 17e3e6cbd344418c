"""How large a body may be: decided by address and caller before it is read."""

import itertools
import json
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from brokers.models import User
from crm.asgi import application
from crm.web import bodies
from leads import importing
from tests.addresses import Address, every_address
from tests.api import codes, signed_in
from tests.asgi import Exchange, ask

MEGABYTE = 1024 * 1024
ENDLESS = 300 * MEGABYTE
VALUES = {"slug": "demo", "provider": "vapi", "key": "k", "token": "t", "uidb64": "MQ"}
IMPORT = "/api/v1/leads/import/"
ADDRESSES = every_address()


def flood(address: Address, **headers: str) -> Exchange:
    """Megabytes that do not end, in pieces of a network's size."""
    pieces = itertools.repeat(b"x" * 65536)
    given = {"host": "localhost", "content-type": "multipart/form-data; boundary=x", **headers}
    path = address.path(VALUES)
    return ask(application, path, method="POST", headers=given, pieces=pieces)


def test_there_are_as_many_addresses_as_the_product_has() -> None:
    assert len(ADDRESSES) > 400
    public = {address.template for address in ADDRESSES if address.is_public}
    assert public >= {"/forms/{slug}/", "/chat/{slug}/messages/", "/hooks/whatsapp/{key}/"}


def test_no_address_reads_a_declared_flood_of_somebody_unknown() -> None:
    declared = {"content-length": str(ENDLESS)}
    answers = {address.template: flood(address, **declared) for address in ADDRESSES}
    wrong = {
        path: (a.status, a.taken) for path, a in answers.items() if (a.status, a.taken) != (413, 0)
    }
    assert wrong == {}


def test_no_address_reads_a_flood_without_a_length_to_its_end() -> None:
    chunked = {"transfer-encoding": "chunked"}
    answers = {address.template: flood(address, **chunked) for address in ADDRESSES}
    most = MEGABYTE + 65536
    wrong = {
        path: (a.status, a.taken)
        for path, a in answers.items()
        if a.status != 413 or a.taken > most
    }
    assert wrong == {}


@pytest.mark.parametrize("path", ["/api/v1/leads/", "/chat/demo/messages/", "/forms/demo/"])
def test_the_refusal_tells_a_program_the_limit(path: str) -> None:
    answer = flood(Address(path, None), **{"content-length": str(ENDLESS)})
    error = {
        "code": "too_large",
        "detail": "El contenido supera el máximo de 1,0\xa0MB.",
        "attr": None,
    }
    assert json.loads(answer.body) == {"type": "client_error", "errors": [error]}


def test_the_refusal_tells_a_person_in_their_language() -> None:
    headers = {
        "content-length": str(ENDLESS),
        "accept": "text/html",
        "cookie": "django_language=en",
    }
    answer = flood(Address("/forms/demo/", None), **headers)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "The content is over the maximum of 1.0\xa0MB." in answer.body.decode()


# --- Files, for who is signed in ----------------------------------------------------------------


def limit(path: str, **headers: str) -> int:
    return bodies.limit_of(RequestFactory().post(path, headers=headers))


def test_a_file_is_for_who_is_signed_in_by_token(admin: User) -> None:
    token = signed_in(admin)._credentials["HTTP_AUTHORIZATION"]
    assert limit(IMPORT) == MEGABYTE
    assert limit(IMPORT, Authorization="Bearer nonsense") == MEGABYTE
    assert limit(IMPORT, Authorization=token) == importing.MAX_BYTES + MEGABYTE
    assert limit("/api/v1/leads/", Authorization=token) == MEGABYTE


def test_a_file_is_for_who_is_signed_in_by_session(admin: User) -> None:
    client, path = Client(), reverse("admin:leads_leadimport_add")
    client.force_login(admin)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    assert limit(path) == MEGABYTE
    assert limit(path, Cookie="sessionid=nonsense") == MEGABYTE
    assert limit(path, Cookie=cookie) == importing.MAX_BYTES + MEGABYTE
    admin.is_active = False
    admin.save()
    assert limit(path, Cookie=cookie) == MEGABYTE


def test_under_any_server_a_declared_flood_is_refused(client: Client, admin: User) -> None:
    for caller in (client, signed_in(admin)):
        answer = caller.post(
            "/api/v1/leads/", b"{}", content_type="application/json", CONTENT_LENGTH=str(ENDLESS)
        )
        assert (answer.status_code, codes(answer)) == (413, [(None, "too_large")])


def test_an_upload_over_its_own_limit_is_refused(admin: User, monkeypatch: Any) -> None:
    monkeypatch.setitem(bodies.LARGEST_FILES, "lead-import-list", 1000)
    answer = signed_in(admin).post(
        IMPORT, b"", content_type="text/csv", CONTENT_LENGTH=str(MEGABYTE + 1001)
    )
    assert (answer.status_code, codes(answer)) == (413, [(None, "too_large")])


def test_every_address_that_may_take_a_file_exists() -> None:
    def exists(name: str) -> bool:
        for given in ({}, {"pk": 1}, {"object_id": 1}):
            try:
                return bool(reverse(name, kwargs=given))
            except NoReverseMatch:
                continue
        return False

    assert [name for name in bodies.LARGEST_FILES if not exists(name)] == []
