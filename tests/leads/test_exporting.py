"""Exports: everything that was asked for, in words, harmless in a spreadsheet, and on record."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from crm import rowsecurity
from leads import editing, exporting, importing
from leads.models import Lead, LeadExport
from tests.api import codes, signed_in, text_of
from tests.factories import LeadFactory

EXPORT = "/api/v1/leads/export/"


def content(answer: Any) -> str:
    assert answer.status_code == 200
    return text_of(answer)


def rows(answer: Any, delimiter: str = ";") -> list[dict[str, str]]:
    text = content(answer).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.fixture
def known(broker: Broker, admin: User, agent: User, at: datetime) -> Lead:
    lead = LeadFactory(
        broker=broker,
        name="Rosa Soto",
        phone="+56987654321",
        email="rosa@example.com",
        assigned_to=agent,
        tags=["vip", "feria"],
        created_at=datetime(2026, 11, 24, 2, 30, tzinfo=UTC),
    )
    told = {
        "location": ["Ñuñoa", "Las Condes"],
        "budget": {"amount": 3500, "currency": "UF"},
        "dicom": "has_debt",
        "bedrooms": 2,
    }
    return editing.edit(lead, changes=told, by=admin, at=at)


def test_a_lead_is_told_in_words_and_in_the_brokers_zone(
    known: Lead, admin: User, agent: User
) -> None:
    (row,) = rows(signed_in(admin).get(EXPORT))
    assert row == row | {
        "N.º": str(known.pk),
        "Nombre": "Rosa Soto",
        "Teléfono": "'+56987654321",
        "Correo": "rosa@example.com",
        "Etapa": "Entrada",
        "Asignado a": agent.email,
        "Comunas": "Ñuñoa, Las Condes",
        "Presupuesto": "UF 3.500",
        "Renta líquida": "",
        "DICOM": "con deuda en DICOM",
        "Dormitorios": "2",
        "Etiquetas": "vip, feria",
        "Creado": "23-11-2026 23:30",
    }


def test_excel_in_spanish_opens_it_as_it_is_and_others_may_choose(known: Lead, admin: User) -> None:
    client = signed_in(admin)
    assert content(client.get(EXPORT)).startswith("\ufeffN.º;Nombre;Teléfono;")
    plain = client.get(f"{EXPORT}?separator=comma&bom=false")
    assert plain.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert content(plain).startswith("N.º,Nombre,Teléfono,")
    assert codes(client.get(f"{EXPORT}?separator=pipe")) == [("separator", "invalid_choice")]


@pytest.mark.parametrize(
    "evil", ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1"]
)
def test_no_cell_is_a_formula(broker: Broker, admin: User, evil: str) -> None:
    LeadFactory(broker=broker, name="Rosa", notes=evil, tags=[evil])
    (row,) = rows(signed_in(admin).get(EXPORT))
    assert (row["Notas"], row["Etiquetas"]) == (f"'{evil}", f"'{evil}")


def test_it_is_filtered_as_the_list_is_and_on_record(
    known: Lead, broker: Broker, admin: User
) -> None:
    LeadFactory(broker=broker, name="Otra")
    LeadFactory(broker=broker, name="Fusionada", tags=["vip"], merged_into=known)
    answer = signed_in(admin).get(f"{EXPORT}?tags=vip&search=Soto")
    assert LeadExport.objects.get().finished_at is None
    assert [row["Nombre"] for row in rows(answer)] == ["Rosa Soto"]
    export = LeadExport.objects.get()
    assert (export.user, export.broker, export.count) == (admin, broker, 1)
    assert export.filters == {"tags": "vip", "search": "Soto"}
    assert export.finished_at is not None


def test_an_export_that_is_broken_off_is_on_record_with_what_left(
    broker: Broker, admin: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 2)
    LeadFactory.create_batch(5, broker=broker)
    answer = signed_in(admin).get(EXPORT)
    with rowsecurity.nobody():  # as the web server does when the request is over
        sent = iter(answer.streaming_content)
        assert [next(sent).count(b"\r\n") for _ in range(3)] == [1, 2, 2]
        for close in answer._resource_closers:  # and when the reader leaves
            close()
    export = LeadExport.objects.get()
    assert (export.count, export.finished_at) == (4, None)


def test_it_costs_the_same_queries_for_ten_leads_and_a_hundred(
    broker: Broker, agent: User, admin: User, django_assert_max_num_queries: Any
) -> None:
    client, counts = signed_in(admin), []
    for _ in range(2):
        LeadFactory.create_batch(40, broker=broker, assigned_to=agent)
        with django_assert_max_num_queries(8) as captured:
            assert len(rows(client.get(EXPORT))) == Lead.objects.count()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_was_exported_is_imported_again_as_it_was(
    known: Lead, broker: Broker, rival: Broker, admin: User, at: datetime
) -> None:
    sent = content(signed_in(admin).get(EXPORT)).encode()
    sent = sent.replace(known.assigned_to.email.encode(), b"")
    job = importing.upload(rival, chunks=[sent], filename="leads.csv", by=None)
    importing.set_columns(job, job.mapping, at=at)
    for step in (importing.commit, None):
        importing.work(job.pk, clock=lambda: at, seconds=60)
        if step:
            step(job, at=at)
    copy = Lead.objects.get(broker=rival)
    told = ("location", "budget", "dicom", "bedrooms")
    assert (copy.name, copy.phone_e164, copy.email) == (known.name, known.phone, known.email)
    assert copy.tags == ["vip", "feria"]
    assert [copy.metadata[name] for name in told] == [known.metadata[name] for name in told]


def test_agents_export_nothing(agent: User, known: Lead, client: Client) -> None:
    assert codes(signed_in(agent).get(EXPORT)) == [(None, "permission_denied")]
    client.force_login(agent)
    listed = reverse("admin:leads_lead_changelist")
    client.post(listed, {"action": "export_chosen", "_selected_action": known.pk})
    assert LeadExport.objects.count() == 0


def test_an_admin_exports_from_the_list_what_it_shows(
    known: Lead, broker: Broker, admin: User, client: Client
) -> None:
    LeadFactory(broker=broker, name="Otra")
    client.force_login(admin)
    answer = client.post(
        f"{reverse('admin:leads_lead_changelist')}?q=Soto",
        {"action": "export_chosen", "_selected_action": known.pk, "select_across": "1"},
    )
    assert [row["Nombre"] for row in rows(answer)] == ["Rosa Soto"]
    assert LeadExport.objects.get().filters == {"q": "Soto"}
    assert (
        "Berta Admin" in client.get(reverse("admin:leads_leadexport_changelist")).content.decode()
    )
