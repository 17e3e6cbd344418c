"""A score's receipt in words, for people."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

RULES: dict[str, Any] = {
    "known_name": _("Nombre conocido"),
    "known_phone": _("Teléfono conocido"),
    "known_email": _("Correo conocido"),
    "known_location": _("Ubicación conocida"),
    "known_budget": _("Presupuesto conocido"),
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


def label(rule: str) -> str:
    """What a rule is called; a fact that a broker weighs by itself keeps its own name."""
    if rule in RULES:
        return str(RULES[rule])
    return _now("Dato conocido: %s") % rule.removeprefix("known_").replace("_", " ")
