"""Leads as a file for spreadsheets: streamed, safe to open, and noted who took it."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from brokers.models import Broker
from crm.connections import long_statements
from leads import facts, words
from leads.models import Lead, LeadExport
from leads.spreadsheets import in_chunks, safe

CHUNK = 1000
SEPARATORS = {"semicolon": ";", "comma": ",", "tab": "\t"}
BOM = "\ufeff"

Column = Callable[[Lead], Any]


def _fact(name: str) -> Column:
    return lambda lead: words.fact(name, facts.value_of(lead, name))


def _outcome(lead: Lead) -> str:
    outcome = lead.metadata.get("calificacion", {}).get("outcome", "")
    return str(words.OUTCOMES.get(outcome, ("",))[0])


# Titles that an import of ours understands again, where it takes the column at all.
COLUMNS: tuple[tuple[Any, Column], ...] = (
    (_("N.º"), lambda lead: lead.pk),
    (_("Nombre"), lambda lead: lead.name),
    (_("Teléfono"), lambda lead: lead.phone_e164 or lead.phone),
    (_("Correo"), lambda lead: lead.email),
    (_("Etapa"), lambda lead: lead.get_pipeline_stage_display()),
    (_("Temperatura"), lambda lead: lead.get_status_display()),
    (_("Puntaje"), lambda lead: words.points(lead.lead_score)),
    (_("Asignado a"), lambda lead: lead.assigned_to and lead.assigned_to.email),
    (_("Comunas"), _fact("location")),
    (_("Presupuesto"), _fact("budget")),
    (_("Renta líquida"), _fact("income")),
    (_("DICOM"), _fact("dicom")),
    (_("Deuda"), _fact("debt_amount")),
    (_("Calificación"), _outcome),
    (_("Plazo"), _fact("timeline")),
    (_("Tipo de propiedad"), _fact("property_type")),
    (_("Dormitorios"), _fact("bedrooms")),
    (_("Operación"), _fact("operation")),
    (_("Entrega"), _fact("delivery")),
    (_("Subsidio"), _fact("subsidy")),
    (_("Con mascotas"), _fact("pets")),
    (_("Etiquetas"), lambda lead: ", ".join(map(str, lead.tags))),
    (_("Origen"), lambda lead: lead.get_source_display()),
    (_("Notas"), lambda lead: lead.notes),
    (_("Creado"), lambda lead: lead.created_at),
    (_("En la etapa desde"), lambda lead: lead.stage_entered_at),
    (_("Último contacto"), lambda lead: lead.last_contacted),
    (_("Motivo de cierre"), lambda lead: lead.close_reason),
)


def respond(
    leads: QuerySet[Lead],
    *,
    broker: Broker,
    user: Any,
    filters: Mapping[str, Any],
    at: datetime,
    separator: str = ";",
    bom: bool = True,
) -> StreamingHttpResponse:
    """The leads of one broker as a download; those that were merged into another stay out."""
    export = LeadExport.objects.create(
        broker=broker, user=user, filters=dict(filters), created_at=at
    )
    chosen = leads.living().filter(broker=broker).select_related("assigned_to")  # type: ignore[attr-defined]
    lines = _lines(export, chosen, ZoneInfo(broker.timezone), separator, bom)
    return csv_response(lines, f"leads-{broker.slug}-{at:%Y-%m-%d}.csv")


def csv_response(lines: Iterator[str], filename: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _lines(
    export: LeadExport, leads: QuerySet[Lead], zone: ZoneInfo, separator: str, bom: bool
) -> Iterator[str]:
    language, sent = translation.get_language(), 0
    try:
        with translation.override(language):
            head = _written([[str(title) for title, _column in COLUMNS]], separator)
        yield (BOM if bom else "") + head
        with long_statements():
            for chunk in in_chunks(leads.iterator(chunk_size=CHUNK), CHUNK):
                # The request's language is over while its answer is still being sent.
                with translation.override(language):
                    rows = [[_cell(value(lead), zone) for _, value in COLUMNS] for lead in chunk]
                    text = _written(rows, separator)
                sent += len(chunk)
                yield text
        export.finished_at = timezone.now()
    finally:
        export.count = sent
        export.save(update_fields=["count", "finished_at", "updated_at"])


def _cell(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%d-%m-%Y %H:%M}"
    return "" if value is None else str(value)


def _written(rows: list[list[str]], separator: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows([[safe(value) for value in row] for row in rows])
    return text.getvalue()


def refused_file(rows: Iterator[list[str]]) -> Iterator[str]:
    """Refused rows as Spanish Excel opens them, written a thousand at a time."""
    yield BOM
    for chunk in in_chunks(rows, CHUNK):
        yield _written(chunk, ";")
