"""One e-mail is one user, however it is written, by whatever way it comes in."""

import json
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from brokers import passwords
from brokers.models import Broker, User
from crm.celery import app
from tests.api import codes, signed_in
from tests.crm.admin_walk import sent
from tests.factories import PASSWORD, UserFactory

OTHERWISE = "AG1@ſecb.test"


@pytest.fixture
def ag1(broker: Broker) -> User:
    user: User = UserFactory(email=OTHERWISE, broker=broker)
    return user


def test_whoever_writes_it_it_is_stored_and_found_in_its_one_spelling(
    ag1: User, broker: Broker
) -> None:
    assert (ag1.email, User.objects.get(email=OTHERWISE)) == ("ag1@secb.test", ag1)
    User.objects.filter(pk=ag1.pk).update(email="AG2@ſecb.test")
    made = User.objects.bulk_create([User(email="Ag3@VIÑA.cl", name="X", broker=broker)])
    stored = User.objects.filter(pk__in=[ag1.pk, made[0].pk]).order_by("pk")
    assert list(stored.values_list("email", flat=True)) == ["ag2@secb.test", "ag3@xn--via-8ma.cl"]


def test_a_second_user_of_the_address_is_refused_everywhere(
    ag1: User, admin: User, broker: Broker
) -> None:
    given = {"email": OTHERWISE, "name": "Otra"}
    new = {**given, "password": "Otra-Clave-22", "broker": broker.pk}
    for path, body in (("/api/v1/users/", new), ("/api/v1/users/invite/", given)):
        answer = signed_in(admin).post(path, body)
        assert (answer.status_code, codes(answer)[0][0]) == (400, "email")
    page = Client()
    page.force_login(admin, backend="brokers.auth.EmailBackend")
    form = page.get("/admin/brokers/user/add/").context["adminform"].form
    answer = page.post("/admin/brokers/user/add/", {**sent(form), **new, "role": "AGENT"})
    assert "email" in answer.context["adminform"].form.errors
    with pytest.raises(ValidationError):
        User.objects.create_user(OTHERWISE, "Otra-Clave-22", name="Otra", broker=broker)
    assert User.objects.filter(email=OTHERWISE).count() == 1


@pytest.mark.parametrize("stored", ["AG9@secb.test", "ag9@ſecb.test", " ag9@secb.test", ""])
def test_the_database_itself_takes_no_other_spelling(ag1: User, stored: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE users SET email = %s WHERE id = %s", [stored, ag1.pk])


def test_who_forgot_the_password_may_write_it_otherwise(
    ag1: User, django_capture_on_commit_callbacks: Any
) -> None:
    app.conf.task_always_eager = True
    try:
        with django_capture_on_commit_callbacks(execute=True):
            Client().post("/admin/password_reset/", {"email": OTHERWISE})
            APIClient().post("/api/v1/auth/password/reset/", {"email": OTHERWISE})
    finally:
        app.conf.task_always_eager = False
    assert [message.to for message in mail.outbox] == [["ag1@secb.test"]] * 2


@pytest.mark.parametrize("odd", ["\ud800@x.cl", "x" * 250, "ñ@x.cl", "@", "ag1"])
def test_what_is_no_address_is_nobody_s_and_no_error(ag1: User, odd: str) -> None:
    body = json.dumps({"email": odd, "password": PASSWORD})
    answer = Client().post("/api/v1/auth/token/", body, content_type="application/json")
    assert answer.status_code in (400, 401)
    assert User.objects.with_email(odd) is None


def test_an_invitation_again_in_another_spelling_is_the_same_one(broker: Broker) -> None:
    both = [
        passwords.invite(email=email, name="Nora", role="AGENT", broker=broker)
        for email in ("nora@secb.test", "NORA@ſecb.test")
    ]
    assert both[0] == both[1]
