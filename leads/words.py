"""The words in which people are told facts, score rules and events."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leads import phones, reasons
from leads.enums import HandoffReason, Purpose, TaskKind
from leads.models import ActivityLog
from leads.money import Money, format_money
from leads.stages import Stage, Treatment

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
    "operation": _("Operación"),
    "pets": _("Con mascotas"),
    "delivery": _("Entrega"),
    "subsidy": _("Subsidio"),
}
COLUMNS: dict[str, Any] = {
    "notes": _("Notas internas"),
    "tags": _("Etiquetas"),
    "treatment_type": _("Tratamiento"),
    "timezone": _("Zona horaria"),
    "assigned_to": _("Asignado a"),
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
OPERATIONS = {"buy": _("comprar"), "rent": _("arrendar")}
DELIVERIES = {"immediate": _("inmediata"), "can_wait": _("puede esperar")}
SUBSIDIES = {"DS1": "DS1", "DS19": "DS19", "none": _("sin subsidio")}
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
    "facts_contradicted": _("Datos en conflicto"),
    "fact_rejected": _("Dato rechazado"),
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
    "calls_stopped": _("Pidió no recibir llamadas"),
    "consent_granted": _("Dio su consentimiento"),
    "suppression_lifted": _("Se levantó «no contactar»"),
    "data_exported": _("Se entregaron sus datos"),
    "data_rectified": _("Pidió corregir sus datos"),
    "scoring_objected": _("Se opuso al puntaje automático"),
    "objection_lifted": _("Se levantó la oposición al puntaje"),
    "right_requested": _("Ejerció un derecho sobre sus datos"),
    "appointment_booked": _("Cita agendada"),
    "appointment_rescheduled": _("Cita reprogramada"),
    "invitation_not_sent": _("Invitación no enviada: la corredora no tiene correo"),
    "appointment_cancelled": _("Cita cancelada"),
    "appointment_confirmed": _("Cita confirmada"),
    "appointment_coming": _("Avisó que irá a su cita"),
    "appointment_late": _("Avisó que llegará con atraso a su cita"),
    "appointment_completed": _("Cita realizada"),
    "appointment_no_show": _("No asistió a la cita"),
    "appointment_reinstated": _("Cita reactivada"),
    "appointment_reassigned": _("Cita reasignada"),
    "call_placed": _("Llamada pedida"),
    "call_received": _("Llamó por teléfono"),
    "call_completed": _("Llamada completada"),
    "call_not_answered": _("Llamada sin respuesta"),
    "call_cancelled": _("Llamada cancelada"),
    "call_hung_up": _("Una persona cortó la llamada"),
    "call_not_repeated": _("Llamada no repetida"),
    "draft_discarded": _("Respuesta del asistente descartada"),
    "message_withheld": _("Mensaje no enviado"),
    "campaign_step_held": _("Paso de campaña postergado"),
    "campaign_step_skipped": _("Paso de campaña no enviado"),
    "campaign_enrolled": _("Entró a una campaña"),
    "campaign_finished": _("Terminó una campaña"),
    "campaign_stopped": _("Salió de una campaña"),
    "campaign_resumed": _("Volvió a una campaña"),
    "leads_merged": _("Unión con otro lead"),
    "merge_undone": _("Unión deshecha"),
    "form_submitted": _("Formulario enviado"),
    "listing_refused": _("Rechazó una propiedad"),
    "task_created": _("Tarea creada"),
    "task_changed": _("Tarea editada"),
    "task_put_off": _("Tarea postergada"),
    "task_done": _("Tarea hecha"),
    "task_cancelled": _("Tarea cancelada"),
}

KEPT: dict[str, Any] = {
    "accounting": _("Contabilidad: lo gastado, sin nombrar a la persona."),
    "no_contact": _(
        "Para no volver a contactarla: solo el identificador, en la lista de exclusión."
    ),
    "proof": _("Para probar que se cumplió: fecha, derecho y plazo, sin datos de la persona."),
    "calendar_asked": _("Copia en Google Calendar: se pidió borrarla."),
    "provider_copy": _("Copia en el proveedor de llamadas: pídele borrarla."),
    "channel_copy": _("Copia en el canal por el que se escribió: la guarda la propia persona."),
}
KEPT_PLACES: dict[str, Any] = {
    "recordings": _("grabaciones de llamadas"),
    "calendar_events": _("eventos de calendario"),
    "sent_messages": _("mensajes enviados o recibidos"),
}


def kept(code: str) -> str:
    """Why something outlives an erasure."""
    return str(KEPT.get(code, code.replace("_", " ")))


def held(label: str) -> str:
    """What a table, or a place outside, holds of a lead."""
    if label in KEPT_PLACES:
        return str(KEPT_PLACES[label])
    try:
        return str(apps.get_model(label)._meta.verbose_name_plural)
    except (LookupError, ValueError):
        return label


MARK_REASONS = {"opted_out": _("pidió no ser contactado"), "erased": _("pidió borrar sus datos")}


def mark_reason(reason: str) -> str:
    """Why an identifier is on the list: ours in words, others' as they wrote it."""
    return str(MARK_REASONS.get(reason, reason))


