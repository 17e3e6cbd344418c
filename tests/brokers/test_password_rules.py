"""Passwords: eight or more, mixed, not one's own name, kept by bcrypt whole."""

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from brokers.auth import BCryptHasher, EmailBackend
from brokers.models import User
from tests.factories import PASSWORD


@pytest.mark.parametrize("password", ["Clave-Segura-1", "Abcdefg9z", "Ñandú123", "A1" + "b" * 200])
def test_these_are_good(password: str) -> None:
    validate_password(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Corta1a", "password_too_short"),
        ("sinmayuscula1", "password_too_plain"),
        ("SINMINUSCULA1", "password_too_plain"),
        ("SinNumeros", "password_too_plain"),
        ("", "password_too_short"),
        ("Password1", "password_too_common"),
        ("Camila.Rojas@example1", "password_too_similar"),
    ],
)
def test_these_are_refused_with_a_reason(password: str, code: str) -> None:
    user = User(name="Camila Rojas", email="camila.rojas@example.com")
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, user)
    assert code in {error.code for error in refusal.value.error_list}


@pytest.fixture
def bcrypt(settings) -> None:
    settings.PASSWORD_HASHERS = ["brokers.auth.BCryptHasher"]


def test_passwords_are_kept_by_bcrypt(bcrypt, monkeypatch) -> None:
    monkeypatch.setattr(BCryptHasher, "rounds", 4)
    kept = make_password(PASSWORD)
    assert kept.startswith("bcrypt_sha256$$2b$04$")
    assert len(kept) <= 255
    assert check_password(PASSWORD, kept)


def test_a_long_password_counts_whole(bcrypt, monkeypatch) -> None:
    monkeypatch.setattr(BCryptHasher, "rounds", 4)
    kept = make_password("A1b" * 40 + "x")
    assert check_password("A1b" * 40 + "x", kept)
    assert not check_password("A1b" * 40 + "y", kept)


@pytest.mark.django_db
def test_a_user_is_found_whatever_the_case_and_only_by_their_password(agent) -> None:
    backend = EmailBackend()
    assert backend.authenticate(None, username=agent.email.upper(), password=PASSWORD) == agent
    for email, password in (
        (agent.email, "Otra-Clave-1"),
        ("nadie@example.com", PASSWORD),
        ("", PASSWORD),
        (agent.email, None),
    ):
        assert backend.authenticate(None, username=email, password=password) is None


@pytest.mark.django_db
@pytest.mark.parametrize("off", ["user", "broker"])
def test_the_inactive_neither_sign_in_nor_stay(agent, off) -> None:
    (agent if off == "user" else agent.broker).__class__.objects.update(is_active=False)
    backend = EmailBackend()
    assert backend.authenticate(None, username=agent.email, password=PASSWORD) is None
    assert backend.get_user(agent.pk) is None
