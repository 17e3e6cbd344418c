"""Reminders and calendars that wait, for who watches the operation."""

from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.queues import Queue, register
from scheduling import reminders, sync
from scheduling.calendars import outbox
from scheduling.models import ACTIVE, Appointment

AN_HOUR_BEFORE = ExpressionWrapper(
    F("start_time") - reminders.HOUR_BEFORE.ahead, output_field=DateTimeField()
)


def _reminders(at: datetime) -> QuerySet[Appointment]:
    """Visits within the hour whose second reminder has not gone: by day it should have."""
    rows: QuerySet[Appointment] = Appointment.objects.filter(
        reminder_sent_1h=False,
        broker__is_active=True,
        status__in=ACTIVE,
        start_time__gt=at,
        start_time__lte=at + reminders.HOUR_BEFORE.ahead,
        agreed_at__lt=AN_HOUR_BEFORE,
    )
    return rows


register(
    Queue(
        "reminders",
        _("recordatorios de visitas"),
        "scheduling.tasks.sweep_reminders",
        _reminders,
        AN_HOUR_BEFORE,
        "scheduling_appointment",
    ),
    Queue(
        "calendar_push",
        _("cambios hacia Google Calendar"),
        "scheduling.tasks.sweep_calendars",
        outbox.owed,
        F("due_at"),
        "scheduling_calendarevent",
        timedelta(minutes=15),
    ),
    Queue(
        "calendar_pull",
        _("calendarios por leer"),
        "scheduling.tasks.sweep_calendars",
        sync.owed,
        F("pull_due_at"),
        "scheduling_calendarconnection",
        timedelta(minutes=15),
    ),
)
