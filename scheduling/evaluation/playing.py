"""A conversation held with the real assistant: received, answered turn by turn, and looked at."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from knowledge.models import KnowledgeGap
from leads import facts, identity, outbox
from leads.enums import Author, Channel, ConsentState, Direction, HandoffReason, Holder
from leads.inbox import Inbound, receive
from leads.models import ChannelIdentity, ChatMessage, Conversation, Lead
from llm import conversation
from llm.models import LLMCall
from scheduling import booking
from scheduling.evaluation.cases import Case, StandingVisit, Step
from scheduling.evaluation.judging import Happened
from scheduling.evaluation.world import World
from scheduling.models import ACTIVE, Appointment, AppointmentStatus

BETWEEN = timedelta(minutes=2)
THINKING = timedelta(seconds=30)
MOST_TURNS = 3  # a turn that failed is tried again, as the sweep would
KNOWN_SINCE = timedelta(days=1)
OURS = (Author.ASSISTANT, Author.SYSTEM)


def play(case: Case, world: World) -> Happened:
    """The lead writes each message once the one before is answered; nothing of it stays."""
    with transaction.atomic():
        try:
            return _played(case, world)
        finally:
            transaction.set_rollback(True)


def _played(case: Case, world: World) -> Happened:
    standing = _prepare(case, world)
    moment, lead_id = world.at, 0
    for number, text in enumerate(case.messages):
        message = receive(
            Inbound(
                broker=world.broker,
                channel=Channel.WEBCHAT,
                external_user=_user(case),
                external_id=f"{_user(case)}:{number}",
                text=text,
                at=moment,
            )
        ).message
        lead_id = message.lead_id
        _answer(lead_id, moment + THINKING)
        moment += BETWEEN
    return _happened(Lead.objects.get(pk=lead_id), standing, since=world.at)


def _user(case: Case) -> str:
    return f"evaluation-{case.id}"


def _prepare(case: Case, world: World) -> Appointment | None:
    """What is given of the lead is there since the day before; returns the visit that stands."""
    given = case.given
    if given.visit is None and not given.facts.model_dump(exclude_none=True):
        return None
    before = world.at - KNOWN_SINCE
    lead = identity.create(world.broker, source=Channel.WEBCHAT, at=before)
    Conversation.objects.filter(lead=lead).update(channel=Channel.WEBCHAT)
    ChannelIdentity.objects.create(
        broker=world.broker, lead=lead, channel=Channel.WEBCHAT, external_id=_user(case)
    )
    facts.record(lead, given.facts, source=facts.Source.LEAD, at=before)
    return _book(lead, given.visit, world, before) if given.visit else None


def _book(lead: Lead, visit: StandingVisit, world: World, before: datetime) -> Appointment:
    day = world.at.date() + timedelta(days=visit.in_days)
    return booking.book(
        lead,
        start=datetime.combine(day, visit.at, world.at.tzinfo),
        agent=world.agent,
        location=world.address_of(visit.property),
        by=world.agent,
        at=before,
    )


def _answer(lead_id: int, at: datetime) -> None:
    held = Lead.objects.select_related("conversation").get(pk=lead_id).conversation
    for _ in range(MOST_TURNS):
        conversation.take_turn(held.pk, at=at)
        if not conversation.owed(at).filter(pk=held.pk).exists():
            break
        at += timedelta(minutes=1)
    waiting = ChatMessage.objects.filter(lead=lead_id, status="pending", due_at__lte=at)
    for message_id in waiting.order_by("pk").values_list("pk", flat=True):
        outbox.deliver(message_id, at=at)


def _happened(lead: Lead, standing: Appointment | None, *, since: datetime) -> Happened:
    messages = list(lead.messages.filter(at__gte=since).order_by("pk"))
    calls = list(LLMCall.objects.filter(lead=lead))
    costs = [call.estimated_cost_usd for call in calls]
    known = [cost for cost in costs if cost is not None]
    return Happened(
        lead,
        [each.message_text for each in messages if each.author in OURS],
        _step(lead, messages, standing),
        exchange=[
            ("lead" if each.direction == Direction.IN else "us", each.message_text)
            for each in messages
        ],
        had_visit=Appointment.objects.filter(lead=lead).exists(),
        called_person=_waits(lead).exclude(waiting_reason=HandoffReason.NOT_QUALIFIED).exists(),
        gaps=KnowledgeGap.objects.filter(broker=lead.broker_id).count(),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        cost_usd=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        fell_back=sum(call.used_fallback for call in calls),
    )


def _waits(lead: Lead) -> Any:
    waits = Q(holder=Holder.WAITING) | ~Q(waiting_reason="")
    return Conversation.objects.filter(waits, lead=lead)


def _step(lead: Lead, messages: Sequence[ChatMessage], standing: Appointment | None) -> Step:
    """Where the conversation stands after its last message, by what is stored.

    Visits and hours say more than the mark that the financing is a person's decision, and hours
    that are offered now more than a visit that was settled before.
    """
    if lead.consents.filter(state=ConsentState.WITHDRAWN).exists():
        return "opt_out"
    if _waits(lead).filter(holder=Holder.WAITING).exists():
        return "person"
    last = messages[-1]
    if last.provider_metadata.get("choices") and not _settled_since(lead, _asked_at(messages)):
        return "offer_hours"
    if deed := _visit_step(lead, standing):
        return deed
    if _waits(lead).exists():
        return "person"
    return "ask" if last.direction == Direction.OUT and "?" in last.message_text else "inform"


def _asked_at(messages: Sequence[ChatMessage]) -> datetime:
    return max(each.at for each in messages if each.direction == Direction.IN)


def _settled_since(lead: Lead, moment: datetime) -> bool:
    settled = Q(agreed_at__gte=moment) | Q(cancelled_at__gte=moment)
    return Appointment.objects.filter(settled, lead=lead).exists()


def _visit_step(lead: Lead, standing: Appointment | None) -> Step | None:
    """What became of visits; a given one that stands as it did is no step."""
    visits = list(Appointment.objects.filter(lead=lead))
    active = [each for each in visits if each.status in ACTIVE]
    if not active:
        gone = any(each.status == AppointmentStatus.CANCELLED for each in visits)
        return "cancel" if gone else None
    if standing is None:
        return "book"
    if any(each.pk == standing.pk and each.start_time == standing.start_time for each in active):
        return "book" if len(active) > 1 else None
    return "move"
