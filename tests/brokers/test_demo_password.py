"""The demo's password, which everybody knows: good on a laptop, refused by production everywhere."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from rest_framework.test import APIClient

from brokers import checks
from brokers.auth import BCryptHasher, DemoHasher
from brokers.models import ChannelHook, User
from crm.demo import PASSWORD, TELEGRAM_HOOK
from tests.factories import UserFactory

EMAIL = "ana@demo.test"
HASHERS = ["brokers.auth.BCryptHasher", "brokers.auth.DemoHasher"]


@pytest.fixture
def laptop(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BCryptHasher, "rounds", 4)
    settings.DEBUG = True
    settings.PASSWORD_HASHERS = HASHERS


@pytest.fixture
def ana(laptop: None, broker: Any) -> User:
    user: User = UserFactory(broker=broker, email=EMAIL)
    User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD, hasher=DemoHasher()))
    user.refresh_from_db()
    return user


def to_production(settings: Any) -> None:
    settings.DEBUG = False
    settings.PASSWORD_HASHERS = HASHERS[:1]


def token(password: str = PASSWORD) -> Any:
    return APIClient().post("/api/v1/auth/token/", {"email": EMAIL, "password": password})


def signed_in_page(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def sign_in(client: Client, password: str = PASSWORD) -> bool:
    client.post("/admin/login/", {"username": EMAIL, "password": password})
    return signed_in_page(client)


def me(access: str) -> int:
    client = APIClient(headers={"Authorization": f"Bearer {access}"})
    return int(client.get("/api/v1/auth/me/").status_code)


def test_a_laptop_takes_it_again_and_again(ana: User) -> None:
    for _ in range(2):
        assert token().status_code == 200
        assert sign_in(Client())
    ana.refresh_from_db()
    assert ana.has_demo_password


def test_production_refuses_it_at_every_door(ana: User, settings: Any) -> None:
    to_production(settings)
    assert token().status_code == 401
    assert not sign_in(Client())


def test_production_ends_what_was_begun_on_a_laptop(ana: User, settings: Any) -> None:
    browser, tokens = Client(), token().json()
    assert sign_in(browser)
    assert me(tokens["access"]) == 200
    to_production(settings)
    assert not signed_in_page(browser)
    assert me(tokens["access"]) == 401
    renewed = APIClient().post("/api/v1/auth/refresh/", {"refresh": tokens["refresh"]})
    assert renewed.status_code == 401


def test_another_password_makes_it_an_account_like_others(ana: User, settings: Any) -> None:
    to_production(settings)
    ana.set_password("Otra-clave-42")
    ana.save()
    assert token().status_code == 401
    assert token("Otra-clave-42").status_code == 200
    assert checks.demo_accounts() == ""


def test_production_refuses_it_also_where_nothing_marks_it(broker: Any, settings: Any) -> None:
    """As somebody may have typed it for an account of their own."""
    UserFactory(broker=broker, email=EMAIL, password=PASSWORD)
    settings.DEBUG = False
    assert token().status_code == 401


def test_a_check_names_the_accounts(ana: User, settings: Any) -> None:
    assert checks.no_demo_accounts(None, databases=["default"]) == []
    settings.DEBUG = False
    [warning] = checks.no_demo_accounts(None, databases=["default"])
    assert EMAIL in warning.msg


def test_production_does_not_answer_at_the_demos_webhook(
    client: Client, broker: Any, settings: Any
) -> None:
    ChannelHook.objects.create(broker=broker, channel="telegram", key=TELEGRAM_HOOK)
    answers = {}
    for settings.DEBUG in (True, False):
        answers[settings.DEBUG] = client.post(f"/hooks/telegram/{TELEGRAM_HOOK}/").status_code
    assert answers == {True: 403, False: 404}
