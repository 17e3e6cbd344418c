"""Leads are found by any part of their name, e-mail or phone, however it is spelt."""

import pytest

from brokers.models import Broker, User
from leads import search
from leads.models import Lead
from tests.api import signed_in
from tests.factories import LeadFactory


@pytest.fixture
def begona(broker: Broker) -> Lead:
    LeadFactory(broker=broker, name="Pedro Soto", email="pedro@example.com")
    return LeadFactory(
        broker=broker,
        name="Begoña Núñez",
        email="Bego@Example.com",
        phone="9 8765 4321",
        phone_e164="+56987654321",
    )


@pytest.mark.parametrize(
    "text",
    [
        "begona",
        "NÚÑEZ",
        "nunez bego",
        "+56 9 8765-4321",
        "98765432",
        "4321",
        "8765 4321",
        "bego@example",
    ],
)
def test_however_it_is_spelt(begona: Lead, admin: User, text: str) -> None:
    rows = signed_in(admin).get("/api/v1/leads/", {"search": text}).json()["results"]
    assert [row["name"] for row in rows] == ["Begoña Núñez"]


@pytest.mark.parametrize("text", ["bego_a", "%", "begona soto", "12345"])
def test_signs_of_the_database_are_letters_and_every_term_counts(
    begona: Lead, admin: User, text: str
) -> None:
    assert signed_in(admin).get("/api/v1/leads/", {"search": text}).json()["count"] == 0


def test_a_rivals_lead_is_not_found(begona: Lead, rival_admin: User) -> None:
    assert signed_in(rival_admin).get("/api/v1/leads/?search=begona").json()["count"] == 0


def test_a_phone_is_one_term() -> None:
    assert search.terms("(56) 9 8765-4321") == ["56987654321"]
    assert search.terms("Núñez, José") == ["nunez", "jose"]


def test_a_row_of_the_list_says_the_same_as_the_leads_own_page(begona: Lead, admin: User) -> None:
    client = signed_in(admin)
    [row] = client.get("/api/v1/leads/?search=begona").json()["results"]
    page = client.get(f"/api/v1/leads/{begona.pk}/").json()
    assert row == {name: page[name] for name in row}
    assert len(row) == 27
