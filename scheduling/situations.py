"""A lead with a visit ahead, on whom the assistant is tried."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from brokers.models import User
from leads.models import Lead
from llm.desk import situations
from scheduling import availability, booking
from scheduling.errors import SlotTaken
from scheduling.models import AppointmentType


def with_a_visit(lead: Lead, at: datetime) -> None:
    """Raises SlotTaken where no agent has a free hour."""
    situations.known(lead, at)
    free = availability.free_slots(
        lead.broker,
        start=at,
        end=at + availability.meeting(lead.broker).horizon,
        at=at,
        appointment_type=AppointmentType.PROPERTY_VISIT,
        lead=lead,
    )
    # The last one: the assistant has the first to offer.
    slot = next(iter(sorted(free, reverse=True)), None)
    if slot is None:
        raise SlotTaken
    agent = User.objects.get(pk=slot.agents[0])
    booking.book(lead, start=slot.start, agent=agent, by=agent, at=at)


situations.register("visit", _("Tiene una visita agendada"), with_a_visit)
