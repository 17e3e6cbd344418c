"""The one door of an appointment: booked, moved, confirmed, cancelled, completed, missed.

Each verb is one transaction that locks the lead first, then the agents. It writes the log, what
scoring must know and the lead's stage, and returns the appointment as it is now.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from brokers.models import Broker, User
from knowledge.models import KnowledgeEntry
from leads import pipeline, scoring
from leads.assignment import give_if_unassigned
from leads.enums import SignalKind
from leads.models import Lead
from leads.stages import Stage
from scheduling import availability, invitations, properties
from scheduling.assignment import rank
from scheduling.consequences import follow, note, retract_reminders, stage_before, tell
from scheduling.doors import door, lock_agents, lock_appointment, lock_lead
from scheduling.errors import (
    AgentNotAvailable,
    InThePast,
    NotActive,
    SlotNotOffered,
    SlotTaken,
)
from scheduling.models import (
    ACTIVE,
    Appointment,
    AppointmentStatus,
    AppointmentType,
    SlotOffer,
)
from scheduling.properties import NO_SUBJECT, VisitSubject


@door
def book(
    lead: Lead, *, start: datetime, agent: User | None = None,
    appointment_type: str = AppointmentType.PROPERTY_VISIT, duration: int | None = None,
    location: str = "", by: User | None = None, at: datetime,
) -> Appointment:  # fmt: skip
    """Book a time; the same lead, start and type again is the same appointment.

    A lead has one active appointment per type: another time moves it. A person (``by``) may book
    any free time of an agent; the assistant only what it offered, else ``SlotNotOffered``.
    """
    lead, start = lock_lead(lead.pk), start.astimezone(UTC)
    standing = active(lead, appointment_type)
    if _is_that(standing, start, agent):
        return standing
    _require_future(start, at)
    if by is None:
        offered = _offer_of(lead, appointment_type, start_time=start)
        return _take_offer(lead, offered, standing, location, at)
    end = start + timedelta(minutes=duration or availability.meeting(lead.broker).duration)
    chosen = _chosen(lead, agent, start, end, at, standing)
    return _put(lead, standing, chosen, start, end, appointment_type, location, by, at)


@door
def book_offer(
    lead: Lead, *, offer_id: int, listing: KnowledgeEntry | None = None, at: datetime
) -> Appointment:
    """Book what was offered to the lead, also after its hold ended while the time is free.

    ``listing`` is the property to see, if it is another than the one it was offered for. Raises
    ``SlotNotOffered`` for an offer that is not theirs, ``SlotTaken`` when it is too late.
    """
    lead = lock_lead(lead.pk)
    offered = _offer_of(lead, pk=offer_id)
    standing = active(lead, offered.appointment_type)
    if _is_that(standing, offered.start_time, None):
        return standing
    _require_future(offered.start_time, at)
    return _take_offer(lead, offered, standing, "", at, listing)


@door
def reschedule(
    appointment: Appointment, *, start: datetime, by: User | None = None,
    listing: KnowledgeEntry | None = None, at: datetime,
) -> Appointment:  # fmt: skip
    """Move an active appointment; without a person, only to a time offered to its lead."""
    appointment = lock_appointment(appointment)
    lead, start = appointment.lead, start.astimezone(UTC)
    _require_active(appointment)
    if appointment.start_time == start:
        return appointment
    _require_future(start, at)
    if by is None:
        offered = _offer_of(lead, appointment.appointment_type, start_time=start)
        return _take_offer(lead, offered, appointment, "", at, listing)
    end = start + timedelta(minutes=appointment.duration_minutes)
    chosen = _chosen(lead, appointment.agent, start, end, at, appointment)
    return _move(lead, appointment, chosen, start, end, by, at)


@door
def reassign(
    appointment: Appointment, *, to: User | None, by: User | None, at: datetime
) -> Appointment:
    """Give the appointment to another agent who is free then; to nobody yet with ``to=None``."""
    appointment = lock_appointment(appointment)
    _require_active(appointment)
    if appointment.agent_id == (to.pk if to else None):
        return appointment
    before = appointment.agent_id
    appointment.agent = _lock_agent(appointment.broker_id, to) if to else None
    appointment.ics_sequence += 1
    _save(appointment, "agent", "ics_sequence")
    tell(appointment, "appointment_reassigned", by, at, before=before)
    invitations.send(appointment, by=by, at=at, left_by=before)
    return appointment


@door
def confirm(appointment: Appointment, *, by: User | None = None, at: datetime) -> Appointment:
    appointment = lock_appointment(appointment)
    if appointment.status == AppointmentStatus.CONFIRMED:
        return appointment
    _require_active(appointment)
    appointment.status = AppointmentStatus.CONFIRMED
    _save(appointment, "status")
    tell(appointment, "appointment_confirmed", by, at)
    return appointment


@door
def cancel(
    appointment: Appointment, *, reason: str, by: User | None = None, at: datetime
) -> Appointment:
    """Free the time; the lead's last active appointment gone, their stage goes back."""
    appointment = lock_appointment(appointment)
    lead = appointment.lead
    if appointment.status == AppointmentStatus.CANCELLED:
        return appointment
    _require_active(appointment)
    appointment.cancelled_at = at
    appointment.cancellation_reason = reason
    appointment.ics_sequence += 1
    _close(appointment, AppointmentStatus.CANCELLED, by, at, reason=reason)
    if lead.pipeline_stage == Stage.SCHEDULED and not _has_active(lead):
        pipeline.advance(lead, to=appointment.stage_before, event="cancelled", at=at)
    scoring.rescore(lead, at=at)
    invitations.send(appointment, by=by, at=at)
    return appointment


