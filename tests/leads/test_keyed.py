"""POST leads/ with an Idempotency-Key: entered once, answered as the first time."""

from datetime import timedelta

import pytest

from leads import keyed
from leads.models import KeyedEntry, Lead
from tests.api import codes, signed_in
from tests.factories import LeadFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
CAMILA = {"name": "Camila", "phone": "9 8765 4321", "force_new": True}
KEY = {"Idempotency-Key": "pedido-1"}
URL = "/api/v1/leads/"


def test_the_same_key_is_one_lead_and_one_answer(admin) -> None:
    api = signed_in(admin)
    first, second = (api.post(URL, CAMILA, headers=KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (first.json()["outcome"], first.json()["warning"]) == ("created", "")
    assert Lead.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(admin) -> None:
    api = signed_in(admin)
    api.post(URL, CAMILA, headers=KEY)
    again = api.post(URL, {**CAMILA, "name": "Otra"}, headers=KEY)
    assert (again.status_code, codes(again)) == (409, [(None, "idempotency_key_reused")])
    assert Lead.objects.count() == 1


def test_a_key_belongs_to_its_person(admin, agent) -> None:
    for user in (admin, agent):
        assert signed_in(user).post(URL, CAMILA, headers=KEY).status_code == 201
    assert Lead.objects.count() == 2


def test_a_refused_entry_leaves_its_key_free(admin, agent, agent2) -> None:
    known = LeadFactory(broker=admin.broker, phone_e164="+56987654321", assigned_to=agent2)
    body = {"name": "Camila", "phone": "987654321"}
    refused = signed_in(agent).post(URL, body, headers=KEY)
    assert (refused.status_code, refused.json()["data"]) == (409, {"owner": "Luis Soto"})
    known.delete()
    assert signed_in(agent).post(URL, body, headers=KEY).status_code == 201


def test_old_keys_are_forgotten(admin, at) -> None:
    signed_in(admin).post(URL, CAMILA, headers=KEY)
    KeyedEntry.objects.update(created_at=at - timedelta(hours=47))
    assert keyed.forget(at=at) == 0
    KeyedEntry.objects.update(created_at=at - timedelta(hours=49))
    assert keyed.forget(at=at) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_is_one_lead(admin) -> None:
    apis = [signed_in(admin) for _ in range(5)]
    got = race(5, lambda n: apis[n].post(URL, CAMILA, headers=KEY))
    assert [each.status_code for each in got] == [201] * 5
    assert len({each.json()["id"] for each in got}) == 1
    assert Lead.objects.count() == 1
