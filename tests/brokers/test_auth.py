"""Signing in, staying in, and being out at once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from brokers import passwords, tokens
from brokers.models import Broker, User
from crm.celery import app
from tests.api import codes, signed_in
from tests.factories import PASSWORD

TOKEN, REFRESH = "/api/v1/auth/token/", "/api/v1/auth/refresh/"
ME, RESET = "/api/v1/auth/me/", "/api/v1/auth/password/reset/"
CONFIRM, INVITE = RESET + "confirm/", "/api/v1/users/invite/"
NEW = "Otra-Clave-22"


@pytest.fixture
def mailed(django_capture_on_commit_callbacks: Any) -> Any:
    """Runs a call with its commits, the queue working at once."""

    def run(call: Any) -> Any:
        app.conf.task_always_eager = True
        try:
            with django_capture_on_commit_callbacks(execute=True):
                return call()
        finally:
            app.conf.task_always_eager = False

    return run


def sign_in(api: APIClient, user: User, password: str = PASSWORD) -> Any:
    return api.post(TOKEN, {"email": user.email, "password": password})


def test_a_user_signs_in_whatever_the_case_of_the_email(api: APIClient, agent: User) -> None:
    answer = api.post(TOKEN, {"email": agent.email.upper(), "password": PASSWORD})
    assert answer.status_code == 200
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert api.get(ME).json()["email"] == agent.email


def test_a_wrong_password_is_401_and_says_no_more_than_an_unknown_email(
    api: APIClient, agent: User
) -> None:
    wrong = sign_in(api, agent, "nada")
    unknown = api.post(TOKEN, {"email": "nadie@example.com", "password": "nada"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json() == unknown.json()
    assert wrong.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_an_inactive_user_does_not_sign_in(api: APIClient, agent: User) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)
    assert sign_in(api, agent).status_code == 401


def test_repeated_failures_lock_the_api_out_with_retry_after(
    api: APIClient, agent: User, settings: Any
) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = sign_in(api, agent, "nada")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    right = sign_in(api, agent)
    assert (right.status_code, codes(right)) == (429, [(None, "throttled")])
    assert right.headers["Content-Type"] == "application/json"


def test_a_lock_out_is_of_one_person_at_one_address(
    api: APIClient, agent: User, agent2: User, settings: Any
) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(api, agent, "nada")
    assert sign_in(api, agent2).status_code == 200
    elsewhere = APIClient(REMOTE_ADDR="10.0.0.9")
    assert sign_in(elsewhere, agent).status_code == 200


def test_a_lock_out_ends_after_its_time(api: APIClient, agent: User, settings: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(api, agent, "nada")
    settings.AXES_COOLOFF_TIME = timedelta(0)
    assert sign_in(api, agent).status_code == 200


def test_success_forgets_earlier_failures(api: APIClient, agent: User, settings: Any) -> None:
    for _ in range(2):
        for _ in range(settings.AXES_FAILURE_LIMIT - 1):
            sign_in(api, agent, "nada")
        assert sign_in(api, agent).status_code == 200


def test_repeated_failures_lock_the_admin_page_out(agent: User, settings: Any) -> None:
    page, given = Client(), {"username": agent.email, "password": "nada"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = page.post("/admin/login/", given)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    answer = page.post("/admin/login/", {**given, "password": PASSWORD})
    assert answer.status_code == 429


def test_sign_ins_are_counted_by_address(api: APIClient, agent: User, settings: Any) -> None:
    settings.API_THROTTLE_RATES = {**settings.API_THROTTLE_RATES, "sign_in": "2/day"}
    assert [sign_in(api, agent).status_code for _ in range(3)] == [200, 200, 429]
    assert sign_in(APIClient(REMOTE_ADDR="10.0.0.9"), agent).status_code == 200


@pytest.mark.parametrize("raw", ["", "nada", "a.b.c", None, 7, ["x"], {"a": 1}])
def test_what_is_no_token_is_refused(api: APIClient, db: None, raw: Any) -> None:
    assert api.post(REFRESH, {"refresh": raw}).status_code in (400, 401)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    assert api.get(ME).status_code == 401


def test_an_access_token_does_not_refresh_and_a_refresh_token_does_not_enter(
    api: APIClient, agent: User
) -> None:
    pair = tokens.issue(agent)
    assert api.post(REFRESH, {"refresh": pair["access"]}).status_code == 401
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['refresh']}")
    assert api.get(ME).status_code == 401


@pytest.mark.parametrize("model", [User, Broker])
def test_deactivation_ends_access_and_refresh_at_once(
    api: APIClient, agent: User, broker: Broker, model: Any
) -> None:
    refresh, client = tokens.issue(agent)["refresh"], signed_in(agent)
    assert client.get(ME).status_code == 200
    model.objects.all().update(is_active=False)
    assert client.get(ME).status_code == 401
    assert api.post(REFRESH, {"refresh": refresh}).status_code == 401


def test_deactivation_ends_the_admin_session_at_once(agent: User) -> None:
    page = Client()
    page.force_login(agent, backend="brokers.auth.EmailBackend")
    assert page.get("/admin/").status_code == 200
    User.objects.filter(pk=agent.pk).update(is_active=False)
    assert page.get("/admin/").status_code == 302


def test_an_admin_deactivates_by_patch(admin: User, agent: User) -> None:
    client = signed_in(agent)
    answer = signed_in(admin).patch(f"/api/v1/users/{agent.pk}/", {"is_active": False})
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert client.get(ME).status_code == 401


def test_nobody_deactivates_or_demotes_themselves(admin: User) -> None:
    client, url = signed_in(admin), f"/api/v1/users/{admin.pk}/"
    for change in ({"is_active": False}, {"role": "AGENT"}):
        answer = client.patch(url, change)
        assert (answer.status_code, codes(answer)) == (400, [(next(iter(change)), "invalid")])


def test_me_changes_the_name_and_nothing_above_it(agent: User) -> None:
    given = {"name": "Ana María", "role": "ADMIN", "email": "otra@example.com"}
    answer = signed_in(agent).patch(ME, given).json()
    assert (answer["name"], answer["role"], answer["email"]) == ("Ana María", "AGENT", agent.email)
    assert answer["broker"]["slug"] == "andes"


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(agent: User) -> None:
    client, other = signed_in(agent), signed_in(agent)
    alone = client.patch(ME, {"password": NEW})
    assert (alone.status_code, codes(alone)) == (400, [("old_password", "required")])
    wrong = client.patch(ME, {"password": NEW, "old_password": "nada"})
    assert (wrong.status_code, codes(wrong)) == (400, [("old_password", "invalid")])
    answer = client.patch(ME, {"password": NEW, "old_password": PASSWORD})
    assert answer.status_code == 200
    assert other.get(ME).status_code == 401
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['tokens']['access']}")
    assert client.get(ME).status_code == 200


@pytest.mark.parametrize("weak", ["corta1A", "todominuscula1", "TODOMAYUSCULA1", "SinNumeros", ""])
def test_weak_passwords_are_refused(agent: User, weak: str) -> None:
    answer = signed_in(agent).patch(ME, {"password": weak, "old_password": PASSWORD})
    assert answer.status_code == 400
    assert {attr for attr, _ in codes(answer)} == {"password"}


def link(message: Any) -> dict[str, str]:
    found = re.search(r"/password/([^/]+)/([^/]+)/", message.body)
    assert found is not None
    return {"uid": found[1], "token": found[2]}


def test_a_forgotten_password_is_reset_once_by_the_mailed_link(
    api: APIClient, agent: User, mailed: Any
) -> None:
    assert mailed(lambda: api.post(RESET, {"email": agent.email.upper()})).status_code == 204
    [message] = mail.outbox
    assert (message.to, message.subject) == ([agent.email], "Restablece tu contraseña")
    given = {**link(message), "password": NEW}
    assert codes(api.post(CONFIRM, {**given, "password": "corta"}))[0][0] == "password"
    assert api.post(CONFIRM, given).status_code == 204
    again = api.post(CONFIRM, {**given, "password": "Tercera-Clave-3"})
    assert (again.status_code, codes(again)) == (400, [(None, "link_expired")])
    assert sign_in(api, agent, NEW).status_code == 200


def test_the_mailed_link_opens_a_page(api: APIClient, agent: User, mailed: Any) -> None:
    mailed(lambda: api.post(RESET, {"email": agent.email}))
    found = re.search(r"http://[^/]+(/password/\S+)", mail.outbox[0].body)
    assert found is not None
    page = Client().get(found[1], follow=True)
    assert page.status_code == 200
    assert b"new_password1" in page.content


def test_a_page_of_a_used_link_offers_another(db: None) -> None:
    page = Client().get("/password/MQ/nada/", follow=True)
    assert page.status_code == 200
    assert "El enlace no sirve" in page.content.decode()


def test_who_forgot_their_password_asks_on_the_sign_in_page(agent: User, mailed: Any) -> None:
    page = Client()
    assert b"/admin/password_reset/" in page.get("/admin/login/").content
    assert page.get("/admin/password_reset/").status_code == 200
    answer = mailed(lambda: page.post("/admin/password_reset/", {"email": agent.email}))
    assert (answer.status_code, page.get(answer.url).status_code) == (302, 200)
    assert [message.to for message in mail.outbox] == [[agent.email]]


def test_the_page_counts_by_address_too(db: None, settings: Any) -> None:
    settings.API_THROTTLE_RATES = {**settings.API_THROTTLE_RATES, "password_reset": "1/day"}
    page, given = Client(), {"email": "nadie@example.com"}
    answers = [page.post("/admin/password_reset/", given).status_code for _ in range(2)]
    assert answers == [302, 200]


def test_the_answer_does_not_tell_whose_address_it_is(
    api: APIClient, agent: User, mailed: Any
) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)
    for email in (agent.email, "nadie@example.com"):
        assert mailed(lambda: api.post(RESET, {"email": email})).status_code == 204  # noqa: B023
    assert mail.outbox == []


def test_resets_are_counted_by_address(api: APIClient, db: None, settings: Any) -> None:
    settings.API_THROTTLE_RATES = {**settings.API_THROTTLE_RATES, "password_reset": "1/day"}
    answers = [api.post(RESET, {"email": "nadie@example.com"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 429]
    assert int(answers[1].headers["Retry-After"]) >= 1


def queue_at(url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = url
    app.amqp._producer_pool = app._pool = None


def test_without_a_queue_the_mail_goes_at_once(
    api: APIClient, agent: User, django_capture_on_commit_callbacks: Any
) -> None:
    before = app.conf.broker_url
    queue_at("redis://127.0.0.1:1/0")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            api.post(RESET, {"email": agent.email})
    finally:
        queue_at(before)
    assert [message.to for message in mail.outbox] == [[agent.email]]


@pytest.mark.parametrize("uid", ["", "x", "Mjk5OTk5OTk5OTk5OTk5OTk5OTk5", "ñ"])
def test_a_made_up_link_is_refused(api: APIClient, db: None, uid: str) -> None:
    answer = api.post(CONFIRM, {"uid": uid, "token": "x", "password": NEW})
    assert answer.status_code == 400


def test_an_admin_invites_and_the_invited_chooses_a_password(
    api: APIClient, admin: User, broker: Broker, mailed: Any
) -> None:
    given = {"email": "Nueva@Example.com", "name": "Nora Nueva"}
    answer = mailed(lambda: signed_in(admin).post(INVITE, given))
    assert answer.status_code == 201
    invited = User.objects.get(pk=answer.json()["id"])
    assert (invited.email, invited.role, invited.broker) == ("nueva@example.com", "AGENT", broker)
    assert not invited.has_usable_password()
    [message] = mail.outbox
    assert message.subject == "Tu invitación a Andes Propiedades"
    assert api.post(CONFIRM, {**link(message), "password": NEW}).status_code == 204
    assert sign_in(api, invited, NEW).status_code == 200


def test_inviting_again_before_acceptance_mails_again(admin: User, mailed: Any) -> None:
    given = {"email": "nueva@example.com", "name": "Nora"}
    first, second = (mailed(lambda: signed_in(admin).post(INVITE, given)) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("role", ["SUPERADMIN", "OTRO"])
def test_an_admin_makes_no_superadmin(admin: User, agent: User, role: str) -> None:
    client, given = signed_in(admin), {"email": "x@example.com", "name": "X", "role": role}
    assert codes(client.post(INVITE, given))[0][0] == "role"
    new = client.post("/api/v1/users/", {**given, "password": NEW})
    assert codes(new)[0][0] == "role"
    assert codes(client.patch(f"/api/v1/users/{agent.pk}/", {"role": role}))[0][0] == "role"


@pytest.mark.parametrize("who", ["agent", "rival_agent"])
def test_who_has_an_account_is_not_invited(
    who: str, request: Any, admin: User, mailed: Any
) -> None:
    given = {"email": request.getfixturevalue(who).email, "name": "X"}
    answer = mailed(lambda: signed_in(admin).post(INVITE, given))
    assert (answer.status_code, [attr for attr, _ in codes(answer)]) == (400, ["email"])
    assert mail.outbox == []


def test_an_agent_invites_nobody(agent: User) -> None:
    answer = signed_in(agent).post(INVITE, {"email": "x@example.com", "name": "X"})
    assert (answer.status_code, codes(answer)) == (403, [(None, "permission_denied")])


def test_a_link_in_the_brokers_language(agent: User, broker: Broker) -> None:
    passwords.mail(agent, passwords.Reason.RESET)
    [message] = mail.outbox
    assert message.body.startswith("Hola Ana:")
    assert [kind for _, kind in message.alternatives] == ["text/html"]
