"""A turn of the conversation: claimed with a lease, thought through, answered once."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crm import connections, correlation, rehearsal, rowsecurity
from crm.metrics import Counter
from leads import handoff, outbox, pipeline, scoring, typing
from leads.activity import log as log_activity
from leads.enums import Actor, Author, Delivery, Direction, HandoffReason, Holder, Purpose
from leads.folding import excerpt
from leads.models import ChatMessage, Conversation
from leads.stages import Stage, Treatment
from llm import asking, heeding, progress, thinking, turn_limits, turn_queue
from llm.deadline import Deadline
from llm.guards import outgoing, texts
from llm.guards.gathering import language_of
from llm.lead_tools import answer_from
from llm.spanish import Intent, understand
from llm.tools import Trial, Turn, settled

log = logging.getLogger(__name__)

TURNS = Counter(
    "crm_turns_total",
    "Turns of the conversation by the model that answered and how they ended.",
    ("model", "outcome"),
)
NO_MODEL = "none"  # of turns that end before one is asked
MAX_ROUNDS = 3
MAX_ATTEMPTS = 5
HISTORY_MESSAGES = 40
RETRY_SECONDS = 20
LONGEST_BURST = 12_000  # characters of all unanswered messages, as much as of the history


class Outcome(StrEnum):
    ANSWERED = "answered"
    NOT_OURS = "not_ours"  # another worker has it, or nothing is due
    SILENT = "silent"  # a person holds the conversation, or the lead is on hold
    DISCARDED = "discarded"  # somebody took the microphone while the model thought
    PUT_OFF = "put_off"  # the lead had as many turns as one gets in that time
    AGAIN = "again"  # a newer message came: another round answers all of them
    GAVE_UP = "gave_up"


@dataclass(frozen=True)
class Claim:
    """A claimed turn: everything unanswered up to ``seen``, under ``lease``, within one deadline."""

    conversation: Conversation
    lease: uuid.UUID
    seen: int
    deadline: Deadline = field(default_factory=Deadline)
    trial: Trial | None = None


def take_turn(conversation_id: int, *, at: datetime, trial: Trial | None = None) -> Outcome:
    """Answer what the lead wrote, once; safe to call at any time, from anywhere, repeatedly.

    With a ``trial`` within ``crm.rehearsal.undone``: what it queues is never delivered.
    """
    claim = _claim(conversation_id, at, trial)
    return _taken(claim, at) if claim else Outcome.NOT_OURS


def take_next(*, at: datetime) -> tuple[Outcome, int | None]:
    """Answer whoever's turn it is (``turn_queue``): the outcome and the conversation."""
    taken = turn_queue.claim_next(at)
    if taken is None:
        return Outcome.NOT_OURS, None
    claim = _read(taken.conversation_id, taken.lease)
    with rowsecurity.of(claim.conversation.broker_id):
        return _taken(claim, at), taken.conversation_id


def _taken(claim: Claim, at: datetime) -> Outcome:
    with correlation.bound(model=NO_MODEL):
        try:
            outcome = _run(claim, at)
        except Exception as error:
            if not connections.is_away(
                error
            ):  # else the claim is given back once it is there again
                _release_to_retry(claim, at)
            _count("error")
            raise
        _count(outcome)
        trace_id = correlation.current().get("trace_id")
    correlation.bind(trace_id=trace_id)  # the task's own line, which comes last, tells it too
    return outcome


def _count(outcome: str) -> None:
    if not rehearsal.is_on():
        TURNS.inc(str(correlation.current()["model"]), outcome)


