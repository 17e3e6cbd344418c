"""What an appointment means for its lead: the log, scoring, the stage, the offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from brokers.language import in_language_of
from brokers.models import User
from crm.tasks import enqueue
from leads import agenda, cards, delivery, handoff, pipeline, scoring
from leads.activity import log
from leads.enums import Actor, AlertKind, HandoffReason, Purpose, SignalKind
from leads.models import Lead
from leads.stages import Stage
from scheduling import availability, offers, properties
from scheduling.calendars import outbox
from scheduling.models import Appointment
from scheduling.speech import spoken
from scheduling.tasks import push_event

NEWS = (
    "appointment_booked",
    "appointment_rescheduled",
    "appointment_reassigned",
    "appointment_reinstated",
)

_acting: ContextVar[Actor] = ContextVar("acting", default=Actor.ASSISTANT)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Whom the log names for what no user does: the assistant, unless it is the lead's own page."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def tell(appointment: Appointment, event: str, by: User | None, at: datetime, **more: Any) -> None:
    """The log and the agents' calendars hear of every change in its own transaction."""
    details = {
        "appointment": appointment.pk,
        "start": appointment.start_time.isoformat(),
        "agent": appointment.agent_id,
        "type": appointment.appointment_type,
    }
    actor = Actor.HUMAN if by else _acting.get()
    log(appointment.lead, event, actor=actor, at=at, user=by, **details, **more)
    agenda.refresh([appointment.lead_id], at=at)
    for event_id in outbox.plan(appointment, at=at):
        enqueue(push_event, event_id)
    _tell_agent(appointment, event, by, at)
    cards.refresh(appointment.lead_id, at=at)


def _tell_agent(appointment: Appointment, event: str, by: User | None, at: datetime) -> None:
    """Whose visit it is hears of it, but of what they did themselves."""
    agent = appointment.agent
    if agent is None or event not in NEWS or (by is not None and by.pk == agent.pk):
        return
    lead = appointment.lead
    with in_language_of(lead.broker):
        when = spoken(appointment.start_time, lead.broker.zone)
    key = f"{appointment.pk}:{appointment.start_time.isoformat()}"
    about: dict[str, Any] = {"when": when, "about": properties.reason(appointment)}
    cards.deal(lead.broker_id, AlertKind.VISIT, lead=lead, to=[agent], key=key, at=at, **about)


def pass_on(appointment: Appointment, *, news: str, words: str, key: str, at: datetime) -> None:
    """What the lead says of a visit that stays as it is: logged, and told to whose visit it is."""
    lead, agent = appointment.lead, appointment.agent
    log(
        lead, f"appointment_{news}", actor=Actor.LEAD, at=at, appointment=appointment.pk, said=words
    )
    with in_language_of(lead.broker):
        when = spoken(appointment.start_time, lead.broker.zone)
    about = f"«{words}»" if words else ""
    to = [agent] if agent is not None else None
    key = f"{appointment.pk}:{news}:{key}"
    details: dict[str, Any] = {"when": when, "news": news, "about": about}
    cards.deal(lead.broker_id, AlertKind.VISIT_NEWS, lead=lead, to=to, key=key, at=at, **details)


def retract_reminders(appointment: Appointment, at: datetime) -> None:
    """A reminder on its way would tell an hour that is no longer so."""
    reason = "appointment_changed"
    delivery.withdraw(appointment.lead, reason=reason, purposes=[Purpose.REMINDER], at=at)


def note(appointment: Appointment, kind: SignalKind, at: datetime, *, is_so: bool) -> None:
    source = f"appointment:{appointment.pk}"
    scoring.note(appointment.lead, kind, source_key=source, at=at, active=is_so)


def stage_before(lead: Lead) -> str:
    """The stage to go back to; for a lead who is at agendado, the one they came from."""
    if lead.pipeline_stage != Stage.SCHEDULED:
        return lead.pipeline_stage
    arrivals = lead.transitions.filter(to_stage=Stage.SCHEDULED).order_by("-id")
    came_from: str | None = arrivals.values_list("from_stage", flat=True).first()
    return came_from or lead.pipeline_stage


def follow(appointment: Appointment, by: User | None, at: datetime) -> None:
    """What an appointment ahead means for the lead: offers, stage, score."""
    lead = appointment.lead
    offers.settle(
        lead, start=appointment.start_time, appointment_type=appointment.appointment_type, at=at
    )
    if not Stage(lead.pipeline_stage).is_closed:
        pipeline.advance(lead, to=Stage.SCHEDULED, event="booked", at=at)
    elif by is None:
        with in_language_of(lead.broker):
            when = spoken(appointment.start_time, availability.zone_of(lead.broker))
            brief = _("Agendó una cita con el proceso cerrado: %(when)s.") % {"when": when}
        handoff.ask_for_person(lead, reason=HandoffReason.CLOSED_STAGE, brief=brief, at=at)
    note(appointment, SignalKind.APPOINTMENT_ACTIVE, at, is_so=True)
    scoring.rescore(lead, at=at)
