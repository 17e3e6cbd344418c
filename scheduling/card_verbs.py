"""What a lead's card tells of the visit, and what an agent may do with it there: confirm it."""

from datetime import datetime

from django.utils.translation import gettext as _

from brokers.models import User
from leads import cards
from leads.cards import Offer, Verb
from leads.enums import AlertKind
from leads.models import AgentCard, Lead
from scheduling import booking, properties
from scheduling.models import ACTIVE, Appointment, AppointmentStatus
from scheduling.speech import spoken


def _next(lead: Lead, user: User, at: datetime) -> Appointment | None:
    """The lead's next visit, where it is this person's to see."""
    visit = booking.upcoming(lead, at=at)
    if visit is None or not Appointment.objects.visible_to(user).filter(pk=visit.pk).exists():
        return None
    return visit


def _to_confirm(lead: Lead, user: User, at: datetime) -> Offer | None:
    """The button is of one visit at one hour: moved since, it confirms nothing."""
    visit = _next(lead, user, at)
    if visit is None or visit.status != AppointmentStatus.SCHEDULED:
        return None
    return Offer(_("Confirmar la visita"), f"{visit.pk}-{int(visit.start_time.timestamp())}")


def _confirm(lead: Lead, user: User, at: datetime) -> str:
    visit = _next(lead, user, at)
    assert visit is not None, "the offer found it, under the lead's lock"
    booking.confirm(visit, by=user, at=at)
    return _("Visita confirmada.")


def _too_late(lead: Lead, user: User, at: datetime) -> str:
    visit = _next(lead, user, at)
    if visit is None:
        return _("Ya no hay una visita por confirmar.")
    when = spoken(visit.start_time, lead.broker.zone)
    if visit.status == AppointmentStatus.CONFIRMED:
        return _("La visita ya está confirmada: %s.") % when
    return _("La visita cambió: ahora es el %s. Confírmala en la tarjeta.") % when


def _line(lead: Lead, user: User, at: datetime) -> str:
    visit = _next(lead, user, at)
    if visit is None:
        return ""
    confirmed = visit.status == AppointmentStatus.CONFIRMED
    told = _("Visita: %s, confirmada") if confirmed else _("Visita: %s, por confirmar")
    line = told % spoken(visit.start_time, lead.broker.zone)
    return "\n".join(filter(None, (line, properties.reason(visit))))


def _news(card: AgentCard, at: datetime) -> str:
    """What became of the visit that the card told of, named by its key."""
    number, _between, start = card.key.partition(":")
    visit = Appointment.objects.filter(pk=number, broker=card.broker_id).first()
    if visit is None or visit.status == AppointmentStatus.CANCELLED:
        return _("La visita se canceló.")
    if visit.status not in ACTIVE or visit.end_time <= at:
        return _("La visita ya pasó.")
    if visit.agent_id != card.agent_id:
        return _("La visita ya no es tuya.")
    if visit.start_time == datetime.fromisoformat(start):
        return ""
    return _("La visita se movió: ahora es el %s.") % spoken(visit.start_time, card.broker.zone)


cards.register(Verb("confirm", _to_confirm, _confirm, _too_late))
cards.register_line(_line)
cards.register_news(AlertKind.VISIT, _news)