@door
def complete(appointment: Appointment, *, by: User | None = None, at: datetime) -> Appointment:
    """The visit took place; with none ahead, the lead goes on to follow-up."""
    appointment = lock_appointment(appointment)
    lead = appointment.lead
    if appointment.status == AppointmentStatus.COMPLETED:
        return appointment
    _require_active(appointment)
    _close(appointment, AppointmentStatus.COMPLETED, by, at)
    if lead.pipeline_stage == Stage.SCHEDULED and not _has_active(lead):
        pipeline.advance(lead, to=Stage.FOLLOW_UP, event="visit_completed", at=at)
    scoring.rescore(lead, at=at)
    return appointment


@door
def mark_no_show(appointment: Appointment, *, by: User | None = None, at: datetime) -> Appointment:
    """The lead did not come: scoring knows, the stage stays."""
    appointment = lock_appointment(appointment)
    lead = appointment.lead
    if appointment.status == AppointmentStatus.NO_SHOW:
        return appointment
    _require_active(appointment)
    _close(appointment, AppointmentStatus.NO_SHOW, by, at)
    scoring.rescore(lead, at=at)
    return appointment


@door
def reinstate(
    appointment: Appointment, *, by: User, at: datetime, even_past: bool = False
) -> Appointment:
    """Undo a cancellation, completion or no-show; refused where the time is taken by now.

    A cancelled time that is past comes back only with ``even_past``.
    """
    appointment = lock_appointment(appointment)
    lead = appointment.lead
    if appointment.status in ACTIVE:
        return appointment
    if appointment.status == AppointmentStatus.CANCELLED and not even_past:
        _require_future(appointment.start_time, at)
    if appointment.agent:
        appointment.agent = _lock_agent(lead.broker_id, appointment.agent)
    undone = SIGNALS.get(appointment.status)
    appointment.status = AppointmentStatus.SCHEDULED
    appointment.cancelled_at, appointment.cancellation_reason = None, ""
    appointment.ics_sequence += 1
    _save(appointment, "status", "cancelled_at", "cancellation_reason", "ics_sequence")
    tell(appointment, "appointment_reinstated", by, at)
    if undone:
        note(appointment, undone, at, is_so=False)
    follow(appointment, by, at)
    invitations.send(appointment, by=by, at=at)
    return appointment


