"""What an agent may do from a card with the lead itself: claim it, take and give back the microphone."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokers.models import User
from leads import assignment, handoff
from leads.cards import Verb, register
from leads.errors import AlreadyClaimed
from leads.models import Lead


def holds(lead: Lead, user: User) -> bool:
    return handoff.is_held_by(getattr(lead, "conversation", None), user)


def _claim(lead: Lead, user: User, at: datetime) -> str:
    if lead.assigned_to_id != user.pk:
        try:
            assignment.claim(lead, by=user, at=at)
        except AlreadyClaimed:
            lead.refresh_from_db(fields=["assigned_to"])
            raise AlreadyClaimed(taken_by(lead)) from None
    return _("El lead es tuyo.")


def taken_by(lead: Lead) -> str:
    return _("Lo tomó %s.") % lead.assigned_to if lead.assigned_to else _("Ya no está disponible.")


def _take(lead: Lead, user: User, at: datetime) -> str:
    handoff.take(lead, by=user, at=at)
    return _("Tienes la conversación: el asistente no escribirá.")


def _give_back(lead: Lead, user: User, at: datetime) -> str:
    handoff.give_back(lead, by=user, at=at)
    return _("El asistente sigue desde el próximo mensaje.")


register(
    Verb("claim", gettext_lazy("Tomar el lead"), lambda lead, *_: not lead.assigned_to_id, _claim)
)
register(
    Verb("take", gettext_lazy("Responder yo"), lambda lead, user, _: not holds(lead, user), _take)
)
register(
    Verb(
        "give", gettext_lazy("Devolver al asistente"), lambda lead, u, _: holds(lead, u), _give_back
    )
)
