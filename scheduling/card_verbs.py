"""What an agent may do from a lead's card with the visit: confirm it."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokers.models import User
from leads.cards import Verb, register
from leads.models import Lead
from scheduling import booking
from scheduling.models import Appointment, AppointmentStatus


def _to_confirm(lead: Lead, user: User, at: datetime) -> Appointment | None:
    """The lead's next visit, while it is this person's to confirm."""
    visit = booking.upcoming(lead, at=at)
    if visit is None or visit.status != AppointmentStatus.SCHEDULED:
        return None
    return visit if Appointment.objects.visible_to(user).filter(pk=visit.pk).exists() else None


def _applies(lead: Lead, user: User, at: datetime) -> bool:
    return _to_confirm(lead, user, at) is not None


def _confirm(lead: Lead, user: User, at: datetime) -> str:
    visit = _to_confirm(lead, user, at)
    if visit is not None:
        booking.confirm(visit, by=user, at=at)
    return _("Visita confirmada.")


register(Verb("confirm", gettext_lazy("Confirmar la visita"), _applies, _confirm))