# --- Reading -----------------------------------------------------------------------------------


def active(lead: Lead, appointment_type: str) -> Appointment | None:
    """The lead's one active appointment of this type."""
    rows = properties.joined(Appointment.objects.filter(lead=lead, status__in=ACTIVE))
    mine = rows.select_related("agent").filter(appointment_type=appointment_type)
    found: Appointment | None = mine.first()
    if found is not None:
        found.lead = lead
    return found


def upcoming(lead: Lead, *, at: datetime) -> Appointment | None:
    """The lead's next appointment that is not over yet."""
    rows = Appointment.objects.filter(lead=lead, status__in=ACTIVE, end_time__gt=at)
    ahead = properties.joined(rows).select_related("agent").order_by("start_time")
    found: Appointment | None = ahead.first()
    return found


def _has_active(lead: Lead) -> bool:
    return Appointment.objects.filter(lead=lead, status__in=ACTIVE).exists()


def _is_that(
    standing: Appointment | None, start: datetime, agent: User | None
) -> TypeGuard[Appointment]:
    same_agent = agent is None or (standing is not None and standing.agent_id == agent.pk)
    return standing is not None and standing.start_time == start and same_agent


def _require_future(start: datetime, at: datetime) -> None:
    if start <= at:
        raise InThePast(field="start_time")


def _require_active(appointment: Appointment) -> None:
    if appointment.status not in ACTIVE:
        raise NotActive(status=appointment.status)


# --- Whose time, and is it free ------------------------------------------------------------------


def _lock_agent(broker_id: int, agent: User) -> User:
    locked = lock_agents([agent.pk]).get(agent.pk)
    if locked is None or locked.broker_id != broker_id or not locked.is_active:
        raise AgentNotAvailable(field="agent")
    return locked


def _chosen(
    lead: Lead, agent: User | None, start: datetime, end: datetime, at: datetime,
    moving: Appointment | None,
) -> User:  # fmt: skip
    """The agent a person named, else the one whose visit it is among those free then."""
    if agent is not None:
        return _lock_agent(lead.broker_id, agent)
    locked = lock_agents(availability.bookable(lead.broker))
    free = availability.free_agents(
        lead.broker, start=start, end=end, at=at, lead=lead, ignoring=moving
    )
    ranked = rank(lead, free, at=at)
    if not ranked:
        raise SlotTaken
    return locked[ranked[0]]


def _offer_of(lead: Lead, appointment_type: str | None = None, **which: Any) -> SlotOffer:
    rows = SlotOffer.objects.filter(lead=lead, **which).order_by("-hold_until", "-pk")
    if appointment_type:
        rows = rows.filter(appointment_type=appointment_type)
    offered: SlotOffer | None = properties.joined(rows).select_related("agent").first()
    if offered is None:
        raise SlotNotOffered
    return offered


def _take_offer(
    lead: Lead, offered: SlotOffer, standing: Appointment | None, location: str, at: datetime,
    listing: KnowledgeEntry | None = None,
) -> Appointment:  # fmt: skip
    start, end = offered.start_time, offered.end_time
    agent = _lock_agent(lead.broker_id, offered.agent)
    free = availability.free_of(
        lead.broker, [agent.pk], start=start, end=end, at=at, lead=lead, ignoring=standing
    )
    if not free:
        raise SlotTaken
    kind = offered.appointment_type
    subject = VisitSubject(listing or offered.listing, offered.requested)
    return _put(lead, standing, agent, start, end, kind, location, None, at, subject)


# --- Writing -------------------------------------------------------------------------------------