def receipt_lines(receipt: dict[str, Any]) -> list[str]:
    """An erasure's receipt as people read it; other answers in their one sentence."""
    lines = [
        _t("Borrado: %(what)s (%(count)s)") % {"what": held(row["what"]), "count": row["count"]}
        for row in receipt.get("deleted", [])
    ]
    lines += [
        _t("Se conserva: %(what)s (%(count)s). %(why)s")
        % {"what": held(row["what"]), "count": row["count"], "why": kept(row["why"])}
        for row in receipt.get("kept", [])
    ]
    if fields := receipt.get("fields"):
        told = ", ".join(fact_label(name) for name in fields)
        lines.append(_t("Se corrigió: %(fields)s") % {"fields": told})
    if reason := receipt.get("reason"):
        lines.append(_t("Se rechazó: %(reason)s") % {"reason": reason})
    return lines


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
    "tags": ", ".join,
    "treatment_type": lambda value: str(Treatment(value).label),
    "budget": money,
    "income": money,
    "dicom": lambda value: str(DICOM.get(value, value)),
    "debt_amount": lambda value: money({"amount": value}),
    "timeline": _timeline,
    "asked_financing": _yes_no,
    "operation": lambda value: str(OPERATIONS.get(value, value)),
    "pets": _yes_no,
    "delivery": lambda value: str(DELIVERIES.get(value, value)),
    "subsidy": lambda value: str(SUBSIDIES.get(value, value)),
}


def fact(name: str, value: Any) -> str:
    """A fact's value as a person reads it; empty when it is not known.

    One of a kind that the fact never has, as a client may send it, is shown as it is.
    """
    if value in (None, "", [], {}):
        return ""
    try:
        return _READ.get(name, str)(value)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError):
        return str(value)


def fact_label(name: str) -> str:
    return str(FACTS.get(name, name.replace("_", " ").capitalize()))


def field_label(name: str) -> str:
    """The label of a fact, or of a column that people edit."""
    return fact_label(name) if name in FACTS else str(COLUMNS.get(name, name))


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
    return reasons.told(str(details.get("reason") or ""))


def _campaign(details: dict[str, Any]) -> str:
    told = [str(details.get("campaign") or ""), _reason(details)]
    return ": ".join(each for each in told if each)


def _withheld(details: dict[str, Any]) -> str:
    purpose = details.get("purpose", "")
    what = str(Purpose(purpose).label).capitalize() if purpose in Purpose.values else ""
    return ": ".join(filter(None, [what, _reason(details)]))


def _other_lead(details: dict[str, Any]) -> str:
    return _t("n.º %(id)s %(name)s") % {
        "id": details.get("other"),
        "name": details.get("name") or "",
    }


def _task(details: dict[str, Any]) -> str:
    kind = details.get("kind", "")
    what = str(TaskKind(kind).label).capitalize() if kind in TaskKind.values else ""
    return ": ".join(filter(None, [what, str(details.get("note") or "")]))


def _form(details: dict[str, Any]) -> str:
    return str(details.get("message") or "")


def _corrected(details: dict[str, Any]) -> str:
    return ", ".join(reasons.told(str(rule)) for rule in details.get("rules", []))


def _titled(details: dict[str, Any]) -> str:
    return str(details.get("title") or "")


_DETAILS: dict[str, Callable[[dict[str, Any]], str]] = {
    "stage_changed": _moved,
    "score_changed": _scored,
    "facts_recorded": _recorded,
    "facts_contradicted": _recorded,
    "fact_rejected": _recorded,
    "lead_edited": _edited,
    "person_requested": _requested,
    "qualified": _outcome,
    "appointment_cancelled": _reason,
    "suppression_lifted": _reason,
    "objection_lifted": _reason,
    "data_rectified": _edited,
    "call_cancelled": _reason,
    "call_not_repeated": _reason,
    "campaign_enrolled": _campaign,
    "campaign_finished": _campaign,
    "campaign_stopped": _campaign,
    "campaign_resumed": _campaign,
    "campaign_step_held": _campaign,
    "campaign_step_skipped": _campaign,
    "draft_discarded": _reason,
    "message_withheld": _withheld,
    "leads_merged": _other_lead,
    "merge_undone": _other_lead,
    "form_submitted": _form,
    "listing_refused": _titled,
    "reply_corrected": _corrected,
    **{name: _task for name in EVENTS if name.startswith("task_")},
}


def points(value: float) -> str:
    """A score as Chileans write it: one decimal, with a comma."""
    return f"{value:.1f}".replace(".", ",").removesuffix(",0")
