"""What the door of calls refuses, with the reason and the next time it may be tried."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.errors import Conflict
from leads.errors import Refused

SENTENCES: dict[str, Any] = {
    "no_phone": _("El lead no tiene un teléfono al que llamar."),
    "suppressed": _("El lead pidió no ser contactado."),
    "on_hold": _("El lead está en pausa: solo lo contactan personas."),
    "manual_follow_up": _("El lead está en seguimiento manual: no recibe llamadas del asistente."),
    "held_by_person": _("Una persona atiende al lead: devuelve la conversación antes de llamar."),
    "quiet_hours": _("Es horario de silencio para el lead."),
    "daily_cap": _("El lead ya recibió sus mensajes comerciales y llamadas de hoy."),
    "cap_is_zero": _("El tope diario de campañas y llamadas de la corredora es cero."),
    "provider_not_ready": _("Falta configurar el proveedor de voz de la corredora."),
    "call_under_way": _("Ya hay una llamada en curso con este lead."),
    "attempts_per_day": _("Ya se hicieron los intentos de llamada de hoy."),
    "concurrency": _("La corredora ya tiene en curso todas sus llamadas simultáneas."),
}


class CallRefused(Refused):
    """The call may not be made; ``next_allowed_at`` is None where waiting does not help."""

    code = "call_refused"
    message = _("No se puede llamar al lead en este momento.")

    def __init__(self, reason: str, next_allowed_at: datetime | None = None) -> None:
        self.reason = reason
        self.next_allowed_at = next_allowed_at
        again = next_allowed_at.isoformat() if next_allowed_at else None
        super().__init__(SENTENCES.get(reason), reason=reason, next_allowed_at=again)


class KeyTaken(Conflict):
    """The intent key already names a call to somebody else."""

    code = "intent_key_taken"
    message = _("Esa clave de intención ya se usó para otra llamada.")


class NotCancellable(Conflict):
    """The call is at the provider or over, and nothing of it is still to come."""

    code = "call_not_cancellable"
    message = _("La llamada ya no se puede cancelar.")


class NotUnderWay(Conflict):
    """The call has not reached the provider, or is over."""

    code = "call_not_under_way"
    message = _("La llamada no está en curso.")
