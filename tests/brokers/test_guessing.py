"""Who guesses is stopped; who owns the account is not."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from celery.signals import task_prerun
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from brokers import guessing, hashing, passwords
from brokers.guessing import DEVICE_COOKIE, MOST_WHERE_KNOWN
from brokers.models import Broker, FailedSignIns, KnownAddress, Lane, User
from brokers.tasks import flush_tokens
from crm.celery import app
from tests.api import signed_in
from tests.factories import PASSWORD, UserFactory
from tests.racing import race

TOKEN, ME = "/api/v1/auth/token/", "/api/v1/auth/me/"
CONFIRM = "/api/v1/auth/password/reset/confirm/"
HOME, OFFICE, ATTACKER = "198.51.100.7", "203.0.113.20", "192.0.2.66"
LIMIT = 8


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Any) -> None:
    settings.PROXY_COUNT = 1
    settings.API_THROTTLE_RATES = {**settings.API_THROTTLE_RATES, "sign_in": "10000/minute"}


def by_api(email: str, password: str, forwarded: str, cookies: str = "") -> int:
    client = APIClient(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    client.cookies.load({DEVICE_COOKIE: cookies} if cookies else {})
    return int(client.post(TOKEN, {"email": email, "password": password}).status_code)


def by_page(email: str, password: str, forwarded: str, cookies: str = "") -> int:
    """As the API answers it: the page comes again for a wrong password."""
    client = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    client.cookies.load({DEVICE_COOKIE: cookies} if cookies else {})
    answer = client.post("/admin/login/", {"username": email, "password": password})
    return {302: 200, 200: 401}.get(answer.status_code, answer.status_code)


both_doors = pytest.mark.parametrize("enter", [by_api, by_page])


def lock(email: str, forwarded: str, enter: Any = by_api, times: int = LIMIT) -> list[int]:
    return [enter(email, "nada", forwarded) for _ in range(times)]


@both_doors
def test_behind_a_proxy_the_guesser_is_locked_out_and_the_owner_is_not(
    agent: User, enter: Any
) -> None:
    assert lock(agent.email, ATTACKER, enter) == [401] * 7 + [429]
    assert enter(agent.email, PASSWORD, ATTACKER) == 429
    assert enter(agent.email, PASSWORD, HOME) == 200


@both_doors
@pytest.mark.parametrize(
    "forwarded",
    ["{n}.1.1.1, 192.0.2.66", "2001:db8:7:7::{n}", "2001:db8:7:7:{n}::1", "nada{n}", "{n}, ñ"],
)
def test_made_up_addresses_give_no_fresh_tries(agent: User, enter: Any, forwarded: str) -> None:
    for n in range(1, LIMIT + 1):
        last = enter(agent.email, "nada", forwarded.format(n=n))
    assert last == 429


@both_doors
@pytest.mark.parametrize(
    "spelled", ["AG1@SECB.TEST", "ag1@ſecb.test", "ａg1@secb.test", " ag1@secb.test"]
)
def test_other_spellings_give_no_fresh_tries_and_sign_in_alike(
    broker: Broker, enter: Any, spelled: str
) -> None:
    UserFactory(email="ag1@secb.test", broker=broker)
    assert enter(spelled, PASSWORD, HOME) == 200
    lock("ag1@secb.test", ATTACKER, enter, times=LIMIT - 1)
    assert enter(spelled, "nada", ATTACKER) == 429
    assert enter("ag1@secb.test", PASSWORD, ATTACKER) == 429


@both_doors
def test_at_an_address_that_succeeded_before_the_owner_comes_in_after_any_lock(
    agent: User, enter: Any
) -> None:
    assert enter(agent.email, PASSWORD, OFFICE) == 200
    assert lock(agent.email, OFFICE, enter, times=LIMIT + 4) == [401] * 7 + [429] * 5
    assert enter(agent.email, PASSWORD, OFFICE) == 200


def test_who_guesses_at_a_known_address_has_an_end_and_the_owner_s_browser_has_none_of_it(
    agent: User,
) -> None:
    browser = APIClient(HTTP_X_FORWARDED_FOR=OFFICE)
    browser.post(TOKEN, {"email": agent.email, "password": PASSWORD})
    device = browser.cookies[DEVICE_COOKIE]
    assert (device["httponly"], device["samesite"]) == (True, "Strict")
    lock(agent.email, OFFICE, times=MOST_WHERE_KNOWN)
    assert by_api(agent.email, PASSWORD, OFFICE) == 429
    assert by_api(agent.email, PASSWORD, OFFICE, device.value) == 200
    assert by_page(agent.email, PASSWORD, HOME, device.value) == 200


def test_another_s_device_is_nobody_s_pass(agent: User, agent2: User) -> None:
    theirs = guessing.new_device(agent2)
    lock(agent.email, ATTACKER)
    for cookie in (theirs, theirs[:-1], "nada", "ñ:x:y"):
        assert by_api(agent.email, PASSWORD, ATTACKER, cookie) == 429


def test_many_addresses_lock_the_e_mail_for_strangers_and_slower(agent: User) -> None:
    assert by_api(agent.email, PASSWORD, OFFICE) == 200
    for n in range(Lane.EMAIL.most):
        by_api(agent.email, "nada", f"192.0.2.{n}")
    assert by_api(agent.email, PASSWORD, HOME) == 429
    assert by_api(agent.email, PASSWORD, OFFICE) == 200
    _an_hour_passes()
    assert by_api(agent.email, PASSWORD, HOME) == 200


def test_one_address_that_tries_many_e_mails_is_stopped_where_nobody_is_known(
    agent: User, agent2: User
) -> None:
    assert by_api(agent.email, PASSWORD, OFFICE) == 200
    for n in range(Lane.ADDRESS.most):
        by_api(f"nadie{n}@example.com", "Clave-Comun-1", OFFICE)
    assert by_api(agent2.email, PASSWORD, OFFICE) == 429
    assert by_api(agent.email, PASSWORD, OFFICE) == 200
    assert by_api(agent2.email, PASSWORD, HOME) == 200


def _an_hour_passes() -> None:
    earlier = timezone.now() - timedelta(hours=1)
    FailedSignIns.objects.update(since=earlier, last_at=earlier)


def test_tries_while_locked_do_not_lengthen_the_lock(agent: User) -> None:
    lock(agent.email, ATTACKER)
    before = FailedSignIns.objects.order_by("id").values_list("failures", "last_at")
    counted = list(before)
    lock(agent.email, ATTACKER)
    assert list(before.all()) == counted


def test_few_wrong_passwords_are_forgotten_in_time(agent: User) -> None:
    lock(agent.email, ATTACKER, times=LIMIT - 1)
    _an_hour_passes()
    assert lock(agent.email, ATTACKER, times=LIMIT - 1) == [401] * 7


LOOKED_AT: list[str] = []


class Counting(MD5PasswordHasher):
    algorithm = "counting"

    def verify(self, password: str, encoded: str) -> bool:
        LOOKED_AT.append(password)
        return super().verify(password, encoded)


@pytest.fixture
def room(monkeypatch: Any) -> None:
    """For more at once than a process lets stand by."""
    monkeypatch.setattr(hashing, "_present", threading.Semaphore(12))


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_no_more_than_the_limit_are_looked_at(
    broker: Broker, settings: Any, room: None
) -> None:
    settings.PASSWORD_HASHERS = ["tests.brokers.test_guessing.Counting"]
    user = UserFactory(broker=broker)
    LOOKED_AT.clear()
    answers = race(12, lambda n: by_api(user.email, f"guess{n}", ATTACKER))
    assert len(LOOKED_AT) == LIMIT
    assert set(answers) == {401, 429}
    assert FailedSignIns.objects.get(lane=Lane.PAIR).failures == LIMIT


@pytest.mark.django_db(transaction=True)
def test_an_owner_who_signs_in_many_times_at_once_is_never_refused(
    broker: Broker, room: None
) -> None:
    user = UserFactory(broker=broker)
    by_api(user.email, PASSWORD, OFFICE)
    assert race(12, lambda _: by_api(user.email, PASSWORD, OFFICE)) == [200] * 12
    assert set(FailedSignIns.objects.values_list("failures", flat=True)) == {0}


def test_nobody_s_e_mail_is_locked_as_anybody_s_and_not_stored(db: None) -> None:
    typed = "Mi-Clave-Secreta-1"
    assert lock(typed, ATTACKER) == [401] * 7 + [429]
    stored = str(list(FailedSignIns.objects.values()))
    assert typed.lower() not in stored.lower()


# --- The old password ---------------------------------------------------------------------------


def by_me(user: User, old: str) -> int:
    client = signed_in(user)
    client.credentials(**client._credentials, HTTP_X_FORWARDED_FOR=ATTACKER)
    given = {"password": "Otra-Clave-22", "old_password": old}
    return int(client.patch(ME, given).status_code)


def by_password_page(user: User, old: str) -> int:
    client = Client(HTTP_X_FORWARDED_FOR=ATTACKER)
    client.force_login(user, backend="brokers.auth.EmailBackend")
    new = {"new_password1": "Otra-Clave-22", "new_password2": "Otra-Clave-22"}
    answer = client.post("/admin/password_change/", {"old_password": old, **new})
    if answer.status_code == 302:
        return 200
    told = answer.context["form"].errors.as_data()["old_password"][0].code
    return 429 if told == "throttled" else 400


@pytest.mark.parametrize("change", [by_me, by_password_page])
def test_a_wrong_old_password_counts_as_at_the_sign_in(agent: User, change: Any) -> None:
    assert [change(agent, "nada") for _ in range(LIMIT)] == [400] * 7 + [429]
    assert change(agent, PASSWORD) == 429
    assert by_api(agent.email, PASSWORD, ATTACKER) == 429
    assert by_api(agent.email, PASSWORD, HOME) == 200


@pytest.mark.parametrize("change", [by_me, by_password_page])
def test_where_the_owner_is_known_the_old_password_is_held_back_all_the_same(
    agent: User, change: Any
) -> None:
    assert by_api(agent.email, PASSWORD, ATTACKER) == 200
    assert [change(agent, "nada") for _ in range(LIMIT)] == [400] * 7 + [429]
    assert change(agent, PASSWORD) == 429
    assert by_api(agent.email, PASSWORD, ATTACKER) == 200


@pytest.mark.parametrize("change", [by_me, by_password_page])
def test_the_right_old_password_changes_it(agent: User, change: Any) -> None:
    assert change(agent, PASSWORD) == 200
    assert by_api(agent.email, "Otra-Clave-22", HOME) == 200


def test_the_page_of_the_own_password_stands_in_admin(agent: User, client: Client) -> None:
    client.force_login(agent, backend="brokers.auth.EmailBackend")
    page = client.get("/admin/password_change/")
    assert (page.status_code, "sidebar_navigation" in page.context) == (200, True)
    assert Client().get("/admin/password_change/").url.startswith("/admin/login/")


# --- Ways out of a lock ---------------------------------------------------------------------------


def test_the_mailed_link_opens_the_account_in_the_midst_of_an_attack(agent: User) -> None:
    for n in range(Lane.EMAIL.most):
        by_api(agent.email, "nada", f"192.0.2.{n}")
    link = passwords.one_time_link(agent)
    given = {"uid": link["uid"], "token": link["token"], "password": "Otra-Clave-22"}
    client = APIClient(HTTP_X_FORWARDED_FOR=HOME)
    assert client.post(CONFIRM, given).status_code == 204
    for n in range(Lane.EMAIL.most):
        by_api(agent.email, "nada", f"192.0.2.{n}")
    assert by_api(agent.email, "Otra-Clave-22", HOME) == 200


def test_an_admin_sees_who_is_locked_out_where_and_until_when_and_lifts_it(
    admin: User, agent: User, client: Client
) -> None:
    lock(agent.email, ATTACKER)
    client.force_login(admin, backend="brokers.auth.EmailBackend")
    page = client.get("/admin/brokers/failedsignins/?estado=bloqueado").content.decode()
    assert all(shown in page for shown in (agent.name, ATTACKER, "Bloqueado", "bloqueado hasta"))
    row = FailedSignIns.objects.get(lane=Lane.PAIR)
    url = f"/admin/brokers/failedsignins/{row.pk}/lift/"
    assert client.get(url).status_code == 200
    assert by_api(agent.email, PASSWORD, ATTACKER) == 429
    assert client.post(url).status_code == 302
    assert by_api(agent.email, PASSWORD, ATTACKER) == 200
    row.refresh_from_db()
    assert (row.lifted_by, row.failures) == (admin, 0)
    [entry] = LogEntry.objects.filter(user=admin)
    assert (entry.object_id, entry.change_message) == (str(row.pk), "Bloqueo de ingreso levantado.")


def test_what_is_not_locked_is_not_lifted(admin: User, agent: User, client: Client) -> None:
    lock(agent.email, ATTACKER, times=1)
    client.force_login(admin, backend="brokers.auth.EmailBackend")
    row = FailedSignIns.objects.get(lane=Lane.PAIR)
    assert client.post(f"/admin/brokers/failedsignins/{row.pk}/lift/").status_code == 409
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("who", ["rival_admin", "agent", "superadmin"])
def test_locks_are_the_admins_of_the_brokerage_and_the_superadmin_s(
    who: str, request: Any, agent: User, client: Client
) -> None:
    lock(agent.email, ATTACKER)
    for n in range(Lane.ADDRESS.most):
        by_api(f"nadie{n}@example.com", "Clave-Comun-1", ATTACKER)
    user = request.getfixturevalue(who)
    client.force_login(user, backend="brokers.auth.EmailBackend")
    seen = set(FailedSignIns.objects.visible_to(user).values_list("lane", flat=True))
    assert seen == ({Lane.PAIR, Lane.EMAIL, Lane.ADDRESS} if who == "superadmin" else set())
    row = FailedSignIns.objects.filter(user=agent, lane=Lane.PAIR).get()
    answer = client.post(f"/admin/brokers/failedsignins/{row.pk}/lift/")
    assert answer.status_code == (302 if who == "superadmin" else 404)


def test_old_counts_and_addresses_are_deleted(agent: User) -> None:
    by_api(agent.email, PASSWORD, HOME), lock(agent.email, ATTACKER, times=1)
    later = timezone.now() + guessing.KNOWN_FOR + timedelta(days=1)
    flush_tokens(at=later.isoformat())
    assert (FailedSignIns.objects.count(), KnownAddress.objects.count()) == (0, 0)


# --- What the answers tell ------------------------------------------------------------------------


HASHED: list[str] = []


class Hashing(MD5PasswordHasher):
    algorithm = "hashing"

    def encode(self, password: str, salt: str) -> str:
        HASHED.append(password)
        return super().encode(password, salt)


def work_of(call: Any) -> tuple[int, int]:
    """How many statements and hashes a call takes: clocks measure nothing on a busy machine."""
    HASHED.clear()
    with CaptureQueriesContext(connection) as ran:
        call()
    return len(ran), len(HASHED)


@both_doors
def test_known_and_unknown_e_mails_take_the_same_work(
    agent: User, enter: Any, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["tests.brokers.test_guessing.Hashing"]
    passwords.choose(agent, PASSWORD)
    User.objects.filter(pk=UserFactory(email="fue@example.com").pk).update(is_active=False)
    UserFactory(email="invitada@example.com", password=None)
    emails = (agent.email, "nadie@example.com", "fue@example.com", "invitada@example.com")
    took = [work_of(lambda email=email: enter(email, "nada", ATTACKER)) for email in emails]
    assert took == [took[0]] * len(emails)
    assert took[0][1] == 1


def test_a_reset_takes_the_same_work_for_nobody_s_e_mail(
    agent: User, django_capture_on_commit_callbacks: Any
) -> None:
    begun: list[Any] = []

    def note(args: Any, **kwargs: Any) -> None:
        begun.append(args)

    app.conf.task_always_eager = True
    task_prerun.connect(note)
    try:
        for email in (agent.email, "nadie@example.com"):
            with django_capture_on_commit_callbacks(execute=True):
                APIClient().post("/api/v1/auth/password/reset/", {"email": email})
    finally:
        task_prerun.disconnect(note)
        app.conf.task_always_eager = False
    assert begun == [[agent.pk, "reset"], [0, "reset"]]
    assert [message.to for message in mail.outbox] == [[agent.email]]
