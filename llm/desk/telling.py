"""What the assistant was told and did, in the words of people: no tool's name, no key, no JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leads import words
from leads.enums import HandoffReason
from leads.stages import Stage
from llm import reasons
from llm.desk.sandbox import Deed

TOOLS: dict[str, Any] = {
    "record_facts": _("Anotó datos del lead"),
    "request_human": _("Pidió una persona"),
    "search_knowledge": _("Buscó en la base de conocimiento"),
    "match_properties": _("Buscó propiedades que le sirvan"),
    "find_properties": _("Buscó propiedades"),
    "note_refusal": _("Anotó que una propiedad no le gustó"),
    "note_question": _("Anotó una pregunta sin respuesta"),
    "uf_value": _("Consultó el valor de la UF"),
    "estimate_dividend": _("Calculó un dividendo"),
    "find_slots": _("Buscó horas para una visita"),
    "book_visit": _("Agendó una visita"),
    "reschedule_visit": _("Cambió la hora de la visita"),
    "cancel_visit": _("Canceló la visita"),
    "tell_agent": _("Le avisó al agente de la visita"),
}
# Of contexts, arguments and answers alike; what is a fact of the lead is in ``leads.words``.
LABELS: dict[str, Any] = {
    "agent_name": _("Nombre del asistente"),
    "agent_role": _("Rol"),
    "broker_name": _("Corredora"),
    "first_contact": _("Es el primer mensaje"),
    "known": _("Se sabe"),
    "missing": _("Falta saber"),
    "qualification": _("Calificación"),
    "outcome": _("Resultado"),
    "stage": _("Etapa"),
    "knowledge": _("Lo que puede servir para responder"),
    "discussed": _("Propiedad de la que se habla"),
    "booking_enabled": _("Agenda visitas"),
    "offers": _("Horas ofrecidas"),
    "appointment": _("Visita agendada"),
    "summary": _("Resumen de lo anterior"),
    "now": _("Fecha y hora"),
    "zone": _("Zona horaria"),
    "query": _("Búsqueda"),
    "hits": _("Encontró"),
    "matches": _("Propiedades"),
    "title": _("Título"),
    "text": _("Texto"),
    "source": _("Fuente"),
    "source_type": _("Tipo"),
    "date": _("Fecha"),
    "price": _("Precio"),
    "fits": _("Le sirve porque"),
    "lacks": _("Le falta"),
    "date_from": _("Desde"),
    "date_to": _("Hasta"),
    "part_of_day": _("Parte del día"),
    "slots": _("Horas"),
    "reason": _("Motivo"),
    "brief": _("Para la persona"),
    "note": _("Nota"),
    "words": _("En sus palabras"),
    "also": _("También"),
    "question": _("Pregunta"),
    "places": _("Comunas"),
    "bathrooms": _("Baños"),
    "code": _("Código"),
    "place": _("Comuna"),
    "m2": "m²",
    "state": _("Estado"),
    "expenses": _("Gastos comunes"),
    "count": _("Cuántas"),
    "says": _("Dice"),
    "most": _("Como máximo"),
    "least": _("Como mínimo"),
    "features": _("Con"),
    "order": _("Orden"),
    "second_income": _("Segunda renta"),
    "told": _("Quedó avisado"),
    "recorded": _("Anotó"),
    "refused": _("No se pudo anotar"),
    "booked": _("Quedó agendada"),
    "rescheduled": _("Quedó cambiada"),
    "cancelled": _("Quedó cancelada"),
    "noted": _("Quedó anotado"),
    "handed_over": _("Queda para una persona"),
    "answer_from": _("Responderán"),
    "location": _("Lugar"),
    "agent": _("Con"),
    "status": _("Estado"),
    "label": _("Cuándo"),
    "property": _("Propiedad"),
    "message": _("No se pudo"),
    "amount": _("Monto"),
    "currency": _("Moneda"),
}
# Numbers and codes for the model alone, or told already by what stands beside them.
UNTOLD = frozenset(
    {"id", "offer_id", "appointment_id", "start", "error", "why", "source_id", "score", "kind"}
    | {"property_id"}
    | {"appointment_type", "document_id"}
)
CODES: dict[str, Any] = {
    "none_in_range": _("no había en lo pedido: son las más cercanas"),
    "booking_disabled": _("el asistente no agenda"),
    "no_availability": _("no hay horas libres"),
    "slot_taken": _("la hora ya se ocupó"),
    "offer_unknown": _("esa hora no se había ofrecido"),
    "offer_expired_and_taken": _("la hora venció y se ocupó"),
    "morning": _("mañana"),
    "afternoon": _("tarde"),
    "evening": _("tarde"),
    "late": _("va con atraso"),
    "coming": _("va a llegar"),
    "pending": _("pendiente"),
    "property": _("propiedad"),
    "scheduled": _("agendada"),
    "confirmed": _("confirmada"),
    "price": _("precio"),
    "place": _("lugar"),
    "size": _("tamaño"),
    "other": _("otro"),
    **{choice.value: choice.label for choice in HandoffReason},
    **{choice.value: choice.label for choice in Stage},
}


@dataclass(frozen=True)
class Line:
    """A label with a text, or with more lines under it."""

    label: str
    text: str = ""
    lines: tuple["Line", ...] = ()


def tool(name: str) -> str:
    return str(TOOLS.get(name, _readable(name)))


def deeds(done: list[Deed]) -> list[Line]:
    """Each tool with what it was asked for and what it found."""
    return [
        Line(
            tool(deed.name),
            lines=(*_of(_("Con"), deed.given), *_of(_("Resultado"), deed.answer)),
        )
        for deed in done
    ]


def _of(label: Any, values: Mapping[str, Any]) -> Iterator[Line]:
    if lines := told(values):
        yield Line(str(label), lines=tuple(lines))


def told(values: Mapping[str, Any]) -> list[Line]:
    """What a mapping says, key by key; what says nothing is left out."""
    found = (_line(name, value) for name, value in values.items() if name not in UNTOLD)
    return [each for each in found if each.text or each.lines]


def _line(name: str, value: Any) -> Line:
    label = str(LABELS.get(name) or words.fact_label(name))
    if name in ("missing", "recorded") and isinstance(value, list):
        return Line(label, ", ".join(words.fact_label(str(each)) for each in value))
    if name in words.FACTS and name not in ("location",):
        return Line(label, words.fact(name, value))
    if isinstance(value, Mapping):
        return Line(label, lines=tuple(told(value)))
    if isinstance(value, list | tuple):
        return _listed(label, list(value))
    return Line(label, _text(value))


def _listed(label: str, values: list[Any]) -> Line:
    if all(isinstance(each, Mapping) for each in values):
        return Line(label, lines=tuple(_entry(each) for each in values))
    return Line(label, ", ".join(_text(each) for each in values))


def _entry(values: Mapping[str, Any]) -> Line:
    """One of a list: named by its title or by when it is."""
    name = next((key for key in ("title", "label") if values.get(key)), "")
    rest = {key: value for key, value in values.items() if key != name}
    return Line(str(values.get(name, "")) or "·", lines=tuple(told(rest)))


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _t("sí") if value else _t("no")
    if isinstance(value, datetime | date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, str) and value in CODES:
        return str(CODES[value])
    if isinstance(value, str) and (moment := _moment(value)):
        return date_format(moment, "l j \\d\\e F, H:i")
    return str(value)


def _moment(value: str) -> datetime | None:
    try:
        return parse_datetime(value) if len(value) > 10 else None
    except ValueError:
        return None


def _readable(name: str) -> str:
    return name.replace("_", " ").capitalize()


def broken(rules: list[str]) -> list[str]:
    """What the guards found, as people read it."""
    return [reasons.words_of(rule) for rule in rules]


def facts(known: Mapping[str, Any]) -> list[str]:
    return [f"{words.fact_label(name)}: {words.fact(name, value)}" for name, value in known.items()]


def cost(usd: Any) -> str:
    """In US dollars; a thousandth of a cent is not worth a figure."""
    if usd is None:
        return _t("costo desconocido")
    return _t("sin costo") if not usd else f"US$ {float(usd):.4f}".replace(".", ",")
