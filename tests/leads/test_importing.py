"""Imports: what comes out of the files that spreadsheets make, once, whoever works on it."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import AssignmentMode, Broker, User
from crm.errors import DomainError
from leads import editing, importing
from leads.models import (
    ActivityLog,
    ImportState,
    Lead,
    LeadAlert,
    LeadImport,
    LeadImportPart,
    LeadImportRow,
    Suppression,
)
from tests.api import codes, signed_in, text_of
from tests.factories import LeadFactory
from tests.racing import race

IMPORTS = "/api/v1/leads/import/"
PLAIN = (
    "Nombre;Teléfono;Correo\nRosa Soto;9 8765 4321;rosa@example.com\nLuis Vera;;luis@example.com\n"
)


def uploaded(broker: Broker, text: str | bytes, *, by: Any = None, **options: Any) -> LeadImport:
    content = text.encode() if isinstance(text, str) else text
    chunks = [content[start : start + 7] for start in range(0, len(content), 7)]
    return importing.upload(broker, chunks=chunks, filename="leads.csv", by=by, **options)


def run(job: LeadImport, at: datetime) -> LeadImport:
    """Whatever a worker would do of it now."""
    importing.work(job.pk, clock=lambda: at, seconds=60)
    job.refresh_from_db()
    return job


def checked(job: LeadImport, at: datetime, mapping: list[str] | None = None) -> LeadImport:
    return run(importing.set_columns(job, mapping or job.mapping, at=at), at)


def imported(broker: Broker, text: str | bytes, at: datetime, **options: Any) -> LeadImport:
    job = checked(uploaded(broker, text, **options), at)
    assert job.state == ImportState.READY, job.error
    return run(importing.commit(job, at=at), at)


def verdicts(job: LeadImport) -> list[tuple[int, str]]:
    return list(job.rows.order_by("number").values_list("number", "verdict"))


def problems(job: LeadImport) -> list[list[str]]:
    return [problem for row in job.rows.order_by("number") for problem in row.problems]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("cp1252", ";"),
        ("utf-8", ","),
        ("utf-8-sig", ";"),
        ("utf-16", "\t"),
        ("utf-16-le", ";"),
        ("utf-8", "|"),
    ],
)
def test_whatever_excel_makes_is_read_the_same(
    broker: Broker, at: datetime, encoding: str, delimiter: str
) -> None:
    text = "Nombre;Teléfono;Comuna\r\nMaría Ñíguez;987654321;Ñuñoa\r\n;;\r\nJosé Peña;+56 2 2345 6789;Maipú\r\n"
    job = imported(broker, text.replace(";", delimiter).encode(encoding), at)
    assert verdicts(job) == [(2, "created"), (4, "created")]
    told = [
        (lead.name, lead.phone_e164, lead.metadata["location"])
        for lead in Lead.objects.order_by("id")
    ]
    assert told == [
        ("María Ñíguez", "+56987654321", ["Ñuñoa"]),
        ("José Peña", "+56223456789", ["Maipú"]),
    ]


def test_ugly_files_are_read_as_people_meant_them(broker: Broker, at: datetime) -> None:
    text = (
        "sep=;\r\n"
        "Reporte de clientes;;;;;;\r\n"
        "\r\n"
        "Nombre;Apellido Paterno;Celular;Celular;Comentarios;Observaciones;;\r\n"
        '  rosa ;SOTO;"=""+56987654321""";;"Quiere ""terraza""\r\ny bodega";con mascota;x\r\n'
        "Luis;Vera;'987654322;;;;\r\n"
        "Total;2;;;;;\r\n"
    )
    job = uploaded(broker, text)
    assert job.header == [
        "Nombre", "Apellido Paterno", "Celular", "Celular", "Comentarios", "Observaciones",
    ]  # fmt: skip
    assert job.mapping == ["name", "name", "phone", "", "notes", "notes"]
    job = run(importing.commit(checked(job, at), at=at), at)
    assert verdicts(job) == [(5, "refused"), (6, "created"), (7, "refused")]
    assert problems(job) == [["", "too_many_cells"], ["", "no_contact"]]
    assert Lead.objects.get().phone_e164 == "+56987654322"


