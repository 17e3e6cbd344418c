"""The words in which people are told facts, score rules and events."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leads import phones
from leads.enums import HandoffReason
from leads.models import ActivityLog
from leads.money import Money, format_money
from leads.stages import Stage

FACTS: dict[str, Any] = {
    "name": _("Nombre"),
    "phone": _("Teléfono"),
    "email": _("Correo"),
    "location": _("Comunas"),
    "budget": _("Presupuesto"),
    "income": _("Renta líquida"),
    "dicom": _("DICOM"),
    "debt_amount": _("Deuda"),
    "timeline": _("Plazo"),
    "property_type": _("Tipo de propiedad"),
    "bedrooms": _("Dormitorios"),
    "asked_financing": _("Preguntó por financiamiento"),
}
DICOM = {
    "clean": _("sin deudas en DICOM"),
    "has_debt": _("con deuda en DICOM"),
    "unknown": _("no sabe"),
}
HORIZONS = {
    "now": _("ahora"),
    "within_90_days": _("dentro de 90 días"),
    "later": _("más adelante"),
}
SOURCES = {
    "lead": _("lo dijo el lead"),
    "assistant": _("lo registró el asistente"),
    "person": _("lo registró"),
    "import": _("vino en la importación"),
}
OUTCOMES = {
    "CALIFICADO": (_("Calificado"), "success"),
    "POTENCIAL": (_("Potencial"), "warning"),
    "NO_CALIFICADO": (_("No califica"), "danger"),
    "pending": (_("Faltan datos para calificar"), "info"),
}
RULES: dict[str, Any] = {
    "income": _("Tramo de renta"),
    "dicom_clean": _("Sin deudas en DICOM"),
    "dicom_has_debt": _("Deuda en DICOM"),
    "appointment": _("Tiene o tuvo una visita"),
    "timeline_now": _("Quiere comprar ahora"),
    "timeline_within_90_days": _("Quiere comprar dentro de 90 días"),
    "timeline_later": _("Quiere comprar más adelante"),
    "financing": _("Preguntó por financiamiento o subsidio"),
    "quick_answers": _("Responde en menos de cinco minutos"),
    "no_show": _("No asistió a una visita"),
    "wrong_number": _("Número equivocado"),
    "opted_out": _("Pidió no ser contactado"),
    "recent_messages": _("Mensajes recientes"),
    "clamp_base": _("Tope del perfil (50)"),
    "clamp_behavior": _("Tope de la intención (30)"),
    "clamp_engagement": _("Tope de la actividad (20)"),
    "clamp_total": _("Tope del puntaje (0 a 100)"),
}
PARTS = {
    "base": _("Perfil"),
    "behavior": _("Intención"),
    "engagement": _("Actividad reciente"),
    "total": _("Total"),
}
EVENTS: dict[str, Any] = {
    "lead_created": _("Lead creado"),
    "facts_recorded": _("Datos registrados"),
    "qualified": _("Calificación financiera"),
    "stage_changed": _("Cambio de etapa"),
    "score_changed": _("Cambio de puntaje"),
    "assigned": _("Asignación"),
    "conversation_taken": _("Una persona tomó la conversación"),
    "conversation_given_back": _("La conversación volvió al asistente"),
    "conversation_resumed": _("El asistente retomó la conversación"),
    "person_requested": _("Se pide una persona"),
    "lead_edited": _("Datos editados"),
    "reply_corrected": _("Respuesta corregida antes de salir"),
    "opted_out": _("Pidió no ser contactado"),
    "appointment_booked": _("Cita agendada"),
    "appointment_rescheduled": _("Cita reprogramada"),
    "invitation_not_sent": _("Invitación no enviada: la corredora no tiene correo"),
    "appointment_cancelled": _("Cita cancelada"),
    "appointment_confirmed": _("Cita confirmada"),
    "appointment_completed": _("Cita realizada"),
    "appointment_no_show": _("No asistió a la cita"),
    "appointment_reassigned": _("Cita reasignada"),
    "call_placed": _("Llamada pedida"),
    "call_completed": _("Llamada completada"),
    "call_not_answered": _("Llamada sin respuesta"),
    "call_cancelled": _("Llamada cancelada"),
    "call_not_repeated": _("Llamada no repetida"),
    "campaign_enrolled": _("Entró a una campaña"),
    "campaign_finished": _("Terminó una campaña"),
    "campaign_stopped": _("Salió de una campaña"),
}


def money(value: Any) -> str:
    if not isinstance(value, dict) or value.get("amount") is None:
        return ""
    return format_money(Money(Decimal(str(value["amount"])), value.get("currency", "CLP")))


def _timeline(value: dict[str, Any]) -> str:
    horizon = str(HORIZONS.get(value.get("horizon", ""), ""))
    said = value.get("text") or ""
    return f"{horizon} («{said}»)" if said else horizon


def _yes_no(value: Any) -> str:
    return _t("sí") if value else _t("no")


_READ: dict[str, Callable[[Any], str]] = {
    "phone": phones.national,
    "location": ", ".join,
    "budget": money,
    "income": money,
    "dicom": lambda value: str(DICOM.get(value, value)),
    "debt_amount": lambda value: money({"amount": value}),
    "timeline": _timeline,
    "asked_financing": _yes_no,
}


def fact(name: str, value: Any) -> str:
    """A fact's value as a person reads it; empty when it is not known."""
    if value in (None, "", [], {}):
        return ""
    return _READ.get(name, str)(value)


