"""Appointments as iCalendar: an agent's feed, and the attachment of a mail."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from scheduling.calendars.wording import describe_to_agent, place, title
from scheduling.models import Appointment, AppointmentStatus

PRODUCT = "-//Lead CRM//Agenda//ES"
STATUSES = {
    AppointmentStatus.SCHEDULED: "TENTATIVE",
    AppointmentStatus.CANCELLED: "CANCELLED",
}


def uid(appointment: Appointment) -> str:
    """The same for the appointment's whole life, whoever serves it."""
    return f"appointment-{appointment.pk}-{appointment.token[:8].lower()}@lead-crm"


def feed(appointments: Iterable[Appointment], *, name: str, zone: str, at: datetime) -> bytes:
    """A calendar to subscribe to; cancelled ones are in it as cancelled."""
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", zone)
    for appointment in appointments:
        calendar.add_component(_event(appointment, at))
    return bytes(calendar.to_ical())


def attachment(appointment: Appointment, *, at: datetime) -> bytes:
    """One appointment for a mail: added by whoever opens it, or taken out when cancelled."""
    cancelled = appointment.status == AppointmentStatus.CANCELLED
    calendar = _calendar("CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(_event(appointment, at))
    return bytes(calendar.to_ical())


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _event(appointment: Appointment, at: datetime) -> Event:
    """Times are instants in UTC: no table of a country's clock changes can read them wrong."""
    event = Event()
    event.add("uid", uid(appointment))
    event.add("sequence", appointment.ics_sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("last-modified", appointment.updated_at.astimezone(UTC))
    event.add("dtstart", appointment.start_time.astimezone(UTC))
    event.add("dtend", appointment.end_time.astimezone(UTC))
    event.add("status", STATUSES.get(AppointmentStatus(appointment.status), "CONFIRMED"))
    event.add("summary", title(appointment))
    event.add("description", describe_to_agent(appointment))
    if where := place(appointment):
        event.add("location", where)
    event.add("categories", [_("Visitas")])
    return event