def test_a_row_is_understood_with_all_it_tells(broker: Broker, agent: User, at: datetime) -> None:
    header = "Nombre;Apellido;Fono;E-mail;Comunas;Presupuesto UF;Renta;DICOM;Plazo;Tipo;Dorms;Notas;Tags;Origen;Ejecutivo"
    row = (
        f"ANA;DÍAZ;09 8765 4321;ANA@Example.com;nunoa y Las Condes;3.500;$1.200.000;No;3 meses;"
        f"Departamento;2D;Llamar tarde;vip, feria;Portal Inmobiliario;{agent.email.upper()}"
    )
    job = imported(broker, f"{header}\n{row}\n", at, tags=["2026"])
    lead = Lead.objects.get()
    assert problems(job) == []
    assert (lead.name, lead.phone, lead.email) == ("Ana Díaz", "+56987654321", "ana@example.com")
    assert (lead.notes, lead.tags) == (
        "Llamar tarde",
        ["2026", "vip", "feria", "Portal Inmobiliario"],
    )
    assert (lead.source, lead.assigned_to, lead.pipeline_stage) == ("import", agent, "entrada")
    facts = ("location", "budget", "income", "dicom", "timeline", "property_type", "bedrooms")
    assert [lead.metadata[name] for name in facts] == [
        ["Ñuñoa", "Las Condes"],
        {"amount": 3500, "currency": "UF"},
        {"amount": 1200000, "currency": "CLP"},
        "clean",
        {"horizon": "within_90_days", "text": "3 meses"},
        "Departamento",
        2,
    ]
    assert {said["by"] for said in lead.metadata["provenance"].values()} == {"import"}
    assert set(lead.metadata["provenance"]) >= {"name", "phone", "email", "budget"}
    assert lead.metadata["calificacion"]["outcome"] == "CALIFICADO"
    assert lead.conversation.holder == "assistant"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("Ana;;;;", ["", "no_contact"]),
        ("Ana;12345;;;", ["Teléfono", "not_dialable"]),
        ("Ana;5,69877E+10;;;", ["Teléfono", "excel_number"]),
        ("Ana;sin fono;ana@example.com;;", ["Teléfono", "not_dialable"]),
        ("Ana;987654321;ana@@x;;", ["Correo", "not_an_email"]),
        ("Ana;987654321;;;nadie@example.com", ["Ejecutivo", "unknown_agent"]),
        ("Ana;987654321;;;;;de más", ["", "too_many_cells"]),
        ("An\ufffd;987654321;;;", ["Nombre", "encoding"]),
        (f"{'x' * 10_001};987654321;;;", ["Nombre", "too_long"]),
        ("=1+1;;;;", ["", "no_contact"]),
    ],
)
def test_a_row_that_cannot_be_a_lead_is_refused_with_its_column_and_reason(
    broker: Broker, at: datetime, row: str, problem: list[str]
) -> None:
    job = imported(broker, f"Nombre;Teléfono;Correo;Presupuesto;Ejecutivo\n{row}\n", at)
    assert verdicts(job) == [(2, "refused")]
    assert problem in problems(job)
    assert Lead.objects.count() == 0


def test_a_fact_that_makes_no_sense_is_left_out_and_told(broker: Broker, at: datetime) -> None:
    text = "Nombre;Fono;Comuna;Presupuesto;Renta;DICOM;Plazo;Dorms\n123;987654321;Narnia;-5;40;quizás;nunca;muchos\n"
    job = imported(broker, text, at)
    assert verdicts(job) == [(2, "created")]
    assert problems(job) == [
        ["Nombre", "not_a_name"],
        ["Comuna", "not_a_comuna"],
        ["Presupuesto", "not_an_amount"],
        ["Renta", "not_an_amount"],
        ["DICOM", "not_understood"],
        ["Plazo", "not_understood"],
        ["Dorms", "not_understood"],
    ]


def test_the_same_file_again_imports_nothing(broker: Broker, admin: User, at: datetime) -> None:
    text = "Nombre;Fono;Correo;Presupuesto;Etiquetas\nRosa;987654321;;UF 3.000;vip\nLuis Vera;;luis@example.com;;\n"
    imported(broker, text, at, by=admin, tags=["feria"])
    before = list(Lead.objects.order_by("id").values())
    events = ActivityLog.objects.count()
    again = imported(broker, text, at + timedelta(hours=1), by=admin, tags=["feria"])
    assert again.counts == {"matched": 2}
    assert list(Lead.objects.order_by("id").values()) == before
    assert ActivityLog.objects.count() == events


def test_rows_that_repeat_each_other_make_one_lead(broker: Broker, at: datetime) -> None:
    text = PLAIN + "Rosa de nuevo;+56987654321;otra@example.com\nLuis;987650000;LUIS@example.com\n"
    job = imported(broker, text, at)
    assert verdicts(job) == [(2, "created"), (3, "created"), (4, "duplicate"), (5, "duplicate")]
    assert problems(job) == [["", "duplicate:2"], ["", "duplicate:3"]]
    assert Lead.objects.count() == 2


