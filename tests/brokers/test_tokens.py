"""One sign-in is one line of tokens, which ends whole and for good."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from brokers import passwords, tokens
from brokers.models import Broker, SignIn, User
from brokers.tasks import flush_tokens
from crm import access
from crm.tenancy import Role
from tests.api import codes, signed_in
from tests.factories import PASSWORD, UserFactory

REFRESH, LOGOUT = "/api/v1/auth/refresh/", "/api/v1/auth/logout/"
ME, CONFIRM = "/api/v1/auth/me/", "/api/v1/auth/password/reset/confirm/"


def refreshed(raw: str, **environ: Any) -> Any:
    return APIClient().post(REFRESH, {"refresh": raw}, **environ)


def enters(token: str) -> bool:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return bool(client.get(ME).status_code == 200)


def test_each_refresh_token_is_good_for_one_new_pair(agent: User) -> None:
    pair = tokens.issue(agent)
    for _ in range(3):
        pair = refreshed(pair["refresh"]).json()
        assert enters(pair["access"])


def test_a_spent_token_that_comes_again_ends_its_line_and_no_other(agent: User) -> None:
    first, other = tokens.issue(agent), tokens.issue(agent)
    second = refreshed(first["refresh"]).json()
    third = refreshed(second["refresh"]).json()
    again = refreshed(first["refresh"])
    assert (again.status_code, codes(again)) == (401, [(None, "token_not_valid")])
    assert refreshed(third["refresh"]).status_code == 401
    assert [enters(pair["access"]) for pair in (first, second, third)] == [False] * 3
    assert enters(other["access"])
    assert refreshed(other["refresh"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_client_that_asks_twice_at_once_is_served_once_and_stays(broker: Broker) -> None:
    raw = tokens.issue(UserFactory(broker=broker))["refresh"]
    answers: list[Any] = []

    def ask() -> None:
        answers.append(refreshed(raw))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    with transaction.atomic():
        list(SignIn.objects.select_for_update())
        for thread in threads:
            thread.start()
        wait_until_waiting(4)
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    [served] = [answer.json() for answer in answers if answer.status_code == 200]
    assert enters(served["access"])
    assert refreshed(served["refresh"]).status_code == 200


def test_a_request_that_waited_for_a_thread_while_another_was_served_ends_nothing(
    agent: User,
) -> None:
    raw, arrived = tokens.issue(agent)["refresh"], {access.ARRIVED: time.time()}
    served = refreshed(raw, **arrived).json()
    assert refreshed(raw, **arrived).status_code == 401
    assert enters(served["access"])
    assert refreshed(served["refresh"]).status_code == 200


def wait_until_waiting(count: int) -> None:
    """Until so many others stand before the row that this transaction holds."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND datname = current_database()"
    )
    deadline = timezone.now() + timedelta(seconds=30)
    while timezone.now() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees one of its own
            cursor.execute(waiting)
            if cursor.fetchone()[0] == count:
                return
    raise AssertionError("they never came")


def test_sign_out_ends_the_line_with_a_spent_token_too(agent: User) -> None:
    for spent in (False, True):
        first = tokens.issue(agent)
        second = refreshed(first["refresh"]).json()
        raw = (first if spent else second)["refresh"]
        assert APIClient().post(LOGOUT, {"refresh": raw}).status_code == 204
        assert refreshed(second["refresh"]).status_code == 401
        assert not enters(second["access"])
        assert APIClient().post(LOGOUT, {"refresh": raw}).status_code == 401


CHANGES: dict[str, Any] = {
    "deactivated by a row of SQL": lambda user: _twice(User, user.pk),
    "broker deactivated": lambda user: _twice(Broker, user.broker_id),
    "made an admin": lambda user: User.objects.filter(pk=user.pk).update(role=Role.ADMIN),
    "saved whole with another role": lambda user: _saved_whole(user),
    "same password again": lambda user: passwords.choose(user, PASSWORD),
}


def _twice(model: Any, pk: int) -> None:
    for active in (False, True):
        model.objects.filter(pk=pk).update(is_active=active)


def _saved_whole(user: User) -> None:
    """Somebody read the user before, and saves what they read."""
    read_before = User.objects.get(pk=user.pk)
    _twice(User, user.pk)
    read_before.save()


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_who_may_enter_ends_tokens_sessions_and_links_for_good(
    agent: User, what: str
) -> None:
    pair, client, link = tokens.issue(agent), Client(), passwords.one_time_link(agent)
    client.force_login(agent, backend="brokers.auth.EmailBackend")
    assert (enters(pair["access"]), client.get("/admin/").status_code) == (True, 200)
    CHANGES[what](User.objects.get(pk=agent.pk))
    assert not enters(pair["access"])
    assert refreshed(pair["refresh"]).status_code == 401
    assert client.get("/admin/").status_code == 302
    used = {"uid": link["uid"], "token": link["token"], "password": "Otra-Clave-22"}
    assert codes(APIClient().post(CONFIRM, used)) == [(None, "link_expired")]
    assert enters(tokens.issue(User.objects.get(pk=agent.pk))["access"])


@pytest.mark.parametrize("by", ["api", "admin page"])
def test_who_comes_back_signs_in_anew(admin: User, agent: User, by: str) -> None:
    pair, client = tokens.issue(agent), Client()
    client.force_login(admin, backend="brokers.auth.EmailBackend")
    for active, page in ((False, "deactivate"), (True, "activate")):
        if by == "api":
            url = f"/api/v1/users/{agent.pk}/"
            assert signed_in(admin).patch(url, {"is_active": active}).status_code == 200
        else:
            assert client.post(f"/admin/brokers/user/{agent.pk}/{page}/").status_code == 302
    assert not enters(pair["access"])
    assert refreshed(pair["refresh"]).status_code == 401


def test_what_does_not_change_who_may_enter_ends_nothing(agent: User, broker: Broker) -> None:
    pair, user = tokens.issue(agent), User.objects.get(pk=agent.pk)
    user.name = "Ana María"
    user.save()
    User.objects.filter(pk=agent.pk).update(last_login=timezone.now(), sessions_epoch=7)
    Broker.objects.filter(pk=broker.pk).update(name="Andes")
    assert enters(pair["access"])


def test_a_token_costs_one_query(agent: User, django_assert_num_queries: Any) -> None:
    client = signed_in(agent)
    with django_assert_num_queries(1):
        assert client.get(ME).status_code == 200


def test_sign_ins_that_ran_out_are_deleted_and_others_stay(agent: User) -> None:
    old, good = tokens.issue(agent), tokens.issue(agent)
    refreshed(good["refresh"])
    first = SignIn.objects.order_by("id")[:1]
    SignIn.objects.filter(pk__in=first.values("pk")).update(expires_at=timezone.now())
    assert flush_tokens() == 1
    assert SignIn.objects.count() == 1
    assert refreshed(old["refresh"]).status_code == 401
