"""Joining a Google calendar: the way there, the way back, and what is not let through."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from brokers.models import User
from scheduling.models import CalendarConnection
from tests.fakes.google import FakeGoogle

CALLBACK = "/oauth/google/callback/"


@pytest.fixture
def ana(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


def leave(client: Client) -> dict[str, str]:
    """Go to Google; what its page is asked."""
    response = client.get("/oauth/google/")
    assert response.status_code == 302
    return {name: each[0] for name, each in parse_qs(urlsplit(response.url).query).items()}


def told(response: Any) -> str:
    return str(list(get_messages(response.wsgi_request))[-1])


def test_an_agent_gives_access_and_comes_back_connected(
    ana: Client, agent: User, google: FakeGoogle, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    asked = leave(ana)
    assert asked["redirect_uri"] == f"https://crm.example.com{CALLBACK}"
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    response = ana.get(CALLBACK, {"code": "good-code", "state": asked["state"]})
    assert told(response) == "Tu calendario de Google quedó conectado."
    connection = CalendarConnection.objects.get()
    assert (connection.user, connection.state) == (agent, "connected")
    assert connection.credentials["refresh_token"] == "refresh"


def test_credentials_are_encrypted_at_rest(
    ana: Client, google: FakeGoogle, django_assert_num_queries: Any
) -> None:
    ana.get(CALLBACK, {"code": "good-code", "state": leave(ana)["state"]})
    raw = CalendarConnection.objects.extra(select={"raw": "credentials"}).values_list("raw")[0][0]
    assert "refresh" not in raw


def test_a_state_is_good_once_and_only_in_the_session_that_asked(
    ana: Client, agent2: User, google: FakeGoogle
) -> None:
    state = leave(ana)["state"]
    other = Client()
    other.force_login(agent2)
    leave(other)
    for visitor, given in ((other, state), (ana, "forged"), (ana, state)):
        response = visitor.get(CALLBACK, {"code": "good-code", "state": given})
        assert told(response) == "El enlace venció. Conecta de nuevo."
    assert not CalendarConnection.objects.exists()


def test_refused_access_and_a_bad_code_connect_nothing(ana: Client, google: FakeGoogle) -> None:
    response = ana.get(CALLBACK, {"error": "access_denied", "state": leave(ana)["state"]})
    assert told(response) == "No diste acceso a tu calendario."
    response = ana.get(CALLBACK, {"code": "bad", "state": leave(ana)["state"]})
    assert told(response) == "Google no confirmó el acceso. Vuelve a intentarlo."
    assert not CalendarConnection.objects.exists()


def test_without_an_oauth_client_there_is_nowhere_to_go(ana: Client, settings: Any) -> None:
    settings.GOOGLE_CLIENT_ID = ""
    assert told(ana.get("/oauth/google/")) == "Google Calendar no está disponible aquí."


def test_strangers_sign_in_first_and_superadmins_have_no_calendar(
    client: Client, superadmin: User, google: FakeGoogle
) -> None:
    for address in ("/oauth/google/", CALLBACK):
        assert client.get(address).url.startswith("/admin/login/")
    client.force_login(superadmin)
    assert told(client.get("/oauth/google/")) == "Google Calendar no está disponible aquí."