def test_a_known_lead_gets_what_was_missing_and_keeps_what_people_said(
    broker: Broker, admin: User, agent: User, at: datetime
) -> None:
    lead = LeadFactory(broker=broker, phone="+56987654321", name="Rosa Soto", notes="Ya llamé")
    editing.edit(lead, changes={"location": ["Ñuñoa"]}, by=admin, at=at)
    text = "Nombre;Fono;Correo;Comuna;Renta;Notas\nOtra Persona;987654321;rosa@example.com;Maipú;900.000;nuevas\n"
    job = imported(broker, text, at, by=admin, assigned_to=agent)
    lead.refresh_from_db()
    assert (job.counts, job.rows.get().lead) == ({"matched": 1}, lead)
    assert (lead.name, lead.email, lead.notes) == ("Rosa Soto", "rosa@example.com", "Ya llamé")
    assert lead.metadata["location"] == ["Ñuñoa"]
    assert lead.metadata["income"] == {"amount": 900000, "currency": "CLP"}
    assert lead.assigned_to == agent


def test_whom_we_must_not_contact_is_told_and_not_made_again(broker: Broker, at: datetime) -> None:
    Suppression.objects.create(broker=broker, identifier="+56987654321")
    job = imported(broker, PLAIN, at)
    assert verdicts(job) == [(2, "suppressed"), (3, "created")]
    assert Lead.objects.get().email == "luis@example.com"


def test_new_leads_are_shared_out_as_one_by_one(
    broker: Broker, agent: User, agent2: User, at: datetime
) -> None:
    broker.brokerleadconfig.assignment_mode = AssignmentMode.ROUND_ROBIN
    broker.brokerleadconfig.save()
    User.objects.filter(pk__in=[agent.pk, agent2.pk]).update(assignment_priority=1)
    LeadFactory.create_batch(2, broker=broker, assigned_to=agent)
    imported(broker, "Fono\n" + "".join(f"98765432{n}\n" for n in range(6)), at)
    given = list(Lead.objects.order_by("id").values_list("assigned_to", flat=True))[2:]
    assert sorted(given) == sorted([*[agent.pk] * 2, *[agent2.pk] * 4])


def test_a_score_is_right_at_once_and_tells_nobody(broker: Broker, at: datetime) -> None:
    broker.brokerleadconfig.alert_score_threshold = 10
    broker.brokerleadconfig.save()
    text = "Nombre;Fono;Correo;Renta;Plazo;DICOM\nRosa Soto;987654321;rosa@example.com;4.500.000;ahora;No\n"
    imported(broker, text, at)
    lead = Lead.objects.get()
    receipt = ActivityLog.objects.get(lead=lead, action_type="score_changed").details
    assert (lead.lead_score, receipt["total"], receipt["bulk"]) == (45.5, 45.5, True)
    assert lead.status == "warm"
    assert LeadAlert.objects.count() == 0


def test_who_does_not_qualify_waits_for_a_persons_decision(broker: Broker, at: datetime) -> None:
    imported(broker, "Fono;Renta\n987654321;$ 200.000\n", at)
    lead = Lead.objects.get()
    assert lead.treatment_type == "manual_follow_up"
    assert lead.conversation.waiting_reason == "not_qualified"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\r\n;;\r\n", "empty"),
        (b"Nombre;Fono\r\n", "empty"),
        (b"PK\x03\x04hoja", "not_csv"),
        (b"\x00\x01\x02\x03" * 50, "not_csv"),
        (b"Rosa;987654321\nLuis;987654322\n", "no_titles"),
        (b'Nombre;Fono\r\n"Rosa;987654321\r\n', "bad_quotes"),
        (b'"Nombre;Fono\r\nRosa;987654321\r\n', "bad_quotes"),
        (";".join(map(str, range(201))).encode() + b"\n1;2\n", "too_many_columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_once(
    broker: Broker, content: bytes, code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        uploaded(broker, content)
    assert refusal.value.code == code
    assert LeadImport.objects.count() == 0


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ("x" * 500_000 + ";987654322", "La fila 3 tiene una celda de más de 100.000 letras"),
        (f'"{"x" * 500_000}";987654322', "La fila 3 tiene una celda de más de 100.000 letras"),
        ('"Luis;987654322', "En la fila 3 se abren comillas que no se cierran."),
        ('"Luis;987654322' + "\nAna;987654323" * 20_000, "En la fila 3 se abren comillas"),
    ],
    ids=["long", "long in quotes", "open quotes", "open quotes of a long file"],
)
def test_what_keeps_a_row_from_being_read_is_told_with_its_number(
    broker: Broker, row: str, refusal: str
) -> None:
    with pytest.raises(DomainError) as refused:
        uploaded(broker, f"Nombre;Fono\nRosa;987654321\n{row}\n")
    assert refusal in str(refused.value)