def _put(
    lead: Lead, standing: Appointment | None, agent: User, start: datetime, end: datetime,
    appointment_type: str, location: str, by: User | None, at: datetime,
    subject: VisitSubject = NO_SUBJECT,
) -> Appointment:  # fmt: skip
    place = location or _place_of(subject, lead.broker, appointment_type)
    if standing is not None:
        standing.location = place or standing.location
        standing.listing = subject.listing or standing.listing
        standing.requested = subject.requested or standing.requested
        return _move(lead, standing, agent, start, end, by, at)
    appointment = Appointment.objects.create(
        lead=lead,
        broker_id=lead.broker_id,
        agent=agent,
        appointment_type=appointment_type,
        start_time=start,
        end_time=end,
        duration_minutes=_minutes(start, end),
        agreed_at=at,
        location=place or _usual_place(lead.broker, appointment_type),
        listing=subject.listing,
        requested=subject.requested,
        stage_before=stage_before(lead),
    )
    tell(appointment, "appointment_booked", by, at)
    if lead.assigned_to_id is None:
        give_if_unassigned(lead, to=agent, at=at)
    follow(appointment, by, at)
    invitations.send(appointment, by=by, at=at)
    return appointment


def _move(
    lead: Lead, appointment: Appointment, agent: User, start: datetime, end: datetime,
    by: User | None, at: datetime,
) -> Appointment:  # fmt: skip
    before, left_by = appointment.start_time, appointment.agent_id
    appointment.agent, appointment.start_time, appointment.end_time = agent, start, end
    appointment.duration_minutes = _minutes(start, end)
    appointment.status, appointment.agreed_at = AppointmentStatus.SCHEDULED, at
    appointment.reminder_sent_24h = appointment.reminder_sent_1h = False
    appointment.ics_sequence += 1
    if lead.pipeline_stage != Stage.SCHEDULED:
        appointment.stage_before = lead.pipeline_stage
    _save(appointment, *MOVED)
    retract_reminders(appointment, at)
    tell(appointment, "appointment_rescheduled", by, at, before=before.isoformat())
    follow(appointment, by, at)
    invitations.send(appointment, by=by, at=at, left_by=left_by)
    return appointment


MOVED = (
    "agent", "start_time", "end_time", "duration_minutes", "status", "agreed_at",
    "reminder_sent_24h", "reminder_sent_1h", "ics_sequence", "stage_before", "location",
    "listing", "requested",
)  # fmt: skip
SIGNALS: dict[str, SignalKind] = {
    AppointmentStatus.COMPLETED: SignalKind.APPOINTMENT_COMPLETED,
    AppointmentStatus.NO_SHOW: SignalKind.NO_SHOW,
}
EVENTS: dict[str, str] = {
    AppointmentStatus.CANCELLED: "appointment_cancelled",
    AppointmentStatus.COMPLETED: "appointment_completed",
    AppointmentStatus.NO_SHOW: "appointment_no_show",
}


def _close(
    appointment: Appointment, status: AppointmentStatus, by: User | None, at: datetime,
    **details: Any,
) -> None:  # fmt: skip
    appointment.status = status
    _save(appointment, "status", "cancelled_at", "cancellation_reason", "ics_sequence")
    retract_reminders(appointment, at)
    note(appointment, SignalKind.APPOINTMENT_ACTIVE, at, is_so=False)
    if status in SIGNALS:
        note(appointment, SIGNALS[status], at, is_so=True)
    tell(appointment, EVENTS[status], by, at, **details)


def _save(appointment: Appointment, *fields: str) -> None:
    appointment.save(update_fields=[*fields, "updated_at"])


def _place_of(subject: VisitSubject, broker: Broker, appointment_type: str) -> str:
    """Where the property is; a brokerage that receives somewhere else says so, if it names no street."""
    if subject.listing is None or appointment_type != AppointmentType.PROPERTY_VISIT:
        return ""
    usual = _usual_place(broker, appointment_type)
    return properties.address(subject.listing) or usual or properties.name(subject.listing)


def _usual_place(broker: Broker, appointment_type: str) -> str:
    at_the_office = appointment_type == AppointmentType.OFFICE_MEETING
    return availability.meeting(broker).location or (broker.address if at_the_office else "")


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds() // 60)