def fact_label(name: str) -> str:
    return str(FACTS.get(name, name.replace("_", " ").capitalize()))


def rule(name: str) -> str:
    if name.startswith("known_"):
        return _t("Se conoce: %(fact)s") % {"fact": fact_label(name.removeprefix("known_")).lower()}
    return str(RULES.get(name, name.replace("_", " ").capitalize()))


def event(entry: ActivityLog) -> str:
    return str(EVENTS.get(entry.action_type, entry.action_type.replace("_", " ").capitalize()))


def event_details(entry: ActivityLog) -> str:
    """What the event says in one line; events without a sentence of their own say nothing."""
    tell = _DETAILS.get(entry.action_type)
    return tell(entry.details) if tell else ""


def _stage(value: str) -> str:
    return str(Stage(value).label) if value in Stage.values else value


def _moved(details: dict[str, Any]) -> str:
    path = f"{_stage(details.get('from_stage', ''))} → {_stage(details.get('to_stage', ''))}"
    return f"{path}. {details['reason']}" if details.get("reason") else path


def _scored(details: dict[str, Any]) -> str:
    before, after = details.get("before", 0), details.get("total", 0)
    return f"{points(before)} → {points(after)}"


def _recorded(details: dict[str, Any]) -> str:
    facts = details.get("facts") or {}
    return "; ".join(f"{fact_label(name)}: {fact(name, value)}" for name, value in facts.items())


def _edited(details: dict[str, Any]) -> str:
    return ", ".join(str(label) for label in details.get("labels", []))


def _requested(details: dict[str, Any]) -> str:
    reason = details.get("reason", "")
    return str(HandoffReason(reason).label) if reason in HandoffReason.values else ""


def _outcome(details: dict[str, Any]) -> str:
    return str(OUTCOMES.get(details.get("outcome", ""), ("",))[0])


def _reason(details: dict[str, Any]) -> str:
    return str(details.get("reason") or "")


def _campaign(details: dict[str, Any]) -> str:
    return str(details.get("campaign") or "")


_DETAILS: dict[str, Callable[[dict[str, Any]], str]] = {
    "stage_changed": _moved,
    "score_changed": _scored,
    "facts_recorded": _recorded,
    "lead_edited": _edited,
    "person_requested": _requested,
    "qualified": _outcome,
    "appointment_cancelled": _reason,
    "call_cancelled": _reason,
    "campaign_enrolled": _campaign,
    "campaign_finished": _campaign,
    "campaign_stopped": _campaign,
}


def points(value: float) -> str:
    """A score as Chileans write it: one decimal, with a comma."""
    return f"{value:.1f}".replace(".", ",").removesuffix(",0")
