"""An Idempotency-Key on any POST: done once, answered as the first time, also at the same moment."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from brokers.models import User
from crm.api import idempotency
from crm.api.views import PublicView, RepeatableView
from crm.models import IdempotencyKey
from knowledge.models import KnowledgeDocument
from leads.models import ChannelIdentity, ChatMessage, Lead, MessageTemplate
from tests.api import Route, codes, routes, signed_in
from tests.crm.contract import Ask, count_rows, first_accepted, operations
from tests.factories import LeadFactory, MessageTemplateFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
CAMILA = {"name": "Camila", "phone": "9 8765 4321", "force_new": True}
KEY = {"Idempotency-Key": "pedido-1"}
URL = "/api/v1/leads/"


def test_the_same_key_is_one_lead_and_one_answer(admin: User) -> None:
    api = signed_in(admin)
    first, second = (api.post(URL, CAMILA, headers=KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (first.json()["outcome"], first.json()["warning"]) == ("created", "")
    assert Lead.objects.count() == 1


def test_a_repeated_answer_has_its_entity_tag(admin: User, lead: Lead) -> None:
    api, path = signed_in(admin), f"{URL}{lead.pk}/move/"
    first, second = (
        api.post(path, {"pipeline_stage": "perfilamiento"}, headers=KEY) for _ in range(2)
    )
    assert (first.status_code, first.headers["ETag"]) == (200, second.headers["ETag"])


def test_another_body_or_address_under_the_same_key_is_refused(admin: User, lead: Lead) -> None:
    api = signed_in(admin)
    api.post(URL, CAMILA, headers=KEY)
    for path, body in ((URL, {**CAMILA, "name": "Otra"}), (f"{URL}{lead.pk}/rescore/", CAMILA)):
        again = api.post(path, body, headers=KEY)
        assert (again.status_code, codes(again)) == (409, [(None, "idempotency_key_reused")])
    assert Lead.objects.count() == 2


def test_a_key_belongs_to_its_person(admin: User, agent: User) -> None:
    for user in (admin, agent):
        assert signed_in(user).post(URL, CAMILA, headers=KEY).status_code == 201
    assert Lead.objects.count() == 2


def test_who_no_longer_sees_the_lead_is_not_answered_again(
    admin: User, agent: User, agent2: User
) -> None:
    lead = LeadFactory(broker=agent.broker, assigned_to=agent)
    api, path = signed_in(agent), f"{URL}{lead.pk}/rescore/"
    assert api.post(path, {}, headers=KEY).status_code == 200
    assert api.post(path, {}, headers=KEY).headers["Idempotent-Replayed"] == "true"
    Lead.objects.filter(pk=lead.pk).update(assigned_to=agent2)
    again = api.post(path, {}, headers=KEY)
    assert (again.status_code, codes(again)) == (404, [(None, "not_found")])


def test_a_superadmins_key_needs_no_broker(superadmin: User, admin: User) -> None:
    body = {**CAMILA, "broker": admin.broker_id}
    first, second = (signed_in(superadmin).post(URL, body, headers=KEY) for _ in range(2))
    assert (first.status_code, first.content) == (201, second.content)
    assert IdempotencyKey.objects.get().broker is None


def test_a_refused_request_leaves_its_key_free_for_the_corrected_one(
    admin: User, agent: User, agent2: User
) -> None:
    known = LeadFactory(broker=admin.broker, phone_e164="+56987654321", assigned_to=agent2)
    body = {"name": "Camila", "phone": "987654321"}
    refused = signed_in(agent).post(URL, body, headers=KEY)
    assert (refused.status_code, refused.json()["data"]) == (409, {"owner": "Luis Soto"})
    assert IdempotencyKey.objects.count() == 0
    known.delete()
    corrected = {**body, "name": "Camila Rojas"}
    assert signed_in(agent).post(URL, corrected, headers=KEY).status_code == 201


def test_the_same_file_is_the_same_request_and_another_is_not(admin: User) -> None:
    api, path = signed_in(admin), "/api/v1/knowledge/documents/"

    def send(content: bytes) -> Any:
        body = {"title": "Normas", "file": SimpleUploadedFile("normas.md", content)}
        return api.post(path, body, format="multipart", headers=KEY)

    first, second, other = send(b"# Una norma"), send(b"# Una norma"), send(b"# Otra norma")
    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    assert (other.status_code, codes(other)) == (409, [(None, "idempotency_key_reused")])
    assert KnowledgeDocument.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 101, "ñ", "a\tb", "a b", " ", "a\x7f"])
def test_a_key_that_cannot_be_kept_is_named(admin: User, key: str) -> None:
    answer = signed_in(admin).post(URL, CAMILA, headers={"Idempotency-Key": key})
    assert (answer.status_code, codes(answer)) == (400, [("Idempotency-Key", "invalid")])


def test_what_was_answered_is_unreadable_in_the_table_and_goes_with_its_lead(admin: User) -> None:
    made = signed_in(admin).post(URL, CAMILA, headers=KEY).json()
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer, lead_id FROM idempotency_keys")
        stored, lead = cursor.fetchone()
    assert ("Camila" in stored, lead) == (False, made["id"])
    Lead.objects.get(pk=made["id"]).delete()
    assert IdempotencyKey.objects.count() == 0


def test_after_a_day_a_key_is_new_and_old_ones_are_forgotten(admin: User) -> None:
    api, now = signed_in(admin), timezone.now()
    api.post(URL, CAMILA, headers=KEY)
    IdempotencyKey.objects.update(created_at=now - timedelta(hours=23))
    assert idempotency.forget(at=now) == 0
    IdempotencyKey.objects.update(created_at=now - timedelta(hours=25))
    assert api.post(URL, {**CAMILA, "name": "Otra"}, headers=KEY).status_code == 201
    IdempotencyKey.objects.update(created_at=now - timedelta(hours=25))
    assert idempotency.forget(at=now) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_is_one_lead(admin: User) -> None:
    apis = [signed_in(admin) for _ in range(5)]
    got = race(5, lambda n: apis[n].post(URL, CAMILA, headers=KEY))
    assert [each.status_code for each in got] == [201] * 5
    assert len({each.content for each in got}) == 1
    assert Lead.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_the_first_is_still_at_work_is_told_when_to_come_again(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 1)
    at_work, over = threading.Event(), threading.Event()

    def first(_: int) -> None:
        with transaction.atomic():
            IdempotencyKey.objects.create(user=admin, broker=admin.broker, key="pedido-1")
            at_work.set()
            over.wait(20)
            transaction.set_rollback(True)

    def second(_: int) -> Any:
        at_work.wait(20)
        answer = signed_in(admin).post(URL, CAMILA, headers=KEY)
        over.set()
        return answer

    _, answer = race(2, lambda n: (first, second)[n](n))
    assert (answer.status_code, codes(answer)) == (409, [(None, "idempotency_key_in_progress")])
    assert int(answer.headers["Retry-After"]) >= 1
    assert signed_in(admin).post(URL, CAMILA, headers=KEY).status_code == 201
    assert Lead.objects.count() == 1


# The process ends at the moment at which its answer would be stored, with the lead already made.
KILLED = """
import os, signal, sys
import django; django.setup()
from django.db.models.signals import pre_save
from brokers.models import User
from crm.models import IdempotencyKey
from leads.models import Lead
from tests.api import signed_in

