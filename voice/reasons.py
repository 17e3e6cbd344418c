"""Why a call was not made, or how it ended, in the words that people read."""

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leads import reasons

REFUSED = "provider_refused"
TOLD: dict[str, Any] = {
    "provider_not_ready": _("faltan datos del proveedor de llamadas"),
    "call_under_way": _("ya hay una llamada en curso con el lead"),
    "attempts_per_day": _("se alcanzó el máximo de llamadas del día"),
    "concurrency": _("todas las líneas están ocupadas"),
    "provider_busy": _("el proveedor de llamadas está ocupado"),
    "provider_unreachable": _("el proveedor de llamadas no responde"),
    # How providers say that a call ended.
    "customer-ended-call": _("cortó el cliente"),
    "assistant-ended-call": _("cortó el asistente"),
    "customer-did-not-answer": _("no contestó"),
    "customer-busy": _("número ocupado"),
    "voicemail": _("buzón de voz"),
    "manually-canceled": _("cancelada en el proveedor"),
    "silence-timed-out": _("se cortó por silencio"),
    "exceeded-max-duration": _("llegó a la duración máxima"),
    "call-failed": _("falló en el proveedor"),
}
reasons.add(TOLD)


def told(code: str) -> str:
    name, _space, why = code.partition(" ")
    if name == REFUSED:
        return _t("el proveedor rechazó la llamada (%s)") % why
    return reasons.told(code)
