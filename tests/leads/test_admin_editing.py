"""Facts on the lead's page: shown with who said them, edited without losing others' changes."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokers.models import Broker, User
from leads import facts, words
from leads.models import Conversation, Lead
from tests.crm.admin_walk import sent
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def page(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])


def form_of(client: Client, lead: Lead) -> dict[str, Any]:
    return sent(client.get(page(lead)).context["adminform"].form)


@pytest.fixture
def ana(agent: User, client: Client) -> Client:
    client.force_login(agent)
    return client


# --- Facts and the receipt --------------------------------------------------------------------


def test_a_fact_says_who_said_it(ana: Client, lead: Lead) -> None:
    facts.record(lead, facts.Facts(location=["Ñuñoa"]), source="assistant", at=timezone.now())
    shown = {fact.label: fact for fact in ana.get(page(lead)).context["facts"]}
    assert shown["Comunas"].value == "Ñuñoa"
    assert shown["Comunas"].said_by == "lo registró el asistente"


def test_the_receipt_in_words_adds_up_to_its_total(ana: Client, lead: Lead, agent: User) -> None:
    told_facts = facts.Facts(name="Camila Rojas", dicom="clean", timeline={"horizon": "now"})
    facts.record(lead, told_facts, source="person", user=agent, at=timezone.now())
    context = ana.get(page(lead)).context
    points = [
        float(value.replace("+", "").replace("−", "-").replace(",", "."))
        for part in context["receipt"]
        for _, value, _said in part.lines
    ]
    assert round(sum(points), 1) == float(context["receipt_total"].replace(",", "."))
    assert ("Sin deudas en DICOM", "+10", "") in context["receipt"][0].lines


def test_edited_facts_are_a_persons_word(ana: Client, lead: Lead, agent: User) -> None:
    edited = form_of(ana, lead) | {
        "location": "ñuñoa, Macul", "budget_amount": "3.500", "budget_currency": "UF",
        "income_amount": "1.200.000", "dicom": "has_debt", "debt_amount": "300.000",
        "horizon": "now", "notes": "Llamar en la tarde", "tags": "inversionista, pie listo",
    }  # fmt: skip
    assert ana.post(page(lead), edited).status_code == 302
    lead.refresh_from_db()
    assert lead.metadata["location"] == ["Ñuñoa", "Macul"]
    assert lead.metadata["budget"] == {"amount": 3500, "currency": "UF"}
    assert lead.metadata["income"] == {"amount": 1200000, "currency": "CLP"}
    assert (lead.metadata["dicom"], lead.metadata["debt_amount"]) == ("has_debt", 300000)
    assert lead.metadata["timeline"]["horizon"] == "now"
    assert (lead.notes, lead.tags) == ("Llamar en la tarde", ["inversionista", "pie listo"])
    said = lead.metadata["provenance"]["income"]
    assert (said["by"], said["user"]) == ("person", agent.pk)
    assert lead.metadata["calificacion"]["outcome"] == "POTENCIAL"


def test_a_save_without_edits_changes_nothing(ana: Client, lead: Lead) -> None:
    facts.record(
        lead,
        facts.Facts(budget={"amount": 3500.5, "currency": "UF"}, dicom="unknown", debt_amount=0),
        source="assistant",
        at=timezone.now(),
    )
    before = Lead.objects.values().get(pk=lead.pk)
    assert ana.post(page(lead), form_of(ana, lead)).status_code == 302
    assert Lead.objects.values().get(pk=lead.pk) == before


def test_a_new_phone_keeps_its_dialable_form_in_step(ana: Client, lead: Lead) -> None:
    ana.post(page(lead), form_of(ana, lead) | {"phone": "9 8765 4321"})
    lead.refresh_from_db()
    assert lead.phone_e164 == "+56987654321"
    ana.post(page(lead), form_of(ana, lead) | {"phone": ""})
    lead.refresh_from_db()
    assert (lead.phone, lead.phone_e164) == ("", None)


@pytest.mark.parametrize(
    ("field", "value"),
    [("phone", "12"), ("name", "999"), ("location", "Gotham"), ("income_amount", "mucho")],
)
def test_nonsense_is_refused_at_its_field(ana: Client, lead: Lead, field: str, value: str) -> None:
    response = ana.post(page(lead), form_of(ana, lead) | {field: value})
    assert list(response.context["adminform"].form.errors) == [field]


def test_a_save_never_overwrites_what_the_assistant_learnt_meanwhile(
    ana: Client, lead: Lead
) -> None:
    opened = form_of(ana, lead)
    learnt = facts.Facts(location=["Macul"], dicom="clean")
    facts.record(lead, learnt, source="assistant", at=timezone.now())
    assert ana.post(page(lead), opened | {"notes": "Nueva nota"}).status_code == 302
    lead.refresh_from_db()
    assert (lead.notes, lead.metadata["location"], lead.metadata["dicom"]) == (
        "Nueva nota",
        ["Macul"],
        "clean",
    )


def test_a_field_that_changed_meanwhile_is_refused_and_says_how(ana: Client, lead: Lead) -> None:
    opened = form_of(ana, lead)
    facts.record(lead, facts.Facts(location=["Macul"]), source="assistant", at=timezone.now())
    response = ana.post(page(lead), opened | {"location": "Ñuñoa"})
    [error] = response.context["adminform"].form.non_field_errors()
    assert "Comunas: escribiste «Ñuñoa» y ahora dice «Macul» (lo registró el asistente, " in error
    lead.refresh_from_db()
    assert lead.metadata["location"] == ["Macul"]


# --- Adding -----------------------------------------------------------------------------------


def new(**fields: Any) -> dict[str, Any]:
    blank = {"name": "Pedro Soto", "phone": "+56 9 6123 4567", "email": "", "notes": "", "tags": ""}
    return {**blank, "source": "person", "assigned_to": "", **fields}


def test_a_lead_entered_by_hand_gets_its_conversation_and_its_score(
    ana: Client, broker: Broker, agent: User
) -> None:
    ana.post(reverse("admin:leads_lead_add"), new(assigned_to=agent.pk))
    made = Lead.objects.get(name="Pedro Soto")
    assert (made.broker, made.phone_e164, made.assigned_to) == (broker, "+56961234567", agent)
    assert Conversation.objects.filter(lead=made).exists()
    assert made.lead_score > 0


def test_a_known_phone_is_not_entered_twice_unless_one_insists(ana: Client, lead: Lead) -> None:
    url = reverse("admin:leads_lead_add")
    response = ana.post(url, new(phone=lead.phone))
    assert f"Ya existe un lead con este teléfono o correo: {lead} (n.º {lead.pk})." in (
        response.context["adminform"].form.non_field_errors()
    )
    assert ana.post(url, new(phone=lead.phone, force_new="on")).status_code == 302
    assert Lead.objects.count() == 2


def test_a_colleagues_lead_is_named_by_its_owner_only(
    ana: Client, broker: Broker, agent2: User
) -> None:
    hidden = LeadFactory(broker=broker, assigned_to=agent2, name="Reservada Pérez")
    response = ana.post(reverse("admin:leads_lead_add"), new(phone=hidden.phone))
    assert response.context["adminform"].form.non_field_errors() == [
        "Este contacto ya lo atiende Luis Soto."
    ]
    assert "Reservada Pérez" not in response.content.decode()


# --- What was said against a person's word ------------------------------------------------------


def contradicted(lead: Lead, by: User) -> Lead:
    now = timezone.now()
    facts.record(lead, facts.Facts(bedrooms=2), source="person", user=by, at=now)
    facts.record(lead, facts.Facts(bedrooms=3), source="lead", at=now)
    return lead


@pytest.mark.parametrize(("accept", "stands"), [("1", 3), ("0", 2)])
def test_a_contradiction_is_decided_by_one_click(
    ana: Client, lead: Lead, agent: User, accept: str, stands: int
) -> None:
    contradicted(lead, agent)
    shown = ana.get(page(lead))
    assert "está registrado «2», pero después se dijo «3»" in shown.content.decode()
    [conflict] = shown.context["conflicts"]
    data = {"fact": "bedrooms", "said_at": conflict.told.at, "accept": accept}
    assert ana.post(reverse("admin:leads_lead_settle", args=[lead.pk]), data).status_code == 302
    lead.refresh_from_db()
    assert (lead.metadata["bedrooms"], "conflicts" in lead.metadata) == (stands, False)
    assert ana.get(page(lead)).context["conflicts"] == []


def test_the_list_finds_leads_in_conflict(ana: Client, lead: Lead, agent: User) -> None:
    calm = LeadFactory(broker=lead.broker, assigned_to=agent)
    contradicted(lead, agent)
    found = ana.get(reverse("admin:leads_lead_changelist"), {"atencion": "conflicto"})
    assert list(found.context["cl"].queryset) == [lead]
    assert calm not in found.context["cl"].queryset


def test_the_page_shows_the_score_over_time(ana: Client, lead: Lead, agent: User) -> None:
    assert ana.get(page(lead)).context["history"] is None
    facts.record(lead, facts.Facts(dicom="clean"), source="person", user=agent, at=timezone.now())
    facts.record(
        lead,
        facts.Facts(bedrooms=2, asked_financing=True),
        source="person",
        user=agent,
        at=timezone.now(),
    )
    history = ana.get(page(lead)).context["history"]
    assert len(history.points.split()) == 2
    assert history.highest == words.points(Lead.objects.get(pk=lead.pk).lead_score)


def test_the_metrics_page_says_when_there_is_nothing_to_measure(ana: Client, lead: Lead) -> None:
    address = reverse("admin:leads_lead_metrics")
    assert ana.get(address).context["metrics"].total == 1
    nothing = ana.get(address, {"since": "2001-01-01", "until": "2001-01-02"})
    assert "No hay leads que medir" in nothing.content.decode()
