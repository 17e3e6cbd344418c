"""A crowd that signs in waits for itself: pages go on, and nobody is locked out by it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.test import Client
from rest_framework.test import APIClient

from brokers import hashing
from brokers.auth import BCryptHasher
from brokers.models import User
from crm.places import Place, Places, holding
from tests.api import codes, signed_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
TOKEN = "/api/v1/auth/token/"
SIGN_IN = "/admin/login/"


@pytest.fixture
def crowd() -> Iterator[None]:
    """As many as may stand there do."""
    with ExitStack() as stack:
        for _ in range(hashing.AT_ONCE + hashing.STANDING_BY):
            stack.enter_context(hashing.admitted())
        yield


def test_whoever_else_comes_with_a_password_is_asked_to_come_again(
    crowd: None, admin: User
) -> None:
    answer = APIClient().post(TOKEN, {"email": admin.email, "password": PASSWORD}, format="json")
    assert (answer.status_code, codes(answer)) == (429, [(None, "throttled")])
    assert answer.headers["Retry-After"] == str(hashing.COME_AGAIN_SECONDS)
    given = {"username": admin.email, "password": PASSWORD}
    page = Client().post(SIGN_IN, given, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Retry-After"]) == (429, "2")
    assert "Demasiados intentos" in page.text
    old = signed_in(admin).patch(
        "/api/v1/auth/me/", {"password": "Otra-Clave-9", "old_password": PASSWORD}, format="json"
    )
    assert old.status_code == 429


def test_tries_that_were_not_taken_are_not_counted(admin: User) -> None:
    given = {"email": admin.email, "password": PASSWORD}
    with ExitStack() as stack:
        for _ in range(hashing.AT_ONCE + hashing.STANDING_BY):
            stack.enter_context(hashing.admitted())
        for _ in range(20):
            assert APIClient().post(TOKEN, given, format="json").status_code == 429
    assert APIClient().post(TOKEN, given, format="json").status_code == 200


def test_pages_are_answered_meanwhile(crowd: None, admin: User) -> None:
    assert signed_in(admin).get("/api/v1/auth/me/").status_code == 200
    assert Client().get(SIGN_IN).status_code == 200


def test_a_hash_holds_no_place_at_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    one, inside, done = Places(1), threading.Event(), threading.Event()
    monkeypatch.setattr(
        "django.contrib.auth.hashers.BCryptSHA256PasswordHasher.encode",
        lambda *_: inside.set() or done.wait(5),
    )

    def sign_in() -> None:
        place = Place(one)
        place.take()
        with holding(place):
            BCryptHasher().encode("x", b"salt")
        place.leave()

    thread = threading.Thread(target=sign_in)
    thread.start()
    assert inside.wait(5)
    assert one.enter()
    one.leave()
    done.set()
    thread.join(5)
    assert one.enter()


def test_one_hash_at_a_time_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = 0, 0

    def encode(*_: object) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        threading.Event().wait(0.02)
        at_once -= 1
        return ""

    monkeypatch.setattr("django.contrib.auth.hashers.BCryptSHA256PasswordHasher.encode", encode)
    threads = [
        threading.Thread(target=BCryptHasher().encode, args=("x", b"salt")) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert most == hashing.AT_ONCE
