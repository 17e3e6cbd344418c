"""With the database away: every kind of caller is told so, in its own form, and when to come again."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from crm.errors import RETRY_AFTER
from tests.api import signed_in
from tests.channels import connected, post_telegram

__all__ = ["connected"]
pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Away:
    """The server says so of every statement: it is going down."""

    def __call__(self, execute, sql, params, many, context):
        raise OperationalError from Shutdown()


class Shutdown(Exception):
    sqlstate = "57P01"


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def told(answer) -> tuple[int, str, str]:
    return answer.status_code, answer["Retry-After"], answer.json()["errors"][0]["code"]


UNAVAILABLE = (503, str(RETRY_AFTER), "unavailable")


@pytest.mark.parametrize("debug", [True, False])
def test_a_program_is_told_in_the_one_shape_of_errors(visitor, broker, settings, debug) -> None:
    settings.DEBUG = debug
    body = {"text": "hola"}
    with connection.execute_wrapper(Away()):
        chat = visitor.post("/chat/andes/messages/", body, "application/json")
        form = visitor.post("/forms/andes/", body, "application/json")
    assert (told(chat), told(form)) == (UNAVAILABLE, UNAVAILABLE)
    assert chat.json()["type"] == "server_error"


def test_a_vendor_is_told_to_come_again(visitor, connected) -> None:
    with connection.execute_wrapper(Away()):
        answer = post_telegram(visitor, {"update_id": 1})
    assert told(answer) == UNAVAILABLE


def test_a_client_of_the_api_is_told_in_its_language(admin) -> None:
    client = signed_in(admin)
    client.raise_request_exception = False
    with connection.execute_wrapper(Away()):
        answer = client.get("/api/v1/leads/", headers={"Accept-Language": "en"})
    assert told(answer) == UNAVAILABLE
    assert "few seconds" in answer.json()["errors"][0]["detail"]


def test_a_person_gets_a_page_and_no_trace(visitor, admin) -> None:
    visitor.force_login(admin)
    with connection.execute_wrapper(Away()):
        answer = visitor.get("/admin/", headers=BROWSER)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_AFTER))
    assert "No disponible por un momento" in page
    assert "Traceback" not in page


def test_what_is_not_the_database_s_fault_stays_an_error(visitor, broker, monkeypatch) -> None:
    monkeypatch.setattr("leads.chat._posted", lambda *_: 1 / 0)
    answer = visitor.post("/chat/andes/messages/", {"text": "hola"}, "application/json")
    assert answer.status_code == 500


def test_a_full_disk_is_told_as_such(visitor, broker, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leads.chat._posted", full)
    answer = visitor.post("/chat/andes/messages/", {"text": "hola"}, "application/json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (507, "no_room")


@pytest.mark.parametrize("path", ["/health/live", "/static/crm/admin.css"])
def test_what_needs_no_database_asks_it_nothing_whoever_comes(
    visitor, admin, django_assert_num_queries, path
) -> None:
    visitor.force_login(admin)
    with django_assert_num_queries(0):
        assert visitor.get(path).status_code == 200
