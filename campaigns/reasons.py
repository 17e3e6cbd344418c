"""Why a step did not run or an enrolment ended, in the words that people read."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from leads import words

TOLD: dict[str, Any] = {
    # How an enrolment ends.
    "completed": _("hizo todos los pasos"),
    "replied": _("el lead respondió"),
    "opted_out": _("pidió no ser contactado"),
    "appointment_booked": _("agendó una cita"),
    "won": _("negocio ganado"),
    "lost": _("lead perdido"),
    "merged": _("el lead se fusionó con otro"),
    "removed": _("una persona lo sacó de la campaña"),
    "campaign_finished": _("la campaña terminó"),
    # What the gate answers.
    **words.REFUSALS,
    # What a step finds.
    "campaign_paused": _("campaña en pausa"),
    "conditions_not_met": _("no cumple las condiciones"),
    "outside_window": _("fuera del horario del paso"),
    "no_text": _("el paso no tiene texto"),
    "no_message_channel": _("el canal del paso no lleva mensajes"),
    "no_availability": _("no hay horas disponibles"),
    "booking_disabled": _("la agenda del asistente está desactivada"),
    "already_there": _("ya estaba en esa etapa"),
    "stage_not_allowed": _("esa etapa no se alcanza desde la actual"),
    "provider_not_ready": _("faltan datos del proveedor de llamadas"),
    "call_under_way": _("ya hay una llamada en curso con el lead"),
    "attempts_per_day": _("se alcanzó el máximo de llamadas del día"),
    "concurrency": _("todas las líneas están ocupadas"),
    "person_took_over": _("una persona tomó la conversación"),
    "channel_not_available": _("el canal no está disponible"),
    "outcome_unknown": _("no se supo si salió"),
    "gave_up": _("falló demasiadas veces"),
}


def told(code: str) -> str:
    return str(TOLD.get(code, code.replace("_", " ")))
