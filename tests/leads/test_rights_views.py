"""Consent, suppression and rights through the API: admins do, agents read, others get nothing."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from leads import suppressing
from leads.models import Consent, Lead, RightsRequest, Suppression
from tests.api import codes, signed_in
from tests.factories import ConversationFactory, SuppressionFactory

pytestmark = pytest.mark.django_db
LISTS = "/api/v1/suppressions/"


@pytest.fixture
def of_lead(lead: Lead) -> Any:
    ConversationFactory(broker=lead.broker, lead=lead)
    return lambda part: f"/api/v1/leads/{lead.pk}/{part}/"


def test_consent_is_recorded_with_who_when_how_and_what_was_shown(of_lead, lead, agent) -> None:
    client = signed_in(agent)
    given = {"purpose": "marketing", "evidence": "Casilla del formulario", "text_shown": "Acepto"}
    assert client.post(of_lead("consents"), given).status_code == 201
    row = client.get(of_lead("consents")).json()["results"][0]
    assert {name: row[name] for name in (*given, "state", "channel", "actor", "by")} == {
        **given, "state": "granted", "channel": "", "actor": "human", "by": agent.pk,
    }  # fmt: skip
    assert codes(client.post(of_lead("consents"), {"purpose": "marketing"})) == [
        ("evidence", "required")
    ]
    assert Consent.objects.count() == 1


def test_only_admins_lift_a_suppression(of_lead, lead, admin, agent) -> None:
    suppressing.put(lead.broker_id, [("", lead.phone_e164)], reason="lista", at=timezone.now())
    why = {"reason": "Error en la lista"}
    assert signed_in(agent).post(of_lead("lift-suppression"), why).status_code == 403
    assert Suppression.objects.count() == 1
    assert codes(signed_in(admin).post(of_lead("lift-suppression"), {})) == [("reason", "required")]
    rows = signed_in(admin).post(of_lead("lift-suppression"), why).json()
    assert [row["reason"] for row in rows if row["reason"] == "suppressed"] == []
    again = signed_in(admin).post(of_lead("lift-suppression"), why)
    assert (again.status_code, codes(again)) == (409, [(None, "not_suppressed")])


@pytest.mark.parametrize("how", ["text", "file"])
def test_a_list_is_taken_in_as_text_or_file(admin, agent, how) -> None:
    content = "+56 9 8765 4321\nmalo\nana@example.com"
    file = SimpleUploadedFile("lista.csv", content.encode())
    body = {"text": content} if how == "text" else {"file": file}
    shape = "json" if how == "text" else "multipart"
    answer = signed_in(admin).post(f"{LISTS}import/", {**body, "reason": "Sernac"}, format=shape)
    assert answer.json() == {
        "accepted": 2, "known": 0, "invalid": 1, "refused": [{"line": 2, "text": "malo"}],
    }  # fmt: skip
    listed = signed_in(admin).get(LISTS).json()["results"]
    assert [row["identifier"] for row in listed] == ["ana@example.com", "+56987654321"]
    assert signed_in(agent).get(LISTS).status_code == 403
    denied = signed_in(agent).post(f"{LISTS}import/", {"text": "x", "reason": "y"})
    assert denied.status_code == 403


def test_one_identifier_is_added_normalised_and_lifted(admin, rival_admin) -> None:
    client = signed_in(admin)
    given = {"identifier": "9 8765 4321", "reason": "Pidió por teléfono"}
    answers = [client.post(LISTS, given) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    row = answers[0].json()
    assert row["identifier"] == "+56987654321"
    assert codes(client.post(LISTS, {**given, "identifier": "hola"})) == [
        ("identifier", "invalid_identifier")
    ]
    lift = f"{LISTS}{row['id']}/lift/"
    assert signed_in(rival_admin).post(lift, {"reason": "x"}).status_code == 404
    assert client.post(lift, {"reason": "Cambió de opinión"}).status_code == 204
    assert client.post(lift, {"reason": "x"}).status_code == 404


def test_the_superadmin_names_the_broker_of_a_list(superadmin, broker) -> None:
    client, body = signed_in(superadmin), {"text": "ana@example.com", "reason": "x"}
    assert client.post(f"{LISTS}import/", body).status_code == 400
    assert client.post(f"{LISTS}import/?broker={broker.pk}", body).json()["accepted"] == 1
    assert Suppression.objects.get().broker == broker


def test_an_admin_downloads_everything_held(of_lead, lead, admin) -> None:
    answer = signed_in(admin).post(of_lead("personal-data"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    pack = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert json.loads(pack.read("datos.json"))["personas"][0]["ficha"]["id"] == lead.pk


def test_a_correction_an_objection_and_its_end(of_lead, lead, admin) -> None:
    client = signed_in(admin)
    told = {"name": "Camila Soto", "metadata": {"bedrooms": 3}, "notes": "por correo"}
    body = client.post(of_lead("rectify"), told).json()
    assert (body["name"], body["metadata"]["bedrooms"], body["notes"]) == ("Camila Soto", 3, "")
    assert codes(client.post(of_lead("rectify"), {"notes": "x"})) == [("metadata", "required")]
    frozen = client.post(of_lead("object-to-scoring"), {}).json()
    assert frozen["score_frozen_at"] is not None
    refused = client.post(of_lead("rescore"))
    assert (refused.status_code, codes(refused)) == (409, [(None, "score_frozen")])
    thawed = client.post(of_lead("lift-objection"), {"reason": "Aceptó"}).json()
    assert thawed["score_frozen_at"] is None
    kinds = RightsRequest.objects.order_by("pk").values_list("kind", "state", "notes")
    assert list(kinds) == [("rectification", "done", "por correo"), ("objection", "done", "")]


def test_an_erasure_needs_the_name_and_answers_with_its_receipt(of_lead, lead, admin) -> None:
    client, name = signed_in(admin), lead.name
    wrong = client.post(of_lead("erase"), {"confirm": "otra"})
    assert codes(wrong) == [("confirm", "not_confirmed")]
    assert Lead.objects.filter(pk=lead.pk).exists()
    done = client.post(of_lead("erase"), {"confirm": f" {name.upper()} "})
    assert (done.status_code, done.json()["state"]) == (200, "done")
    assert "Borrado: leads (1)" in done.json()["receipt_words"]
    assert client.get(of_lead("timeline")).status_code == 404
    listed = client.get("/api/v1/rights/").json()["results"]
    assert [(row["lead"], row["lead_number"]) for row in listed] == [(None, lead.pk)]
    assert Suppression.objects.get().identifier == lead.phone_e164


def test_deleting_a_lead_is_erasing_it(of_lead, lead, admin, agent) -> None:
    url = f"/api/v1/leads/{lead.pk}/"
    assert signed_in(agent).delete(url).status_code == 403
    assert signed_in(admin).delete(url).status_code == 204
    done = RightsRequest.objects.get()
    assert (done.kind, done.asked_by, done.state, done.handled_by) == (
        "erasure", "broker", "done", admin,
    )  # fmt: skip
    assert not Suppression.objects.exists()


ADMINS = (
    "personal-data", "rectify", "object-to-scoring", "lift-objection", "rights", "erase",
    "lift-suppression",
)  # fmt: skip


@pytest.mark.parametrize(("who", "code"), [("agent", 403), ("agent2", 403), ("rival_admin", 404)])
def test_rights_are_an_admins_of_the_same_broker(of_lead, lead, request, who, code) -> None:
    client = signed_in(request.getfixturevalue(who))
    body = {"confirm": lead.name, "reason": "x", "kind": "access", "name": "Otra"}
    answers = {part: client.post(of_lead(part), body).status_code for part in ADMINS}
    assert answers == dict.fromkeys(ADMINS, code)
    assert (Lead.objects.get(pk=lead.pk).name, RightsRequest.objects.count()) == (lead.name, 0)


def test_a_request_is_noted_and_refused_with_a_reason(of_lead, admin, agent) -> None:
    client = signed_in(admin)
    asked = client.post(of_lead("rights"), {"kind": "access"}).json()
    url = f"/api/v1/rights/{asked['id']}/refuse/"
    assert signed_in(agent).post(url, {"reason": "x"}).status_code == 403
    assert client.post(url, {"reason": "Sin identidad"}).json()["state"] == "refused"
    assert client.post(url, {"reason": "x"}).status_code == 409


def test_a_search_finds_an_identifier(admin, broker) -> None:
    SuppressionFactory(broker=broker, identifier="ana@example.com")
    SuppressionFactory(broker=broker)
    found = signed_in(admin).get(f"{LISTS}?search=ana@").json()
    assert found["count"] == 1
