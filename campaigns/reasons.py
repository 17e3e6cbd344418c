"""Why a step did not run or an enrolment ended, in the words that people read."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from leads import reasons

TOLD: dict[str, Any] = {
    # How an enrolment ends.
    "completed": _("hizo todos los pasos"),
    "replied": _("el lead respondió"),
    "appointment_booked": _("agendó una cita"),
    "won": _("negocio ganado"),
    "lost": _("lead perdido"),
    "merged": _("el lead se fusionó con otro"),
    "removed": _("una persona lo sacó de la campaña"),
    "campaign_finished": _("la campaña terminó"),
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
    "conflict": _("alguien cambió el lead en ese momento"),
    "gave_up": _("falló demasiadas veces"),
    # What only a forecast says.
    "max_contacts": _("no queda cupo en la campaña"),
    "already_enrolled": _("ya pasó por la campaña"),
    "too_far": _("no llega a su turno en un año"),
}
reasons.add(TOLD)
told = reasons.told