def due(*, at: datetime, limit: int = 500) -> list[int]:
    """Conversations in which a reply is owed and nobody is at it."""
    return list(owed(at).order_by("turn_due_at").values_list("id", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[Conversation]:
    return Conversation.objects.filter(turn_queue.free(at), turn_due_at__lte=at)


def _claim(conversation_id: int, at: datetime, trial: Trial | None = None) -> Claim | None:
    taken = turn_queue.claim(conversation_id, at)
    return replace(_read(conversation_id, taken.lease), trial=trial) if taken else None


def _read(conversation_id: int, lease: uuid.UUID) -> Claim:
    related = ("lead__broker__brokerleadconfig", "lead__broker__brokerpromptconfig")
    conversation = Conversation.objects.select_related(*related).get(pk=conversation_id)
    correlation.bind(broker_id=conversation.broker_id)
    return Claim(conversation, lease, conversation.last_inbound_id)


def _run(claim: Claim, at: datetime) -> Outcome:
    for round_number in range(MAX_ROUNDS):
        outcome = _round(claim, at, is_last=round_number == MAX_ROUNDS - 1)
        if outcome != Outcome.AGAIN:
            return outcome
        # The rounds of a turn share its seconds, and know which models failed before.
        claim = replace(
            _read(claim.conversation.pk, claim.lease), deadline=claim.deadline, trial=claim.trial
        )
    raise AssertionError("unreachable: the last round does not go again")


def _round(claim: Claim, at: datetime, *, is_last: bool) -> Outcome:
    conversation = claim.conversation
    messages = _messages(claim)
    unanswered = [m for m in messages if m.pk > conversation.answered_up_to and _is_inbound(m)]
    if not unanswered or _is_silent(conversation):
        _heed_threats(conversation, unanswered, at)
        _digest(conversation, at)
        return _settle(claim, at, Outcome.SILENT)
    if claim.trial is None and (until := turn_limits.full_until(conversation, at)):
        return _put_off(claim, until)
    turn = _turn_of(conversation, unanswered, at)
    turn.deadline, turn.trial = claim.deadline, claim.trial
    if turn.trial:
        turn.trial.turns.append(turn)
    if conversation.turn_attempts > MAX_ATTEMPTS:
        return _give_up(claim, turn)
    if conversation.lead.pipeline_stage == Stage.LOST:
        return _leave_to_person(claim, turn, HandoffReason.CLOSED_STAGE)
    with typing.shown(conversation):
        reply = _think(turn, messages, unanswered)
    if not turn.rescored:
        _digest(conversation, at)
    return _answer(claim, turn, reply, is_last=is_last)


def _is_inbound(message: ChatMessage) -> bool:
    return message.direction == Direction.IN


def _is_silent(conversation: Conversation) -> bool:
    held = conversation.holder != Holder.ASSISTANT
    return held or conversation.lead.treatment_type == Treatment.HOLD


def _heed_threats(
    conversation: Conversation, unanswered: Sequence[ChatMessage], at: datetime
) -> None:
    """Nobody thinks about what comes while people hold the conversation; threats count all the same."""
    if conversation.holder == Holder.ASSISTANT:
        return
    for message in unanswered:
        if Intent.LEGAL_THREAT in understand(message.message_text, now=at).intents:
            reason, brief = HandoffReason.LEGAL_THREAT, f"«{message.message_text}»"
            handoff.ask_for_person(conversation.lead, reason=reason, brief=brief, at=at)
            return


def _messages(claim: Claim) -> list[ChatMessage]:
    """The latest messages up to the claimed one, oldest first; drafts that never left stay out."""
    said = ChatMessage.objects.filter(
        lead_id=claim.conversation.lead_id, pk__lte=claim.seen
    ).exclude(status__in=[Delivery.BLOCKED, Delivery.FAILED])
    return list(said.order_by("-pk")[:HISTORY_MESSAGES])[::-1]


def _turn_of(conversation: Conversation, unanswered: Sequence[ChatMessage], at: datetime) -> Turn:
    lead = conversation.lead
    lead.conversation = conversation
    return Turn(
        lead=lead,
        broker=lead.broker,
        conversation=conversation,
        message=unanswered[-1],
        question=excerpt("\n".join(excerpt(m.message_text) for m in unanswered), LONGEST_BURST),
        at=at,
        version=conversation.version,
    )


def _think(turn: Turn, messages: list[ChatMessage], unanswered: list[ChatMessage]) -> str:
    first_contact = not any(m.direction == Direction.OUT for m in messages)
    turn.history = [message for message in messages if message.pk < unanswered[0].pk]
    done = settled(turn, unanswered)
    if done is not None and not done.rest:
        turn.conversation.stalled_turns = 0
        return done.reply
    if done is not None:
        # The model reads what was done as the conversation up to now, and answers the rest.
        turn.question = done.rest
        turn.history = [*turn.history, *unanswered, _as_sent(turn, done.reply)]
    reply = thinking.reply(turn, turn.history, first_contact=first_contact)
    if _stalls(turn):
        return _hand_over_stalled(turn)
    text = heeding.heed(turn, asking.without_repeats(outgoing.text_of(turn, reply), turn))
    return "\n".join(filter(None, [done.reply if done else "", text]))


def _as_sent(turn: Turn, text: str) -> ChatMessage:
    return ChatMessage(
        lead=turn.lead, direction=Direction.OUT, author=Author.ASSISTANT, message_text=text
    )


def _stalls(turn: Turn) -> bool:
    """Whether this is the third turn in a row in which nothing was answered or understood."""
    conversation = turn.conversation
    if progress.is_made(turn):
        conversation.stalled_turns = 0
        return False
    conversation.stalled_turns = min(conversation.stalled_turns + 1, progress.STALLED)
    return conversation.stalled_turns == progress.STALLED and progress.is_lost(turn)


def _hand_over_stalled(turn: Turn) -> str:
    _ask_for_person(turn, HandoffReason.NO_PROGRESS)
    return _promise_of_person(turn)


def _ask_for_person(turn: Turn, reason: HandoffReason, brief: str = "") -> None:
    conversation = handoff.ask_for_person(turn.lead, reason=reason, brief=brief, at=turn.at)
    turn.version = conversation.version
    turn.conversation.stalled_turns = 0


def _promise_of_person(turn: Turn) -> str:
    language = language_of(turn)
    return texts.TO_A_PERSON[language].format(when=answer_from(turn, language=language))


def _leave_to_person(claim: Claim, turn: Turn, reason: HandoffReason, brief: str = "") -> Outcome:
    _ask_for_person(turn, reason, brief)
    return _answer(claim, turn, _promise_of_person(turn), is_last=True)


def _give_up(claim: Claim, turn: Turn) -> Outcome:
    """The turn failed too often to be tried again: a person takes it from here."""
    log.error("turn of conversation %s given to a person", claim.conversation.pk)
    _leave_to_person(claim, turn, HandoffReason.OTHER, _("El asistente no logró responder"))
    return Outcome.GAVE_UP


def _digest(conversation: Conversation, at: datetime) -> None:
    """What an inbound message changes by itself: the stage that facts allow, and the score."""
    lead = conversation.lead
    pipeline.refresh(lead, at=at)
    scoring.rescore(lead, at=at)


@transaction.atomic
def _answer(claim: Claim, turn: Turn, text: str, *, is_last: bool) -> Outcome:
    """Release the turn and store its reply in one breath, unless the world moved on meanwhile."""
    mine = Q(pk=claim.conversation.pk, lease=claim.lease, version=turn.version)
    if not is_last:
        mine &= Q(last_inbound_id=claim.seen)
    # With newer messages in a last round, what is owed to them stays due.
    owed = {} if is_last else {"turn_due_at": None}
    released = Conversation.objects.filter(mine).update(
        lease=None,
        lease_until=None,
        answered_up_to=claim.seen,
        turn_attempts=0,
        stalled_turns=turn.conversation.stalled_turns,
        **owed,
    )
    if not released:
        return _overtaken(claim, turn)
    if is_last:
        _clear_due(claim)
    outbox.queue(
        turn.lead,
        text=text,
        author=Author.ASSISTANT,
        purpose=Purpose.REPLY,
        channel=turn.conversation.channel,
        version=turn.version,
        metadata={"choices": turn.choices} if turn.choices else None,
        idempotency_key=f"turn:{claim.conversation.pk}:{claim.seen}",
        at=turn.at,
    )
    return Outcome.ANSWERED


def _clear_due(claim: Claim) -> None:
    Conversation.objects.filter(pk=claim.conversation.pk, last_inbound_id=claim.seen).update(
        turn_due_at=None
    )


def _overtaken(claim: Claim, turn: Turn) -> Outcome:
    now = Conversation.objects.filter(pk=claim.conversation.pk).first()
    if now is None or now.lease != claim.lease:
        return Outcome.NOT_OURS
    if now.version == turn.version:
        return Outcome.AGAIN
    log_activity(
        turn.lead,
        "draft_discarded",
        actor=Actor.SYSTEM,
        at=turn.at,
        reason="conversation_moved_on",
        message=turn.message.pk,
    )
    if now.holder == Holder.ASSISTANT and handoff.last_by_person(turn.lead) < claim.seen:
        _owe_again(claim, now.version, turn.at)
    return _settle(claim, turn.at, Outcome.DISCARDED)


def _owe_again(claim: Claim, version: int, at: datetime) -> None:
    """Taken and given back without a word while the model thought: a new turn is to answer."""
    mine = Conversation.objects.filter(pk=claim.conversation.pk, lease=claim.lease, version=version)
    mine.update(
        answered_up_to=claim.conversation.answered_up_to,
        turn_due_at=at,
        lease=None,
        lease_until=None,
        turn_attempts=0,
    )


def _settle(claim: Claim, at: datetime, outcome: Outcome) -> Outcome:
    """Let go without a reply; a message that came meanwhile keeps its turn due."""
    mine = Conversation.objects.filter(pk=claim.conversation.pk, lease=claim.lease)
    mine.filter(last_inbound_id=claim.seen).update(turn_due_at=None)
    mine.update(lease=None, lease_until=None, turn_attempts=0)
    return outcome


def _put_off(claim: Claim, until: datetime) -> Outcome:
    """What is owed stays owed; a message that comes before then finds the limit as it is."""
    Conversation.objects.filter(pk=claim.conversation.pk, lease=claim.lease).update(
        lease=None, lease_until=None, turn_due_at=until, turn_attempts=0
    )
    return Outcome.PUT_OFF


def _release_to_retry(claim: Claim, at: datetime) -> None:
    wait = timedelta(seconds=RETRY_SECONDS * claim.conversation.turn_attempts)
    Conversation.objects.filter(pk=claim.conversation.pk, lease=claim.lease).update(
        lease=None, lease_until=None, turn_due_at=at + wait
    )
