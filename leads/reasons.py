"""Why something automatic did not happen, in the words that people read; upper apps add theirs."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

CODE = re.compile(r"^[a-z0-9]+(?:[_.-][a-z0-9]+)+$")
TOLD: dict[str, Any] = {
    # What the gate answers.
    "channel_off": _("el canal está desactivado"),
    "no_identity": _("no está en el canal"),
    "no_phone": _("no tiene teléfono"),
    "blocked_by_lead": _("bloqueó el canal"),
    "suppressed": _("pidió no ser contactado"),
    "on_hold": _("lead en pausa: solo personas"),
    "manual_follow_up": _("seguimiento manual"),
    "held_by_person": _("una persona tiene la conversación"),
    "conversation_moved_on": _("una persona tomó la conversación"),
    "reply_too_late": _("pasaron más de 24 horas desde su mensaje"),
    "whatsapp_window_closed": _("WhatsApp exige una plantilla aprobada"),
    "quiet_hours": _("horario de silencio"),
    "daily_cap": _("tope diario de contactos"),
    "cap_is_zero": _("el tope diario de contactos es cero"),
    # What keeps a text from its vendor's vectors.
    "over_budget": _("se alcanzó el tope de gasto del mes: espera con vectores locales"),
    "vendor_away": _("el proveedor de vectores no responde: se reintenta"),
    "vendor_resting": _("el proveedor de vectores falló varias veces: se reintenta"),
    "no_result_after_attempts": _("falló demasiadas veces"),
    # What withdraws a message.
    "opted_out": _("pidió no ser contactado"),
    "person_took_over": _("una persona tomó la conversación"),
    "appointment_changed": _("la cita cambió"),
    # What a channel answers.
    "channel_not_available": _("el canal no está disponible"),
    "channel_not_configured": _("faltan las credenciales del canal"),
    "bad_credentials": _("el canal no reconoce las credenciales"),
    "rejected": _("el canal rechazó el mensaje"),
    "rate_limited": _("el canal pidió ir más lento"),
    "try_later": _("el servidor de correo pidió esperar"),
    "unreachable": _("el canal no responde"),
    "vendor_error": _("falla del proveedor del canal"),
    "outcome_unknown": _("no se supo si salió"),
    "sender_died": _("el envío se interrumpió y se repite"),
    "meet_pending": _("Google aún prepara el enlace de Meet"),
    "account_restricted": _("WhatsApp restringió la cuenta"),
    "account_unpaid": _("la cuenta de WhatsApp tiene pagos pendientes"),
    "not_on_whatsapp": _("el número no tiene WhatsApp"),
    "number_not_registered": _("el número de la corredora no está registrado en WhatsApp"),
    "limited_by_whatsapp": _("WhatsApp limita las campañas a esta persona"),
    "marketing_stopped_by_lead": _("desactivó las campañas en WhatsApp"),
    "template_rejected": _("WhatsApp no acepta la plantilla"),
    "template_paused": _("WhatsApp pausó la plantilla"),
}


def add(words: dict[str, Any]) -> None:
    """The codes of an upper app, with their words."""
    TOLD.update(words)


def told(code: str) -> str:
    """The words of a code; what a person wrote stays as it is."""
    if code in TOLD:
        return str(TOLD[code])
    return re.sub(r"[_.-]", " ", code) if CODE.match(code) else code
