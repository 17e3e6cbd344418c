"""What people change by hand on a lead, through the API."""

from typing import Any

import pytest

from brokers.models import User
from leads.models import Lead
from tests.api import codes, signed_in


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
    assert answer.json()["data"]["differences"] == {
        "notes": {"yours": "De Ana", "theirs": "De Berta"}
    }
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
