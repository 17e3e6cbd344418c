"""A 10,000-row CSV with 12 % bad rows of every kind into a broker of 20 × 10,000 leads, twice."""

import resource
import time
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import people
from brokers.models import Broker
from crm import rowsecurity
from leads import importing
from leads.models import ImportState, Lead, LeadImport, Suppression

BROKERS = 20
LEADS = 10_000
ROWS = 10_000
LONG_SECONDS = 3600.0
HEADER = (
    "Nombre;Apellido;Teléfono;Correo;Comuna;Presupuesto;Renta;DICOM;Plazo;Origen;Notas;Etiquetas"
)
COMUNAS = ("Ñuñoa", "Las Condes", "Providencia", "La Florida", "Maipú, Cerrillos", "Viña del Mar")
BUDGETS = ("UF 3.500", "120.000.000", "4500", "$ 95.000.000", "US$ 150.000")


def _good(number: int, owner: Broker) -> list[str]:
    phone = f"9 87{number // 1000:02d} {number % 1000:03d}0"
    return [
        f"María José {number % 7 * 'a'}",
        "Fuentes Soto",
        phone if number % 3 else f"+56{phone.replace(' ', '')}",
        f"maria{number}.{owner.slug}@example.com",
        COMUNAS[number % len(COMUNAS)],
        BUDGETS[number % len(BUDGETS)],
        f"{800_000 + number % 40 * 100_000}",
        ("No", "Sí", "")[number % 3],
        ("ahora", "3 meses", "más adelante", "")[number % 4],
        ("Portal Inmobiliario", "Facebook", "Formulario")[number % 3],
        'Quiere "terraza";\ny bodega' if number % 5 == 0 else "",
        "inversionista, referido" if number % 9 == 0 else "",
    ]


def _bad(number: int, owner: Broker, row: list[str]) -> tuple[list[str], str]:
    """One of twelve kinds of bad rows, and the verdict that is right for it."""
    kind = number % 12
    changed = list(row)
    if kind == 0:
        changed[2] = changed[3] = ""
    elif kind == 1:
        changed[2] = "12345"
    elif kind == 2:
        changed[2] = "5,69877E+10"
    elif kind == 3:
        changed[3] = "maria@@example"
    elif kind == 4:
        changed.append("sobra")
    elif kind == 5:
        changed[2] = "no tiene"
    elif kind == 6:
        changed[1] = "Soto \ufffd"
    elif kind == 7:
        changed[10] = "x" * 12_000
    elif kind in (8, 9):
        changed[2], changed[3] = _good(number // 100 * 100, owner)[2], ""
        return changed, "duplicate"
    elif kind == 10:
        changed[2], changed[3] = "", f" CAMILA{number}@example.com"
        return changed, "matched"
    else:
        changed[2], changed[3] = f"+569891{number:05d}", ""
        return changed, "suppressed"
    return changed, "refused"


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(';"\n') else text


def _file(owner: Broker) -> tuple[bytes, dict[str, int]]:
    """The file as Spanish Excel writes it, and how many rows of each verdict it holds."""
    lines, right = [HEADER], dict.fromkeys(("created", "refused", "duplicate"), 0)
    for number in range(ROWS):
        row, verdict = _good(number, owner), "created"
        if number % 100 in range(60, 72):
            row, verdict = _bad(number, owner, row)
            if verdict == "suppressed":
                Suppression.objects.create(broker=owner, identifier=row[2])
        right[verdict] = right.get(verdict, 0) + 1
        lines.append(";".join(map(_cell, row)))
    return "\r\n".join(lines).encode("utf-8-sig"), right


def _pieces(content: bytes) -> list[bytes]:
    return [content[start : start + 65_536] for start in range(0, len(content), 65_536)]


def _run(owner: Broker, content: bytes) -> dict[str, Any]:
    """Upload, check and commit one file; seconds of each, and the verdicts."""
    started, cpu = time.perf_counter(), time.process_time()
    job = importing.upload(owner, chunks=_pieces(content), filename="leads.csv", by=None)
    uploaded = time.perf_counter()
    with CaptureQueriesContext(connection) as checking:
        importing.set_columns(job, job.mapping, at=timezone.now())
        importing.work(job.pk, clock=timezone.now, seconds=LONG_SECONDS)
    job.refresh_from_db()
    assert job.state == ImportState.READY, job.error
    forecast, checked = job.counts, time.perf_counter()
    with CaptureQueriesContext(connection) as committing:
        importing.commit(job, at=timezone.now())
        importing.work(job.pk, clock=timezone.now, seconds=LONG_SECONDS)
    ended = time.perf_counter()
    job = LeadImport.objects.get(pk=job.pk)
    assert job.state == ImportState.DONE, job.error
    return {
        "rows_per_second": round(ROWS / (ended - started)),
        "rows_per_second_committing": round(ROWS / (ended - checked)),
        "seconds": {
            "upload": round(uploaded - started, 2),
            "check": round(checked - uploaded, 2),
            "commit": round(ended - checked, 2),
            "of_our_own_cpu": round(time.process_time() - cpu, 2),
        },
        "statements": len(checking) + len(committing),
        "forecast": forecast,
        "verdicts": job.counts,
    }


def run() -> dict[str, Any]:
    owners = [people.broker() for _ in range(BROKERS)]
    for owner in owners:
        people.fill(owner, LEADS)
    with connection.as_owner(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("ANALYZE")
    owner = owners[7]
    content, right = _file(owner)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with rowsecurity.of(owner.pk):
        first = _run(owner, content)
    leads = Lead.objects.filter(broker=owner).count()
    with rowsecurity.of(owner.pk):
        second = _run(owner, content)
    return {
        "rows": ROWS,
        "bytes": len(content),
        "first_run": first,
        "verdicts_right": first["verdicts"] == right,
        "memory_grown_mb": round(
            (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, 1
        ),
        "second_run": second,
        "imported_by_second_run": Lead.objects.filter(broker=owner).count() - leads,
    }
