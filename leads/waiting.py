"""Watches leads who wait for a person: a reminder, an alert, then the assistant takes over again."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from leads import alerts, handoff, outbox, quiet, timers
from leads.enums import (
    NEVER_LEFT,
    AlertKind,
    Author,
    Direction,
    HandoffReason,
    Holder,
    Purpose,
)
from leads.models import ActivityLog, ChatMessage, Conversation
from leads.stages import Treatment
from leads.timers import Step

STILL_HERE = (
    "Disculpa la demora: el equipo todavía no ha podido responderte. Mientras tanto sigo yo, el "
    "asistente virtual. ¿En qué te ayudo?"
)
KINDS = {
    Step.REMINDER: AlertKind.HANDOFF_REMINDER,
    Step.ALERT: AlertKind.HANDOFF_ALERT,
    Step.RESUME: AlertKind.HANDOFF_RESUMED,
}


def sweep(*, at: datetime) -> int:
    """Take the step that is due in every conversation; returns how many took one."""
    watched = list(_watched().order_by("pk").values_list("pk", flat=True))
    return sum(_look_at(conversation_id, at) for conversation_id in watched)


def _watched() -> QuerySet[Conversation]:
    """Held by people, and either unanswered or with a step to take back."""
    answered = ChatMessage.objects.filter(
        lead=OuterRef("lead"),
        direction=Direction.OUT,
        author=Author.USER,
        id__gt=OuterRef("last_inbound_id"),
    ).exclude(status__in=NEVER_LEFT)
    unanswered = Q(holder=Holder.USER, last_inbound_id__gt=F("answered_up_to")) & ~Exists(answered)
    told = Q(holder=Holder.USER, alerted_step__gt=0)
    spent = Q(waiting_reason=HandoffReason.LEGAL_THREAT, alerted_step__gte=Step.ALERT)
    held = Conversation.objects.filter(Q(holder=Holder.WAITING) | unanswered | told)
    return held.filter(broker__is_active=True).exclude(spent)


@transaction.atomic
def _look_at(conversation_id: int, at: datetime) -> bool:
    """One conversation, locked: whoever else sweeps at this moment passes it by."""
    related = ("lead__broker__brokerleadconfig",)
    locked = Conversation.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    conversation = locked.select_related(*related).filter(pk=conversation_id).first()
    if conversation is None or conversation.holder == Holder.ASSISTANT:
        return False
    asked = first_unanswered(conversation)
    since = asked.at if asked else conversation.waiting_since
    minutes = _minutes(conversation, since, at) if since else 0.0
    step = timers.step_after(minutes)
    if step == Step.RESUME and not _may_resume(conversation):
        step = Step.ALERT
    if step <= conversation.alerted_step:
        _settle(conversation, step)
        return False
    _take(conversation, step, asked, minutes, at)
    return True


def first_unanswered(conversation: Conversation) -> ChatMessage | None:
    """The message since which the lead waits for a person."""
    if conversation.holder == Holder.WAITING:
        return handoff.request_of(conversation)
    spoken = max(conversation.answered_up_to, handoff.last_by_person(conversation.lead))
    later = conversation.lead.messages.filter(direction=Direction.IN, id__gt=spoken)
    return later.order_by("id").first()


def _minutes(conversation: Conversation, since: datetime, at: datetime) -> float:
    """Office minutes are the broker's: the people who should answer keep its hours."""
    broker = conversation.lead.broker
    hours = quiet.quiet_hours(broker.brokerleadconfig, country=broker.country, zone=broker.timezone)
    return timers.office_minutes_between(hours, since, at)


def _may_resume(conversation: Conversation) -> bool:
    """Not after a legal threat, whoever took it since; nor where only people may write."""
    if conversation.lead.treatment_type == Treatment.HOLD:
        return False
    threat = Q(action_type="person_requested", details__reason=HandoffReason.LEGAL_THREAT)
    events = ActivityLog.objects.filter(
        threat | Q(action_type="conversation_given_back"), lead=conversation.lead
    )
    latest = events.order_by("-id").values_list("action_type", flat=True).first()
    return latest != "person_requested"


def _settle(conversation: Conversation, step: int) -> None:
    """A person answered: the next message starts from nothing."""
    mine = Conversation.objects.filter(pk=conversation.pk, alerted_step=conversation.alerted_step)
    if conversation.alerted_step != step:
        mine.update(alerted_step=step)


def _take(
    conversation: Conversation, step: Step, asked: ChatMessage | None, minutes: float, at: datetime
) -> None:
    lead = conversation.lead
    alerts.raise_for(
        lead.broker_id,
        KINDS[step],
        lead=lead,
        key=str(asked.pk if asked else conversation.version),
        at=at,
        minutes=int(minutes),
        brief=conversation.brief,
    )
    _settle(conversation, step)
    if step == Step.RESUME and not handoff.resume(lead, at=at):
        _say_so(conversation, at)


def _say_so(conversation: Conversation, at: datetime) -> None:
    """The lead was promised a person: silence would be the worst answer."""
    outbox.queue(
        conversation.lead,
        text=STILL_HERE,
        author=Author.ASSISTANT,
        purpose=Purpose.REPLY,
        channel=conversation.channel,
        at=at,
    )
