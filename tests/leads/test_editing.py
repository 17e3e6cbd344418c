"""What people change by hand on a lead, through the API."""

from datetime import datetime
from typing import Any

import pytest

from brokers.models import User
from leads import facts
from leads.models import Lead
from tests.api import codes, signed_in
from tests.racing import race


def url(lead: Lead) -> str:
    return f"/api/v1/leads/{lead.pk}/"


def test_an_edit_keeps_a_persons_word_as_a_fact(agent: User, lead: Lead) -> None:
    change = {"name": "Camila Soto", "notes": "Llamar", "metadata": {"dicom": "clean"}}
    answer = signed_in(agent).patch(url(lead), change).json()
    assert (answer["name"], answer["notes"]) == ("Camila Soto", "Llamar")
    assert (answer["metadata"]["dicom"], answer["metadata"]["debt_amount"]) == ("clean", 0)
    said = answer["metadata"]["provenance"]["name"]
    assert (said["by"], said["user"]) == ("person", agent.pk)
    assert answer["version"] > lead.version


def test_an_empty_contact_is_forgotten(agent: User, lead: Lead) -> None:
    answer = signed_in(agent).patch(url(lead), {"phone": "", "email": None}).json()
    assert (answer["phone"], answer["phone_e164"], answer["email"]) == ("", None, None)
    assert "known_phone" not in [line["rule"] for line in answer["score_receipt"]["lines"]]


def test_a_crossing_edit_is_refused_with_the_differences(
    agent: User, admin: User, lead: Lead
) -> None:
    seen = signed_in(agent).get(url(lead)).json()["version"]
    signed_in(admin).patch(url(lead), {"notes": "De Berta", "version": seen})
    answer = signed_in(agent).patch(url(lead), {"notes": "De Ana", "version": seen})
    assert (answer.status_code, codes(answer)) == (409, [(None, "version_conflict")])
    [(field, told)] = answer.json()["data"]["differences"].items()
    assert (field, told["yours"], told["theirs"], told["by"]) == (
        "notes",
        "De Ana",
        "De Berta",
        "Berta Admin",
    )
    assert told["at"] is not None
    lead.refresh_from_db()
    assert lead.notes == "De Berta"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone": "123"}, "phone"),
        ({"name": "hola"}, "name"),
        ({"metadata": {"income": {"amount": 1, "currency": "EUR"}}}, "metadata.income.currency"),
        ({"metadata": {"provenance": {}}}, "metadata.provenance"),
        ({"metadata": {"calificacion": {"outcome": "CALIFICADO"}}}, "metadata.calificacion"),
        ({"version": 0}, "version"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_whole(
    agent: User, lead: Lead, change: dict[str, Any], field: str
) -> None:
    answer = signed_in(agent).patch(url(lead), {"notes": "no queda", **change})
    assert (answer.status_code, codes(answer)[0][0]) == (400, field)
    lead.refresh_from_db()
    assert lead.notes == ""


def test_state_is_not_edited_by_hand(admin: User, lead: Lead) -> None:
    forced = {"pipeline_stage": "ganado", "status": "hot", "lead_score": 99, "broker": 7}
    answer = signed_in(admin).patch(url(lead), forced).json()
    assert (answer["pipeline_stage"], answer["status"], answer["lead_score"]) == (
        "entrada",
        "cold",
        0,
    )


def test_an_admin_deletes_and_an_agent_does_not(agent: User, admin: User, lead: Lead) -> None:
    assert signed_in(agent).delete(url(lead)).status_code == 403
    assert signed_in(admin).delete(url(lead)).status_code == 204
    assert not Lead.objects.exists()


def test_the_entity_tag_stands_for_the_version(agent: User, admin: User, lead: Lead) -> None:
    tag = signed_in(agent).get(url(lead)).headers["ETag"]
    changed = signed_in(admin).patch(
        url(lead), {"tags": ["inversionista"]}, headers={"If-Match": tag}
    )
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)
    late = signed_in(agent).patch(url(lead), {"tags": []}, headers={"If-Match": tag})
    assert (late.status_code, codes(late)) == (409, [(None, "version_conflict")])
    told = late.json()["data"]["differences"]["tags"]
    assert (told["yours"], told["theirs"], told["by"]) == ([], ["inversionista"], "Berta Admin")
    for body in ({"tags": []}, {"tags": [], "version": 1}):
        odd = signed_in(agent).patch(url(lead), body, headers={"If-Match": '"mañana"'})
        assert (odd.status_code, codes(odd)) == (400, [("If-Match", "invalid")])


def test_a_fact_of_the_assistant_is_told_as_such(agent: User, lead: Lead, at: datetime) -> None:
    seen = signed_in(agent).get(url(lead)).json()["version"]
    facts.record(lead, facts.Facts(bedrooms=3), source="assistant", at=at)
    answer = signed_in(agent).patch(url(lead), {"metadata": {"bedrooms": 2}, "version": seen})
    assert answer.json()["data"]["differences"] == {
        "bedrooms": {"yours": 2, "theirs": 3, "by": "assistant", "at": at.isoformat()}
    }
    assert (
        "escribiste «2» y ahora dice «3» (lo registró el asistente"
        in answer.json()["errors"][0]["detail"]
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_the_second_is_told(agent: User, admin: User, lead: Lead) -> None:
    people = [agent, admin]
    clients = [signed_in(person) for person in people]

    def save(number: int) -> Any:
        return clients[number].patch(
            url(lead), {"notes": people[number].name, "version": lead.version}
        )

    answers = race(2, save)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = people[[answer.status_code for answer in answers].index(200)]
    lead.refresh_from_db()
    assert lead.notes == winner.name
    [loser] = [answer for answer in answers if answer.status_code == 409]
    assert loser.json()["data"]["differences"]["notes"]["by"] == winner.name
