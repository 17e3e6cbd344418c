"""The future visits of somebody who left: to the lead's agent, to who is free, or to nobody yet."""

from collections import Counter
from datetime import datetime

from django.db.models import QuerySet

from brokers.models import AssignmentMode, User
from leads import alerts
from scheduling import availability, booking
from scheduling.assignment import rank
from scheduling.errors import AgentNotAvailable, NotActive, SlotTaken
from scheduling.models import ACTIVE, Appointment


def future(at: datetime) -> QuerySet[Appointment]:
    visits: QuerySet[Appointment] = Appointment.objects.filter(
        status__in=ACTIVE, start_time__gt=at, agent__isnull=False
    )
    return visits.order_by("start_time", "pk")


def hand_on(user: User, *, at: datetime) -> None:
    """Each visit once: whoever is taken meanwhile leaves it to the pool."""
    shares: Counter[User | None] = Counter()
    visits = future(at).filter(agent=user).select_related("lead__broker__brokerleadconfig")
    for visit in visits:
        to = _next(visit, at)
        try:
            booking.reassign(visit, to=to, by=None, at=at)
        except NotActive:
            continue
        except (SlotTaken, AgentNotAvailable):
            to = None
            booking.reassign(visit, to=None, by=None, at=at)
        shares[to] += 1
    alerts.on_handed_on(user, "visits", shares, at=at)


def _next(visit: Appointment, at: datetime) -> User | None:
    """The lead's agent if free then, else by the broker's mode."""
    lead, broker = visit.lead, visit.lead.broker
    free = availability.free_agents(
        broker, start=visit.start_time, end=visit.end_time, at=at, lead=lead, ignoring=visit
    )
    by_hand = broker.brokerleadconfig.assignment_mode == AssignmentMode.MANUAL
    chosen = [pk for pk in free if pk == lead.assigned_to_id] if by_hand else free
    ranked = rank(lead, chosen, at=at)
    return User.objects.get(pk=ranked[0]) if ranked else None
