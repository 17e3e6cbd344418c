"""What scheduling refuses, with the code that clients and the assistant act on."""

from django.utils.translation import gettext_lazy as _

from crm.errors import Conflict, DomainError


class SlotTaken(Conflict):
    """The agent has another appointment, block or hold at that time."""

    code = "slot_taken"
    message = _("Esa hora ya no está disponible. Elige otra.")


class SlotNotOffered(Conflict):
    """The assistant tried to book a time that was never offered to this lead."""

    code = "slot_not_offered"
    message = _("Esa hora no fue ofrecida. Busca horas disponibles primero.")


class NotActive(Conflict):
    """The appointment is cancelled or over, so this can no longer happen to it."""

    code = "appointment_not_active"
    message = _("La cita ya no está vigente.")


class AlreadyBooked(Conflict):
    """The lead has another active appointment of the same type."""

    code = "already_booked"
    message = _("El lead ya tiene una cita vigente de este tipo.")


class VisitAlreadySet(Conflict):
    """Whoever filled in the public page has a visit at another hour: its own link changes it."""

    code = "visit_already_set"
    message = _("Ya tienes una hora agendada. Cámbiala con el enlace de tu visita o escríbenos.")


class InThePast(DomainError):
    """The time asked for is not ahead of now."""

    code = "in_the_past"
    message = _("La hora ya pasó. Elige una hora futura.")


class AgentNotAvailable(DomainError):
    """The agent is inactive or of another broker."""

    code = "agent_not_available"
    message = _("Ese agente no puede recibir citas. Elige otro.")


class RangeTooLong(DomainError):
    """More days were asked for than one answer covers, or the range ends before it starts."""

    code = "range_not_valid"
    message = _("El rango debe empezar antes de terminar y cubrir 62 días como máximo.")


class Stale(Conflict):
    """The lead's page shows the visit as it no longer is."""

    code = "stale"
    message = _("La visita cambió desde que abriste esta página. Revisa cómo quedó.")


class NoCalendar(DomainError):
    """Only people of a broker have visits, and so a calendar of them."""

    code = "no_calendar"
    status = 403
    message = _("Solo las personas de una corredora tienen un calendario de visitas.")


class NotFailed(Conflict):
    """There is nothing to retry: the event is up to date or waits for its turn."""

    code = "not_failed"
    message = _("El evento no está fallido: se actualiza solo.")


class OfTheCalendar(Conflict):
    """The block follows the agent's Google calendar, and changes there."""

    code = "block_of_calendar"
    message = _("Este bloqueo viene de Google Calendar: cámbialo en ese calendario.")
