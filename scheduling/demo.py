"""The demo agents' working hours, and the visits that their leads booked."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import F

from crm.demo import ZONE, Context
from leads.enums import Channel, Delivery
from leads.models import ChatMessage, Lead
from scheduling import booking, offers
from scheduling.availability import Slot
from scheduling.models import Appointment, AppointmentBlock, AppointmentStatus, AvailabilitySlot

HOUR = timedelta(hours=1)
MONDAY_TO_FRIDAY, SATURDAY = range(5), 5
WEEKS_BACK = 8


def seed(context: Context) -> None:
    for key in ("ana", "luis"):
        _open_diary(context, context.users[key])
    _block_team_meeting(context)
    for story in context.stories.values():
        if story.person.visit:
            _plan_visit(context, story)
    context.plan(context.at, lambda at: _mark_reminded(context, at))


def _open_diary(context: Context, agent: Any) -> None:
    hours = [(day, time(10), time(18)) for day in MONDAY_TO_FRIDAY]
    for weekday, start, end in [*hours, (SATURDAY, time(10), time(14))]:
        AvailabilitySlot.objects.create(
            broker=context.broker, agent=agent, weekday=weekday, start_time=start, end_time=end
        )


def _block_team_meeting(context: Context) -> None:
    today = context.at.astimezone(ZONE)
    start = context.on(-today.weekday() - 7 * WEEKS_BACK, time(15))
    AppointmentBlock.objects.create(
        broker=context.broker,
        start_time=start,
        end_time=start + HOUR,
        rrule="FREQ=WEEKLY;BYDAY=MO",
        reason="Reunión de equipo",
    )


def _plan_visit(context: Context, story: Any) -> None:
    visit, start = story.person.visit, story.visit_at
    context.plan(story.booked_at, lambda at: _book(context, story, at))
    if visit.outcome == AppointmentStatus.CONFIRMED:
        context.plan(context.lately(50), _doing(context, story, booking.confirm))
    if visit.outcome == AppointmentStatus.COMPLETED:
        context.plan(start - 20 * HOUR, _doing(context, story, booking.confirm))
        context.plan(start + HOUR, _doing(context, story, booking.complete))
    if visit.outcome == AppointmentStatus.NO_SHOW:
        context.plan(start + HOUR, _doing(context, story, booking.mark_no_show))


def _book(context: Context, story: Any, at: datetime) -> None:
    """The assistant offers the time, and books it when the lead takes it."""
    lead, agent = context.leads[story.person.key], context.users[story.person.visit.agent]
    start = story.visit_at
    offers.offer(lead, slots=[Slot(start, start + HOUR, (agent.pk,))], at=at - timedelta(minutes=2))
    booked = booking.book(lead, start=start, at=at)
    Appointment.objects.filter(pk=booked.pk).update(
        created_at=at, location=f"{story.person.place}, {story.person.comuna}"
    )
    _without_letters(lead)
    lead.refresh_from_db()


def _without_letters(lead: Lead) -> None:
    """Visits of the past were told in the chat: no invitation waits to be mailed."""
    waiting = ChatMessage.objects.filter(lead=lead, provider=Channel.EMAIL)
    waiting.filter(status=Delivery.PENDING).delete()


def _doing(context: Context, story: Any, verb: Any) -> Any:
    def do(at: datetime) -> None:
        lead, agent = context.leads[story.person.key], context.users[story.person.visit.agent]
        verb(Appointment.objects.get(lead=lead), by=agent, at=at)
        _without_letters(lead)
        lead.refresh_from_db()

    return do


def _mark_reminded(context: Context, at: datetime) -> None:
    """Reminders whose hour is past were sent, unless the visit was booked inside it."""
    appointments = Appointment.objects.filter(broker=context.broker)
    for flag, ahead in (("reminder_sent_24h", 24 * HOUR), ("reminder_sent_1h", HOUR)):
        due = appointments.filter(
            start_time__lte=at + ahead, created_at__lt=F("start_time") - ahead
        )
        due.update(**{flag: True})
