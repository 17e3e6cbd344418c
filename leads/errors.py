"""What the doors of this app refuse, and with which words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.errors import Conflict, DomainError
from leads import reasons


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


class NotTheirLead(DomainError):
    code = "not_their_lead"
    status = 409
    message = _("Elige a quien atiende este lead, o a un administrador.")


class TaskClosed(DomainError):
    code = "task_closed"
    status = 409
    message = _("Esta tarea ya está hecha o cancelada.")


class NoChannel(DomainError):
    code = "no_channel"
    status = 409
    message = _("El lead no tiene un canal por el que escribirle. Llámalo o pídele otro contacto.")


class ChannelOff(DomainError):
    """The broker turned the channel off: nobody new comes in by it."""

    code = "channel_off"
    status = 403
    message = _("Este canal no está activo.")


class Refused(DomainError):
    """The send gate said no."""

    code = "not_allowed_to_contact"
    status = 409
    message = _("No se puede contactar al lead en este momento.")

    def __init__(self, message: Any = None, *, reason: str, **data: Any) -> None:
        told = _("No se puede contactar al lead: %(why)s.") % {"why": reasons.told(reason)}
        super().__init__(message or told, reason=reason, **data)


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


class LeadMerged(Conflict):
    """The lead went into another: ``merged_into`` is where it lives on."""

    code = "lead_merged"
    message = _("Este lead se unió con otro. Trabaja en el lead con el que se unió.")


class NotMergeable(DomainError):
    code = "not_mergeable"
    status = 409
    message = _("Estos dos leads no se pueden unir.")


class TurnUnderWay(Conflict):
    """The assistant is answering one of the two at this moment."""

    code = "turn_under_way"
    message = _("El asistente está respondiendo a uno de los dos. Intenta de nuevo en un minuto.")


class NotUndoable(DomainError):
    code = "not_undoable"
    status = 409
    message = _("Esta unión ya no se puede deshacer.")


class TooLarge(DomainError):
    code = "too_large"
    status = 413
    message = _("El mensaje es demasiado largo.")


class UnknownShape(DomainError):
    """A vendor's payload that is not as documented."""

    code = "unknown_shape"
    message = _("Lo que envió el canal no tiene una forma conocida.")


class ForeignPage(DomainError):
    """A page that is not the chat's own posts to it from a visitor's browser."""

    code = "origin_not_allowed"
    status = 403
    message = _("El chat solo recibe mensajes desde su propia página.")


class SentAlready(Conflict):
    """The key belongs to another message of the same person."""

    code = "idempotency_key_reused"
    message = _(
        "Ya enviaste otro mensaje desde este borrador, quizá en otra ventana. Revisa la "
        "conversación y, si corresponde, envíalo de nuevo."
    )


class Arrived(Conflict):
    """Nothing to repeat: the message left, or is about to."""

    code = "already_on_its_way"
    message = _("Ese mensaje ya salió o está por salir: no hace falta repetirlo.")


class Overtaken(Exception):
    """A message was about to leave, and may not any more: taken back, or judged by what was so."""
