"""Appointments as iCalendar: an agent's feed, and the invitations that are mailed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from scheduling.calendars import outbox
from scheduling.calendars.wording import (
    describe_to_agent,
    describe_to_lead,
    place,
    title,
    title_for_lead,
)
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


REQUEST, CANCEL = "REQUEST", "CANCEL"


@dataclass(frozen=True)
class Guest:
    """Whom an invitation goes to: the lead, or an agent."""

    email: str
    name: str
    is_lead: bool


def invitation(appointment: Appointment, guest: Guest, *, method: str, at: datetime) -> bytes:
    """One appointment for a mail: ``REQUEST`` puts it into a calendar, ``CANCEL`` takes it out."""
    event = _event(appointment, at)
    event["status"] = "CANCELLED" if method == CANCEL else "CONFIRMED"
    if guest.is_lead:
        _address_to_lead(event, appointment)
    event.add("organizer", _person(appointment.lead.broker.email, appointment.lead.broker.name))
    attendee = _person(guest.email, guest.name)
    attendee.params["ROLE"], attendee.params["PARTSTAT"] = "REQ-PARTICIPANT", "NEEDS-ACTION"
    attendee.params["RSVP"] = "FALSE"
    event.add("attendee", attendee)
    calendar = _calendar(method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address_to_lead(event: Event, appointment: Appointment) -> None:
    """In the lead's words, under the id of Google's event, so that with both there is one entry."""
    event["uid"] = vText(f"{outbox.event_id(appointment)}@google.com")
    event["summary"] = vText(title_for_lead(appointment))
    event["description"] = vText(describe_to_lead(appointment))


def _person(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(" ".join(name.split()))
    return address


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
