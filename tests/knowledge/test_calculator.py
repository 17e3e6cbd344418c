"""The public calculator: a stranger gets an orientation, and becomes a lead by leaving their data."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from brokers.models import Broker
from knowledge import affordability, calculator
from knowledge.calculator import MeansForm
from knowledge.models import Figure
from leads.models import ActivityLog, Consent, Lead
from llm.guards.credit import promises_credit
from tests.factories import FigureFactory, LeadFactory
from tests.knowledge.test_affordability import VALUES

pytestmark = pytest.mark.django_db
PAGE = "/calcular/andes/"
MEANS = {"income": "1.600.000", "dicom": "clean"}
CAMILA = {
    **MEANS,
    "contact": "1",
    "name": "camila rojas",
    "phone": "9 8765 4321",
    "email": "",
    "message": "Algo en Ñuñoa",
    "consent": "on",
}


@pytest.fixture(autouse=True)
def published(broker: Broker) -> None:
    Figure.objects.all().delete()
    for kind, (low, high) in VALUES.items():
        FigureFactory(broker=broker, kind=kind, low=low, high=high, as_of=timezone.localdate())


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_it_asks_for_the_means_and_may_stand_in_a_frame(client: Client) -> None:
    answer = client.get(f"{PAGE}?utm_source=ig")
    text = text_of(answer)
    assert answer.status_code == 200
    assert "X-Frame-Options" not in answer
    assert 'name="utm_source" value="ig"' in text
    assert "no es una evaluación ni una oferta de crédito" in text
    assert answer.headers["Content-Language"] == "es"
    assert answer.headers["Cache-Control"].startswith("max-age=0")


def test_it_answers_in_uf_and_pesos_with_the_dividend_and_what_it_rests_on(client: Client) -> None:
    text = text_of(client.post(PAGE, MEANS))
    assert "UF 1.890 a UF 2.610" in text
    assert "$75.600.000 a $104.400.000" in text
    assert "<dd>$400.000</dd>" in text
    assert "UF (pesos): $40.000. Banco Central, " in text
    assert "DS1 tramo 3" in text
    assert "desactualizado" not in text
    assert Lead.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"income": "1,6 millones"}, "UF 1.890 a UF 2.610"),
        ({"income": "UF 40"}, "UF 1.890 a UF 2.610"),
        ({"income": "1 600 000"}, "UF 1.890 a UF 2.610"),
        ({"income": "$ 1\u00a0600\u202f000.-"}, "UF 1.890 a UF 2.610"),
        ({"down_payment": "8 000 000"}, '<p class="range">UF 1.000</p>'),
        ({"income": "1.000.000", "second_income": "600.000"}, "UF 1.890 a UF 2.610"),
        ({"down_payment": "UF 200"}, '<p class="range">UF 1.000</p>'),
        ({"down_payment": "200"}, '<p class="range">UF 1.000</p>'),
        ({"down_payment": "8.000.000"}, '<p class="range">UF 1.000</p>'),
    ],
)
def test_amounts_are_read_as_chileans_write_them(
    given: dict[str, str], expected: str, client: Client
) -> None:
    assert expected in text_of(client.post(PAGE, MEANS | given))


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"income": ""}, "Completa este dato"),
        ({"income": "harto"}, "Escribe un monto"),
        ({"income": "1.200"}, "Escribe la renta completa en pesos"),
        ({"income": "99.999.999.999"}, "lo más que se calcula es $200.000.000"),
        ({"income": "UF 5.001"}, "lo más que se calcula es UF 5.000"),
        ({"debts": "200.000.001"}, "lo más que se calcula es $200.000.000"),
        ({"second_income": "-1"}, "El monto no puede ser negativo"),
        ({"down_payment": "UF 999999999"}, "lo más que se calcula es UF 200.000"),
        ({"down_payment": "9.000.000.000"}, "lo más que se calcula es $8.000.000.000"),
        ({"down_payment": "-1"}, "El monto no puede ser negativo"),
        ({"down_payment": "UF −300"}, "El monto no puede ser negativo"),
        ({"debts": "$ -5.000"}, "El monto no puede ser negativo"),
        ({"income": "1 200 0"}, "Escribe un monto"),
        ({"income": "1 200 000 5"}, "Escribe un monto"),
        ({"income": "US$ 3000"}, "Escribe un monto"),
        ({"debts": "x"}, "Escribe un monto"),
        ({"dicom": "quizás"}, "Elige una de las opciones"),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field(
    given: dict[str, str], refusal: str, client: Client
) -> None:
    answer = client.post(PAGE, MEANS | given)
    assert answer.status_code == 400
    assert refusal in text_of(answer)


@pytest.mark.parametrize("name", ["income", "second_income", "debts"])
def test_every_amount_has_bounds_in_both_currencies(name: str) -> None:
    for currency, most in affordability.MOST_A_MONTH.items():
        for amount, fits in ((most, True), (most + 1, False)):
            form = MeansForm({**MEANS, name: f"{'UF ' if currency == 'UF' else '$'}{amount}"})
            assert (name not in form.errors) is fits


def test_a_debtor_sees_no_amount_and_no_word_of_approval(client: Client) -> None:
    text = text_of(client.post(PAGE, MEANS | {"dicom": "has_debt", "income": "9.000.000"}))
    assert "regularizarla" in text
    assert 'class="range"' not in text
    assert "Dividendo mensual" not in text
    assert "aprob" not in text.lower()
    assert not promises_credit(text)


def test_old_figures_are_told_on_the_page(client: Client) -> None:
    Figure.objects.filter(kind="rate").update(as_of=date.today() - timedelta(days=100))
    text = text_of(client.post(PAGE, MEANS))
    assert "Algunos valores están desactualizados" in text
    assert text.count('<span class="old">(desactualizado)</span>') == 1


def test_without_figures_it_says_so_and_still_takes_the_contact(client: Client) -> None:
    Figure.objects.all().delete()
    text = text_of(client.post(PAGE, MEANS))
    assert "Todavía no hay valores publicados" in text
    assert 'name="phone"' in text


# --- The lead ---------------------------------------------------------------------------------


def test_who_leaves_their_data_becomes_a_lead_with_what_they_said_as_facts(
    client: Client, broker: Broker
) -> None:
    sent = CAMILA | {"second_income": "400.000", "down_payment": "UF 500", "utm_source": "ig"}
    answer = client.post(PAGE, sent)
    assert (answer.status_code, "recibimos tus datos" in text_of(answer)) == (200, True)
    lead = Lead.objects.get()
    assert (lead.name, lead.phone_e164, lead.source) == ("Camila Rojas", "+56987654321", "form")
    assert lead.metadata["income"] == {"amount": 2_000_000, "currency": "CLP"}
    assert (lead.metadata["dicom"], lead.metadata["asked_financing"]) == ("clean", True)
    assert lead.metadata["provenance"]["income"]["by"] == "lead"
    assert lead.metadata["calificacion"]["outcome"] == "CALIFICADO"
    assert lead.metadata["origin"]["utm_source"] == "ig"
    assert lead.notes.startswith("Algo en Ñuñoa")
    assert "Orientación: UF 2.390 a UF 2.500" in lead.notes
    assert Consent.objects.get().lead == lead
    assert ActivityLog.objects.filter(lead=lead, action_type="facts_recorded").count() == 1


def test_a_debtors_lead_is_kept_with_no_range(client: Client) -> None:
    client.post(PAGE, CAMILA | {"dicom": "has_debt"})
    lead = Lead.objects.get()
    assert lead.metadata["dicom"] == "has_debt"
    assert "Orientación" not in lead.notes


def test_the_same_form_again_is_the_same_lead_and_leaves_its_facts(client: Client) -> None:
    client.post(PAGE, CAMILA)
    client.post(PAGE, CAMILA | {"income": "9.000.000"})
    lead = Lead.objects.get()
    assert lead.metadata["income"]["amount"] == 1_600_000


def test_what_is_typed_never_reaches_a_lead_who_is_known_otherwise(
    client: Client, broker: Broker
) -> None:
    known = LeadFactory(broker=broker, phone="+56987654321", metadata={"income": None})
    client.post(PAGE, CAMILA)
    known.refresh_from_db()
    assert known.metadata == {"income": None}
    assert Lead.objects.count() == 2


def test_contact_data_that_lack_come_back_with_the_orientation(client: Client) -> None:
    answer = client.post(PAGE, CAMILA | {"phone": ""})
    text = text_of(answer)
    assert answer.status_code == 400
    assert "Déjanos un teléfono o un correo" in text
    assert "UF 1.890 a UF 2.610" in text
    assert '<input type="hidden" name="income" value="1.600.000">' in text
    assert Lead.objects.count() == 0


def test_a_robot_is_thanked_and_nothing_is_kept(client: Client) -> None:
    answer = client.post(PAGE, CAMILA | {"website": "http://spam"})
    assert (answer.status_code, Lead.objects.count()) == (200, 0)


# --- The door ---------------------------------------------------------------------------------


def test_only_active_brokerages_have_one(client: Client, broker: Broker) -> None:
    assert client.get("/calcular/nadie/").status_code == 404
    Broker.objects.filter(pk=broker.pk).update(is_active=False)
    assert client.get(PAGE).status_code == 404


def test_who_sends_too_much_is_asked_to_wait(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(calculator, "SUMS", 2)
    answers = [client.post(PAGE, MEANS).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    refused = client.post(PAGE, MEANS)
    assert refused.headers["Retry-After"] == "60"
    assert "Espera un momento" in text_of(refused)


@override_settings(PROXY_COUNT=1)
def test_limits_count_each_address_alone(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(calculator, "SUMS", 1)
    for address in ("203.0.113.1", "203.0.113.2"):
        assert client.post(PAGE, MEANS, headers={"X-Forwarded-For": address}).status_code == 200


def test_a_brokerage_that_speaks_english_is_answered_in_it(client: Client, broker: Broker) -> None:
    Broker.objects.filter(pk=broker.pk).update(language="en")
    answer = client.post(PAGE, MEANS)
    assert answer.headers["Content-Language"] == "en"
    assert "What could I look for?" in text_of(answer)