def end(**_):
    assert Lead.objects.count() == 1
    os.kill(os.getpid(), signal.SIGKILL)

pre_save.connect(end, sender=IdempotencyKey)
body = {"name": "Camila", "phone": "9 8765 4321", "force_new": True}
from crm import rowsecurity
with rowsecurity.across("command"):
    user = User.objects.get(pk=int(sys.argv[1]))
    user.broker
sent = {"Idempotency-Key": "pedido-1", "Host": "localhost"}
signed_in(user).post("/api/v1/leads/", body, headers=sent)
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_between_effect_and_answer_leaves_neither(admin: User) -> None:
    db = connection.settings_dict
    where = f"postgres://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(admin.pk)],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DATABASE_URL": where, "DJANGO_SETTINGS_MODULE": "crm.settings"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert (Lead.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert signed_in(admin).post(URL, CAMILA, headers=KEY).status_code == 201
    assert Lead.objects.count() == 1


def test_what_asks_a_vendor_is_sent_away_meanwhile_and_tried_again_after_its_lease(
    admin: User,
) -> None:
    """The key of a call under way is there before the vendor is asked: a dead process leaves it."""
    template: MessageTemplate = MessageTemplateFactory(broker=admin.broker, channel="whatsapp")
    path, api = f"/api/v1/templates/{template.pk}/submit/", signed_in(admin)
    plain = api.post(path)
    assert plain.status_code == 409
    assert api.post(path, headers=KEY).content == plain.content
    assert IdempotencyKey.objects.count() == 0
    request = api.post(path, headers=KEY).wsgi_request
    request.user, request.data = admin, {}
    IdempotencyKey.objects.create(
        user=admin,
        broker=admin.broker,
        key="pedido-1",
        fingerprint=idempotency.fingerprint(request),
        leased_at=timezone.now(),
    )
    waits = api.post(path, headers=KEY)
    assert (waits.status_code, codes(waits)) == (409, [(None, "idempotency_key_in_progress")])
    IdempotencyKey.objects.update(leased_at=timezone.now() - idempotency.LEASE)
    assert api.post(path, headers=KEY).content == plain.content


# Asked of a row in a state that the generated ones are not in, or of a vendor: they have the same base.
BY_STATE = {
    "conversations/{id}/messages/",
    "knowledge/documents/",
    "knowledge/{id}/retry/",
    "leads/{id}/messages/",
    "appointments/{id}/remind/",
    "auth/me/telegram/",
    "calls/",
    "calls/{id}/hang-up/",
    "leads/{id}/claim/",
    "leads/{id}/conflicts/",
    "leads/{id}/lift-objection/",
    "leads/{id}/lift-suppression/",
    "leads/{id}/refusals/",
    "notifications/{id}/read/",
    "leads/{id}/unmerge/",
    "leads/import/",
    "llm/replays/",
    "llm/replays/{id}/stop/",
    "leads/import/{id}/commit/",
    "leads/import/{id}/retry/",
    "suppressions/import/",
    "templates/{id}/submit/",
    "templates/sync/",
}
SUPERADMINS = {"brokers/"}
# A file with everything about a person is not kept: asked again, it is made again.
STREAMED = {"leads/{id}/personal-data/"}


@pytest.mark.parametrize(
    "route", [r for r in routes() if "post" in r.methods], ids=lambda r: r.path
)
def test_whatever_takes_a_post_takes_a_key_or_is_open_to_anybody(route: Route) -> None:
    assert issubclass(route.view, RepeatableView | PublicView)


def test_every_post_of_the_api_honours_the_key(ask: Ask, schema: Any, rows: Any) -> None:
    """Found in the schema: a new one is covered the day it is written."""
    wrong, refused = {}, set()
    for operation in operations(schema, method="post"):
        place = operation.path.removeprefix("/api/v1/")
        if "Idempotency-Key" not in operation.headers or place in STREAMED:
            continue
        caller = "superadmin" if place in SUPERADMINS else "admin"
        case = first_accepted(operation, rows, ask, caller)
        if case is None:
            refused.add(place)
            continue
        case.headers["Idempotency-Key"] = "una-vez"
        with transaction.atomic():
            first, before = ask.plain(case, caller), count_rows()
            second, after = ask.plain(case, caller), count_rows()
            transaction.set_rollback(True)
        same = (first.status_code, first.content) == (second.status_code, second.content)
        if not same or before != after or "idempotent-replayed" not in second.headers:
            wrong[place] = (first.status_code, second.status_code, first.text, second.text)
    assert wrong == {}
    assert refused - BY_STATE == set()


def test_messages_and_documents_honour_the_key(admin: User, lead: Lead) -> None:
    """What takes either of two things, which no generated request of the schema's hits."""
    api = signed_in(admin)
    ChannelIdentity.objects.create(
        broker=admin.broker, lead=lead, channel="webchat", external_id="visitor"
    )
    asked = {
        f"{URL}{lead.pk}/messages/": {"text": "Hola, soy Berta."},
        "/api/v1/knowledge/documents/": {"title": "Reglamento", "text": "Se admiten mascotas."},
    }
    for number, (path, body) in enumerate(asked.items()):
        key = {"Idempotency-Key": f"pedido-{number}"}
        first, second = (api.post(path, body, headers=key, format="json") for _ in range(2))
        assert (first.status_code, first.content) == (201, second.content), first.content
    assert ChatMessage.objects.filter(lead=lead).count() == 1
    assert KnowledgeDocument.objects.count() == 1
