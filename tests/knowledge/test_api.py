"""The knowledge base through the API."""

from typing import Any

import pytest

from brokers.models import Broker, User
from knowledge import ingestion
from knowledge.models import KnowledgeEntry
from tests.api import codes, signed_in
from tests.factories import KnowledgeEntryFactory

KNOWLEDGE, SEARCH = "/api/v1/knowledge/", "/api/v1/knowledge/search/"
PETS = {
    "title": "Mascotas",
    "content": "El edificio acepta mascotas pequeñas.",
    "source_type": "faq",
}


def test_an_admin_keeps_the_entries(admin: User) -> None:
    client = signed_in(admin)
    made = client.post(KNOWLEDGE, {**PETS, "metadata": {"piso": 3}})
    assert (made.status_code, made.json()["embed_status"]) == (201, "pending")
    url = f"{KNOWLEDGE}{made.json()['id']}/"
    changed = client.patch(url, {"valid_from": "2026-01-01", "valid_until": "2026-12-31"})
    assert (changed.status_code, changed.json()["metadata"]) == (200, {"piso": 3})
    assert client.delete(url).status_code == 204


def test_an_agent_reads_and_searches_but_does_not_write(agent: User) -> None:
    entry = KnowledgeEntryFactory(broker=agent.broker)
    client = signed_in(agent)
    assert client.get(f"{KNOWLEDGE}{entry.pk}/").json()["title"] == entry.title
    assert client.post(KNOWLEDGE, PETS).status_code == 403
    assert client.patch(f"{KNOWLEDGE}{entry.pk}/", PETS).status_code == 403
    assert client.delete(f"{KNOWLEDGE}{entry.pk}/").status_code == 403
    assert client.post(SEARCH, {"q": "mascotas"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"content": " "}, "content"),
        ({"source_type": "rumor"}, "source_type"),
        ({"metadata": []}, "metadata"),
        ({"valid_from": "ayer"}, "valid_from"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "non_field_errors"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused_by_field(
    admin: User, change: dict[str, Any], field: str
) -> None:
    answer = signed_in(admin).post(KNOWLEDGE, {**PETS, **change})
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)


def test_a_question_finds_what_answers_it_in_this_broker_only(
    admin: User, broker: Broker, rival: Broker
) -> None:
    ours = ingestion.upsert(broker, **PETS)
    ingestion.upsert(rival, **PETS)
    client = signed_in(admin)
    asked = client.get(SEARCH, {"q": "¿aceptan mascotas?"})
    posted = client.post(SEARCH, {"q": "¿aceptan mascotas?"})
    assert asked.json() == posted.json()
    assert [(hit["entry_id"], hit["title"]) for hit in asked.json()["results"]] == [
        (ours.pk, "Mascotas")
    ]
    assert asked.json()["count"] == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "x" * 1001}, "q"),
        ({"q": "a", "limit": 0}, "limit"),
        ({"q": "a", "limit": 21}, "limit"),
    ],
)
def test_a_question_that_is_none_is_refused(admin: User, asked: dict[str, Any], field: str) -> None:
    for answer in (signed_in(admin).get(SEARCH, asked), signed_in(admin).post(SEARCH, asked)):
        assert (answer.status_code, codes(answer)[0][0]) == (400, field)


def test_the_superadmin_names_whose_knowledge(superadmin: User, broker: Broker) -> None:
    client = signed_in(superadmin)
    assert codes(client.get(SEARCH, {"q": "mascotas"}))[0][0] == "broker"
    assert client.get(SEARCH, {"q": "mascotas", "broker": broker.pk}).status_code == 200
    made = client.post(KNOWLEDGE, {**PETS, "broker": broker.pk})
    assert KnowledgeEntry.objects.get(pk=made.json()["id"]).broker == broker


def test_a_row_keeps_its_broker(superadmin: User, broker: Broker, rival: Broker) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    signed_in(superadmin).patch(f"{KNOWLEDGE}{entry.pk}/", {"broker": rival.pk})
    entry.refresh_from_db()
    assert entry.broker == broker


def test_a_failed_entry_can_be_tried_again(admin: User, agent: User, rival_admin: User) -> None:
    entry = KnowledgeEntryFactory(broker=admin.broker)
    KnowledgeEntry.objects.filter(pk=entry.pk).update(
        embed_status="failed", embed_attempts=5, embed_error="no_result_after_attempts"
    )
    address = f"/api/v1/knowledge/{entry.pk}/retry/"
    assert signed_in(agent).post(address).status_code == 403
    assert signed_in(rival_admin).post(address).status_code == 404
    answer = signed_in(admin).post(address)
    assert (answer.status_code, answer.json()["embed_status"]) == (200, "pending")
    assert answer.json()["embed_error"] == ""
    assert signed_in(admin).post(address).status_code == 409
