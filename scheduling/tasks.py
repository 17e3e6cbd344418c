"""Background work on the diary: reminders, agents' calendars, offers that nobody took."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from crm.tasks import enqueue
from scheduling import offers, reminders, sync
from scheduling.calendars import outbox


def _moment(at: str | None) -> datetime:
    return datetime.fromisoformat(at) if at else timezone.now()


@shared_task(name="scheduling.tasks.sweep_offers", across="sweep")
def sweep_offers() -> int:
    """Delete offers a day after their hold ended; a hold itself ends by the clock."""
    return offers.forget(at=timezone.now())


@shared_task(name="scheduling.tasks.remind", tenant="scheduling.Appointment")
def remind(appointment_id: int, kind: str, at: str | None = None) -> bool:
    return reminders.remind(appointment_id, reminders.KINDS[kind], at=_moment(at))


@shared_task(name="scheduling.tasks.sweep_reminders", across="sweep")
def sweep_reminders(at: str | None = None) -> int:
    """Start every reminder that is due; safe to run twice at once."""
    waiting = reminders.due(at=_moment(at))
    for appointment_id, kind in waiting:
        enqueue(remind, appointment_id, kind, at)
    reminders.tell_unsent(at=_moment(at))
    return len(waiting)


@shared_task(name="scheduling.tasks.push_event", tenant="scheduling.CalendarEvent")
def push_event(event_id: int) -> bool:
    return sync.push(event_id, at=timezone.now())


@shared_task(name="scheduling.tasks.sweep_calendars", across="sweep")
def sweep_calendars(at: str | None = None) -> int:
    """Start what waits to be pushed and the calendars to be read; safe to run twice at once."""
    moment = _moment(at)
    waiting, reading = outbox.due(at=moment), sync.due_to_pull(at=moment)
    for event_id in waiting:
        enqueue(push_event, event_id)
    for connection_id in reading:
        enqueue(pull_calendar, connection_id)
    return len(waiting) + len(reading)


@shared_task(name="scheduling.tasks.pull_calendar", tenant="scheduling.CalendarConnection")
def pull_calendar(connection_id: int) -> int:
    changed = sync.pull(connection_id, at=timezone.now())
    for event_id in changed:
        enqueue(push_event, event_id)
    return len(changed)
