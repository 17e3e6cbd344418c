"""The public web form: a stranger may say anything there, and learns and changes nothing."""

import pytest
from django.test import Client

from leads import gate, identity
from leads.models import ActivityLog, Consent, Lead, MergeSuggestion
from tests.factories import LeadFactory, SuppressionFactory

pytestmark = pytest.mark.django_db
FORM = "/forms/andes/"
CAMILA = {
    "name": "camila rojas",
    "phone": "9 8765 4321",
    "email": "Camila@example.com",
    "message": "Busco 2D en Ñuñoa",
    "consent": "on",
}


def test_the_page_keeps_where_the_person_came_from(client: Client, broker) -> None:
    html = client.get(f"{FORM}?utm_campaign=verano&utm_source=ig").content.decode()
    assert 'name="utm_campaign" value="verano"' in html
    assert "Acepto recibir información comercial de Andes Propiedades." in html


def test_a_form_makes_a_lead_with_its_consent_and_origin(client: Client, broker) -> None:
    sent = client.post(
        FORM, {**CAMILA, "utm_campaign": "verano"}, headers={"Referer": "https://a.cl/x"}
    )
    assert (sent.status_code, "Gracias" in sent.content.decode()) == (200, True)
    lead = Lead.objects.get()
    assert (lead.name, lead.phone_e164, lead.email, lead.source, lead.notes) == (
        "Camila Rojas", "+56987654321", "camila@example.com", "form", "Busco 2D en Ñuñoa",
    )  # fmt: skip
    assert lead.metadata["origin"] == {"utm_campaign": "verano", "page": "https://a.cl/x"}
    assert lead.metadata["provenance"]["phone"]["by"] == "lead"
    assert lead.lead_score > 0
    consent = Consent.objects.get()
    assert (consent.state, consent.purpose, consent.channel) == ("granted", "marketing", "")
    assert consent.evidence == (
        "«Acepto recibir información comercial de Andes Propiedades.» https://a.cl/x"
    )


def test_without_the_tick_there_is_no_consent_and_json_works_as_well(
    client: Client, broker
) -> None:
    told = {**CAMILA, "consent": False, "utm_source": "portal"}
    sent = client.post(FORM, told, content_type="application/json")
    assert (sent.status_code, sent.json()) == (201, {"received": True})
    assert Consent.objects.count() == 0
    assert Lead.objects.get().metadata["origin"] == {"utm_source": "portal"}


def test_the_same_form_twice_is_one_lead(client: Client, broker) -> None:
    for _ in range(2):
        client.post(FORM, CAMILA)
    assert Lead.objects.count() == 1
    assert ActivityLog.objects.filter(action_type="form_submitted").count() == 2
    assert Consent.objects.count() == 1


def test_somebody_elses_phone_changes_nothing_of_theirs(client: Client, broker, agent) -> None:
    known = LeadFactory(broker=broker, phone_e164="+56987654321", name="Ana", assigned_to=agent)
    before = Lead.objects.filter(pk=known.pk).values().get()
    client.post(FORM, CAMILA)
    assert Lead.objects.filter(pk=known.pk).values().get() == before
    assert known.activity.count() == 0
    made = Lead.objects.exclude(pk=known.pk).get()
    assert MergeSuggestion.objects.values_list("lead", "other").get() == (made.pk, known.pk)


def test_a_tick_does_not_lift_what_was_asked_before(client: Client, broker, at) -> None:
    SuppressionFactory(broker=broker, identifier="+56987654321")
    client.post(FORM, CAMILA)
    lead = Lead.objects.get()
    assert identity.is_suppressed(lead)
    assert gate.may_contact(lead, "email", "marketing", at).reason == "suppressed"


def test_robots_are_thanked_and_forgotten(client: Client, broker) -> None:
    sent = client.post(FORM, {**CAMILA, "website": "http://spam"})
    assert (sent.status_code, Lead.objects.count()) == (200, 0)


def test_what_does_not_fit_is_told(client: Client, broker) -> None:
    sent = client.post(FORM, {"name": "Camila"})
    assert (sent.status_code, "Déjanos un teléfono o un correo." in sent.content.decode()) == (
        400,
        True,
    )
    sent = client.post(FORM, {"name": "Camila", "email": "no"}, content_type="application/json")
    assert (sent.status_code, sent.json()["errors"][0]["attr"]) == (400, "email")
    sent = client.post(FORM, b"[1]", content_type="application/json")
    assert (sent.status_code, sent.json()["errors"][0]["code"]) == (400, "parse_error")
    for garbage in ({"name": ["x"], "phone": {"a": 1}}, {"name": "a\x00b", "phone": "\x00" * 9}):
        sent = client.post(FORM, garbage, content_type="application/json")
        assert sent.status_code in (201, 400)
    assert client.post("/forms/nadie/", CAMILA).status_code == 404


def test_too_many_from_one_address_wait(client: Client, broker) -> None:
    codes = [client.post(FORM, {**CAMILA, "website": "x"}).status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]


@pytest.mark.parametrize("word", ["no", "No", "0", 0, "off", "false", False, "", None])
def test_a_no_is_no_consent(client: Client, broker, word: object) -> None:
    answer = client.post(FORM, {**CAMILA, "consent": word}, content_type="application/json")
    assert answer.status_code == 201
    assert not Consent.objects.exists()


@pytest.mark.parametrize("word", ["on", "true", True, "1", 1, "sí", "yes"])
def test_a_yes_is_consent(client: Client, broker, word: object) -> None:
    answer = client.post(FORM, {**CAMILA, "consent": word}, content_type="application/json")
    assert (answer.status_code, Consent.objects.count()) == (201, 1)


@pytest.mark.parametrize("word", ["quizás", ["on"], {"a": 1}, 2])
def test_what_is_neither_is_refused(client: Client, broker, word: object) -> None:
    answer = client.post(FORM, {**CAMILA, "consent": word}, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "consent")
    assert not Lead.objects.exists()
