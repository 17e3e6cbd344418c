"""What the doors of this app refuse, and with which words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.errors import Conflict, DomainError


class StageNotAllowed(DomainError):
    code = "stage_not_allowed"
    status = 409
    message = _("El lead no puede pasar a esa etapa desde donde está.")


class ReasonNeeded(DomainError):
    code = "reason_required"
    message = _("Escribe el motivo del cambio de etapa.")


class NotSuppressed(DomainError):
    code = "not_suppressed"
    status = 409
    message = _("Esta persona no está en la lista de no contactar.")


class ScoreFrozen(DomainError):
    code = "score_frozen"
    status = 409
    message = _("La persona se opuso al puntaje automático: no se recalcula hasta que se levante.")


class ScoreNotFrozen(DomainError):
    code = "score_not_frozen"
    status = 409
    message = _("Nadie se ha opuesto al puntaje automático de este lead.")


class NotConfirmed(DomainError):
    code = "not_confirmed"
    message = _("Escribe el nombre del lead tal como aparece para confirmar.")


class AlreadyClaimed(Conflict):
    code = "already_claimed"
    message = _("Otra persona ya tomó este lead.")


class NotAssignable(DomainError):
    code = "not_assignable"
    message = _("Elige a una persona activa de la misma corredora.")


class NoChannel(DomainError):
    code = "no_channel"
    status = 409
    message = _("El lead no tiene un canal por el que escribirle. Llámalo o pídele otro contacto.")


class Refused(DomainError):
    """The send gate said no."""

    code = "not_allowed_to_contact"
    status = 409
    message = _("No se puede contactar al lead en este momento.")


class ChannelError(DomainError):
    """A channel did not take a message; ``permanent`` means that trying again is useless."""

    code = "channel_error"
    status = 502
    message = _("El canal no aceptó el mensaje.")

    def __init__(
        self,
        message: Any = None,
        *,
        permanent: bool,
        reason: str,
        retry_after: float | None = None,
    ) -> None:
        self.permanent = permanent
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(message, reason=reason)
