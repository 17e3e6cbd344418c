"""Invitations by mail: lead and agent get each visit as an .ics, and every change of it.

Rows with a state of their own: the lead's is a message of the outbox, the agent's an alert.
"""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from brokers.language import in_language_of
from brokers.models import User
from leads import alerts, gate, outbox
from leads.activity import log
from leads.enums import Actor, AlertKind, Author, Channel, Purpose
from leads.models import Lead
from leads.writing import in_language_of_lead
from scheduling import properties
from scheduling.availability import zone_of
from scheduling.calendars import ics
from scheduling.calendars.wording import describe_to_lead, place, title, title_for_lead
from scheduling.models import Appointment, AppointmentStatus, CalendarConnection
from scheduling.speech import spoken


def send(
    appointment: Appointment, *, by: User | None, at: datetime, left_by: int | None = None
) -> None:
    """Queue what lead and agent get of the appointment as it is now; in the door's transaction.

    ``left_by`` is the agent whose visit it was until now. What is over is not told.
    """
    if appointment.start_time <= at:
        return
    if not appointment.lead.broker.email:
        _say_why_not(appointment, at)
        return
    cancelled = appointment.status == AppointmentStatus.CANCELLED
    method = ics.CANCEL if cancelled else ics.REQUEST
    with in_language_of(appointment.lead.broker):
        _to_agent(appointment, appointment.agent_id, method, at)
        if left_by not in (None, appointment.agent_id):
            _to_agent(appointment, left_by, ics.CANCEL, at)
    if appointment.lead.email:
        with in_language_of_lead(appointment.lead):
            _to_lead(appointment, method, by, at)


def _say_why_not(appointment: Appointment, at: datetime) -> None:
    """An invitation is answered to the broker's address: without one none is sent."""
    if appointment.lead.email:
        details = {"appointment": appointment.pk, "reason": "broker_without_email"}
        log(appointment.lead, "invitation_not_sent", actor=Actor.SYSTEM, at=at, **details)


# --- The lead -------------------------------------------------------------------------------------


def _to_lead(appointment: Appointment, method: str, by: User | None, at: datetime) -> None:
    lead = appointment.lead
    guest = ics.Guest(lead.email, str(lead), is_lead=True)
    version = lead.conversation.version if by is None else None
    outbox.queue(
        lead,
        text=_letter(appointment, method),
        author=Author.SYSTEM,
        purpose=_purpose(lead, by, at),
        channel=Channel.EMAIL,
        sent_by=by,
        version=version,
        idempotency_key=f"invitation:{appointment.pk}:{appointment.ics_sequence}:{method}",
        metadata={
            "appointment": appointment.pk,
            "subject": _subject(appointment, method),
            "calendar": _calendar(appointment, guest, method, at),
        },
        at=at,
    )


def _purpose(lead: Lead, by: User | None, at: datetime) -> Purpose:
    """A person's booking is a person's word; the lead's own act is answered while it is fresh.

    With the conversation's version, so that a person who already holds it is no obstacle: the
    letter is not the assistant speaking.
    """
    if by is not None:
        return Purpose.HUMAN
    return Purpose.REPLY if gate.is_window_open(lead, at) else Purpose.REMINDER


def _subject(appointment: Appointment, method: str) -> str:
    said = title_for_lead(appointment)
    return _("Cancelada: %s") % said if method == ics.CANCEL else said


def _letter(appointment: Appointment, method: str) -> str:
    told = {
        "kind": appointment.get_appointment_type_display(),
        "when": _when(appointment),
        "where": _(", en %s") % place(appointment) if place(appointment) else "",
    }
    if method == ics.CANCEL:
        return _("Tu %(kind)s del %(when)s quedó cancelada.") % told
    booked = _("Tu %(kind)s: %(when)s%(where)s.") % told
    return f"{booked}\n{describe_to_lead(appointment)}"


# --- The agent ------------------------------------------------------------------------------------


def _to_agent(appointment: Appointment, agent_id: int | None, method: str, at: datetime) -> None:
    """Where Google is joined the event stands there already."""
    joined = CalendarConnection.objects.filter(
        user=agent_id, state=CalendarConnection.State.CONNECTED
    )
    agent = User.objects.filter(pk=agent_id, is_active=True).first()
    if agent is None or joined.exists():
        return
    said = title(appointment)
    guest = ics.Guest(agent.email, agent.name, is_lead=False)
    alerts.raise_for(
        appointment.broker_id,
        AlertKind.INVITATION,
        lead=appointment.lead,
        key=f"{appointment.pk}:{appointment.ics_sequence}:{agent.pk}:{method}",
        at=at,
        user=agent.pk,
        title=_("Cancelada: %s") % said if method == ics.CANCEL else said,
        when=_when(appointment),
        about=properties.reason(appointment),
        page=reverse("admin:scheduling_appointment_change", args=[appointment.pk]),
        calendar=_calendar(appointment, guest, method, at),
    )


def _when(appointment: Appointment) -> str:
    return spoken(appointment.start_time, zone_of(appointment.lead.broker))


def _calendar(
    appointment: Appointment, guest: ics.Guest, method: str, at: datetime
) -> dict[str, Any]:
    body = ics.invitation(appointment, guest, method=method, at=at)
    return {"text": body.decode(), "method": method}