def test_quotes_that_are_closed_are_read_to_the_files_last_letter(broker: Broker) -> None:
    for content in ('Nombre;Fono\nRosa;"987654321"', 'Nombre;Fono\nRosa;"9876\n54321"\n'):
        assert uploaded(broker, content).header == ["Nombre", "Fono"]


def test_a_file_over_the_limit_is_refused(broker: Broker, monkeypatch: Any) -> None:
    monkeypatch.setattr(importing, "MAX_BYTES", 20)
    with pytest.raises(DomainError) as refusal:
        uploaded(broker, PLAIN)
    assert refusal.value.code == "too_large"


def test_an_import_of_many_parts_and_chunks_is_one(
    broker: Broker, at: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setattr(importing, "PART_BYTES", 11)
    monkeypatch.setattr(importing, "CHUNK", 3)
    rows = "".join(f'"Peña\nÑuñoa {n}";98765{n:04d}\n' for n in range(20))
    job = imported(broker, f"Nombre;Fono\n{rows}", at)
    assert (job.counts, job.done, job.total) == ({"created": 20}, 20, 20)
    assert LeadImportPart.objects.count() == 0


def test_a_killed_workers_import_is_gone_on_with_and_nothing_comes_twice(
    broker: Broker, at: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    job = uploaded(broker, "Fono\n" + "".join(f"98765432{n}\n" for n in range(7)))
    importing.set_columns(job, job.mapping, at=at)
    for phase in (ImportState.READY, ImportState.DONE):
        _die_in_the_second_chunk(job, at, monkeypatch)
        assert importing.due(at=at) == []
        later = at + timedelta(minutes=3)
        assert importing.due(at=later) == [job.pk]
        assert run(job, later).state == phase
        if phase == ImportState.READY:
            importing.commit(job, at=at)
    assert job.counts == {"created": 7}
    assert Lead.objects.count() == 7


def _die_in_the_second_chunk(job: LeadImport, at: datetime, monkeypatch: Any) -> None:
    left = 2

    def clock() -> datetime:
        nonlocal left
        left -= 1
        if left < -1:
            raise KeyboardInterrupt
        return at

    with pytest.raises(KeyboardInterrupt):
        importing.work(job.pk, clock=clock, seconds=60)


def test_an_import_that_fails_each_time_gives_up_and_can_be_retried(
    broker: Broker, at: datetime
) -> None:
    job = uploaded(broker, PLAIN)
    importing.set_columns(job, job.mapping, at=at)
    LeadImport.objects.filter(pk=job.pk).update(attempts=importing.MAX_ATTEMPTS)
    assert run(job, at).state == ImportState.FAILED
    assert run(importing.retry(job, at=at), at).state == ImportState.READY


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_no_duplicates(broker: Broker, at: datetime) -> None:
    text = "Fono;Correo\n" + "".join(f"9876543{n:02d};x{n}@example.com\n" for n in range(60))
    jobs = [importing.commit(checked(uploaded(broker, text), at), at=at) for _ in range(2)]
    race(4, lambda n: importing.work(jobs[n % 2].pk, clock=lambda: at, seconds=60))
    states = [LeadImport.objects.get(pk=job.pk) for job in jobs]
    assert [job.state for job in states] == ["done", "done"]
    assert Lead.objects.count() == 60
    assert sum(job.counts.get("created", 0) for job in states) == 60


def test_old_files_and_rows_are_forgotten_and_the_figures_stay(
    broker: Broker, at: datetime
) -> None:
    job = imported(broker, PLAIN, at)
    assert importing.forget(at=at + timedelta(days=29)) == 0
    assert importing.forget(at=at + timedelta(days=400)) == 2
    job.refresh_from_db()
    assert (job.counts, job.rows.count()) == ({"created": 2}, 0)


# --- The API -----------------------------------------------------------------------------------


def post(user: User, text: str, **fields: Any) -> Any:
    file = io.BytesIO(text.encode("cp1252"))
    file.name = "clientes.csv"
    return signed_in(user).post(IMPORTS, {"file": file, **fields}, format="multipart")


def test_an_admin_imports_by_the_api_from_upload_to_report(
    admin: User, broker: Broker, at: datetime
) -> None:
    client = signed_in(admin)
    answer = post(admin, PLAIN + "Sin Nada;;\n=HYPERLINK(1);x;\n", tags="feria, vip")
    job = answer.json()
    assert (answer.status_code, job["state"], job["encoding"]) == (201, "mapping", "cp1252")
    assert (job["mapping"], job["samples"][0][0]) == (["name", "phone", "email"], "Rosa Soto")
    page = f"{IMPORTS}{job['id']}/"
    answer = client.patch(f"{page}mapping/", {"mapping": job["mapping"]})
    assert (answer.status_code, answer.json()["state"]) == (200, "checking")
    run(LeadImport.objects.get(), at)
    job = client.get(page).json()
    assert (job["state"], job["counts"]) == ("ready", {"created": 2, "refused": 2})
    assert Lead.objects.count() == 0
    rows = client.get(f"{page}rows/?verdict=refused").json()["results"]
    assert [(row["number"], row["problems"]) for row in rows] == [
        (4, ["no tiene teléfono ni correo"]),
        (5, ["Teléfono: no es un teléfono que se pueda marcar"]),
    ]
    assert client.post(f"{page}commit/").json()["state"] == "committing"
    assert codes(client.post(f"{page}commit/")) == [(None, "conflict")]
    run(LeadImport.objects.get(), at)
    assert client.get(page).json()["state"] == "done"
    refused = text_of(client.get(f"{page}refused.csv/")).removeprefix("\ufeff")
    assert list(csv.reader(io.StringIO(refused), delimiter=";")) == [
        ["Fila", "Motivo", "Nombre", "Teléfono", "Correo"],
        ["4", "no tiene teléfono ni correo", "Sin Nada", "", ""],
        ["5", "Teléfono: no es un teléfono que se pueda marcar", "'=HYPERLINK(1)", "x", ""],
    ]
    assert Lead.objects.get(phone_e164="+56987654321").tags == ["feria", "vip"]


def test_agents_neither_import_nor_see_imports(agent: User, broker: Broker) -> None:
    job = uploaded(broker, PLAIN)
    client = signed_in(agent)
    answers = [
        post(agent, PLAIN),
        client.get(IMPORTS),
        client.get(f"{IMPORTS}{job.pk}/"),
        client.post(f"{IMPORTS}{job.pk}/commit/"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (["name", "", ""], "no_contact_column"),
        (["phone", "phone", ""], "duplicate_column"),
        (["phone"], "invalid"),
        (["clave", "phone", ""], "invalid_choice"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(
    admin: User, broker: Broker, mapping: list[str], code: str
) -> None:
    job = uploaded(broker, PLAIN)
    answer = signed_in(admin).patch(f"{IMPORTS}{job.pk}/mapping/", {"mapping": mapping})
    assert (answer.status_code, codes(answer)[0][1]) == (400, code)


# --- Admin -------------------------------------------------------------------------------------


def test_an_admin_imports_in_admin_from_upload_to_report(
    admin: User, broker: Broker, client: Client, at: datetime
) -> None:
    client.force_login(admin)
    assert (
        "Sube un CSV" in client.get(reverse("admin:leads_leadimport_changelist")).content.decode()
    )
    file = io.BytesIO(PLAIN.encode("utf-8-sig"))
    file.name = "clientes.csv"
    given = {"file": file, "source": "import", "tags": "feria"}
    page = client.post(reverse("admin:leads_leadimport_add"), given).url
    job = LeadImport.objects.get()
    columns = {f"column-{place}": target for place, target in enumerate(job.mapping)}
    assert [f["title"] for f in client.get(page).context["form"].columns()] == job.header
    twice = client.post(page, {**columns, "column-2": "phone"}).content.decode()
    assert "Hay más de una columna para «Teléfono»" in twice
    assert client.post(page, columns).status_code == 302
    assert "hourglass_top" in client.get(page).content.decode()
    assert client.get(reverse("admin:leads_leadimport_progress", args=[job.pk])).json() == {
        "state": "checking",
        "percent": 0,
        "told": "Revisando filas… 0 %",
    }
    run(job, at)
    shown = client.get(page).content.decode()
    assert "todavía no se importa nada" in shown
    assert "Rosa Soto" in shown
    client.post(reverse("admin:leads_leadimport_commit", args=[job.pk]))
    run(job, at)
    assert "Se importaron todas las filas." in client.get(page).content.decode()
    assert LeadImportRow.objects.filter(lead__isnull=False).count() == 2


def test_an_unreadable_file_is_told_on_the_form(admin: User, client: Client) -> None:
    client.force_login(admin)
    file = io.BytesIO(b"PK\x03\x04")
    file.name = "clientes.xlsx"
    answer = client.post(reverse("admin:leads_leadimport_add"), {"file": file, "source": "import"})
    assert "No es un archivo CSV" in answer.content.decode()
