"""Watches leads who wait for a person: a reminder, an alert, then the assistant takes over again."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from crm import rowsecurity
from leads import alerts, briefs, handoff, outbox, quiet, timers
from leads.enums import NEVER_LEFT, AlertKind, Author, Direction, Holder, Purpose
from leads.models import ActivityLog, ChatMessage, Conversation
from leads.stages import Treatment
from leads.timers import Step

STILL_HERE = (
    "Disculpa la demora: el equipo todavía no ha podido responderte. Mientras tanto sigo yo, el "
    "asistente virtual. ¿En qué te ayudo?"
)
BATCH = 200
LONGEST_SHOWN = timedelta(hours=99)
KINDS = {
    Step.REMINDER: AlertKind.HANDOFF_REMINDER,
    Step.ALERT: AlertKind.HANDOFF_ALERT,
    Step.RESUME: AlertKind.HANDOFF_RESUMED,
}


def sweep(*, at: datetime) -> int:
    """Take the step that is due in every conversation; returns how many took one."""
    taken = 0
    for conversation_id in due(at=at):
        with rowsecurity.of_row(Conversation, conversation_id):
            taken += _look_at(conversation_id, at)
    return taken


def due(*, at: datetime) -> list[int]:
    """Conversations with a step to take, or one to take back: one query, read in batches."""
    watched = _with_clocks(_watched()).order_by("pk").iterator(chunk_size=BATCH)
    return [each.pk for each in watched if _step(each, at) != each.alerted_step]


def _watched() -> QuerySet[Conversation]:
    """Held by people, and either unanswered or with a step to take back."""
    unanswered = Q(holder=Holder.USER, last_inbound_id__gt=F("answered_up_to"))
    told = Q(holder=Holder.USER, alerted_step__gt=0)
    held = Conversation.objects.filter(Q(holder=Holder.WAITING) | unanswered | told)
    return held.filter(broker__is_active=True, lead__merged_into=None)


def _with_clocks(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Each with ``asked_at``, since when a person owes an answer, ``taken_at`` and ``threat``.

    Where a person has it, that is the first message that neither a turn nor a person answered.
    """
    messages = ChatMessage.objects.filter(lead=OuterRef("lead"))
    by_person = messages.filter(direction=Direction.OUT, author=Author.USER)
    spoken = by_person.exclude(status__in=NEVER_LEFT).order_by("-id").values("id")[:1]
    answered = Greatest(OuterRef("answered_up_to"), OuterRef("spoken"))
    owed = messages.filter(direction=Direction.IN, id__gt=answered).order_by("id").values("at")[:1]
    taken = ActivityLog.objects.filter(lead=OuterRef("lead"), action_type="conversation_taken")
    waits = When(holder=Holder.WAITING, then=F("waiting_since"))
    found = conversations.annotate(spoken=Coalesce(Subquery(spoken), 0)).annotate(
        asked_at=Case(waits, default=Subquery(owed)),
        taken_at=Subquery(taken.order_by("-id").values("timestamp")[:1]),
        threat=Subquery(handoff.threats(OuterRef("lead")).values("action_type")[:1]),
    )
    return found.select_related("lead__broker__brokerleadconfig")


def _step(conversation: Any, at: datetime) -> Step:
    if conversation.asked_at is None:
        return Step.NONE
    step = timers.step_after(_minutes(conversation, conversation.asked_at, at))
    return Step.ALERT if step == Step.RESUME and not _may_resume(conversation, at) else step


def _may_resume(conversation: Any, at: datetime) -> bool:
    """Not after a legal threat, whoever took it since; nor where only people may write."""
    on_hold = conversation.lead.treatment_type == Treatment.HOLD
    if on_hold or conversation.threat == "person_requested":
        return False
    return conversation.holder == Holder.WAITING or not _is_fresh(conversation, at)


def _is_fresh(conversation: Any, at: datetime) -> bool:
    """Whether whoever has it took it so lately that they may still be writing."""
    taken = conversation.taken_at
    return bool(taken) and timers.step_after(_minutes(conversation, taken, at)) == Step.NONE


def _minutes(conversation: Conversation, since: datetime, at: datetime) -> float:
    hours = quiet.office_hours(conversation.lead.broker)
    return timers.office_minutes_between(hours, since, at)


@transaction.atomic
def _look_at(conversation_id: int, at: datetime) -> bool:
    """One conversation, locked: whoever else sweeps at this moment passes it by."""
    mine = Conversation.objects.filter(pk=conversation_id)
    if mine.select_for_update(skip_locked=True, no_key=True).first() is None:
        return False
    # Read under the lock: a person may have answered since it was found due.
    conversation = _with_clocks(_watched() & mine).first()
    if conversation is None:
        return False
    step = _step(conversation, at)
    if step <= conversation.alerted_step:
        _settle(conversation, step)
        return False
    _take(conversation, step, at)
    return True


def first_unanswered(conversation: Conversation) -> ChatMessage | None:
    """The message since which the lead waits for a person."""
    if conversation.holder == Holder.WAITING:
        return handoff.request_of(conversation)
    spoken = max(conversation.answered_up_to, handoff.last_by_person(conversation.lead))
    later = conversation.lead.messages.filter(direction=Direction.IN, id__gt=spoken)
    return later.order_by("id").first()


def _settle(conversation: Conversation, step: int) -> None:
    """A person answered: the next message starts from nothing."""
    mine = Conversation.objects.filter(pk=conversation.pk, alerted_step=conversation.alerted_step)
    if conversation.alerted_step != step:
        mine.update(alerted_step=step)


def _take(conversation: Any, step: Step, at: datetime) -> None:
    lead, asked = conversation.lead, first_unanswered(conversation)
    alerts.raise_for(
        lead.broker_id,
        KINDS[step],
        lead=lead,
        key=str(asked.pk if asked else conversation.version),
        at=at,
        minutes=int(_minutes(conversation, conversation.asked_at, at)),
        brief=_brief(conversation, asked),
    )
    _settle(conversation, step)
    if step == Step.RESUME and not handoff.resume(lead, at=at):
        _say_so(conversation, at)


def _brief(conversation: Conversation, asked: ChatMessage | None) -> str:
    """Why now: what made the lead wait, or what they wrote to the person who has them."""
    if conversation.holder == Holder.WAITING:
        return conversation.brief
    return briefs.write(conversation.lead, said=[asked] if asked else [])


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


def minutes_waited(conversation: Conversation, *, at: datetime) -> int | None:
    """Office minutes for which the lead has waited, to be shown; None for one who does not wait.

    The lead comes with its broker and the broker's configuration. Counting stops at 99 hours.
    """
    if conversation.waiting_since is None:
        return None
    hours = quiet.office_hours(conversation.lead.broker)
    since = conversation.waiting_since
    return int(timers.office_minutes_between(hours, since, at, enough=LONGEST_SHOWN))


def told(conversation: Conversation, *, at: datetime) -> str:
    """How long the lead has waited, in words; empty for one who does not wait."""
    minutes = minutes_waited(conversation, at=at)
    if minutes is None:
        return ""
    if minutes * timedelta(minutes=1) >= LONGEST_SHOWN:
        return _("más de 99 h de oficina")
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(count)s min de oficina") % {"count": rest}
    return _("%(hours)s h %(minutes)s min de oficina") % {"hours": hours, "minutes": rest}
