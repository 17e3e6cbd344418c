"""The microphone: one versioned holder a conversation, whoever and whatever else speaks."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet

from leads import briefs, cards, delivery
from leads.activity import log
from leads.enums import NEVER_LEFT, Actor, AlertKind, Author, Direction, HandoffReason, Holder
from leads.models import ActivityLog, ChatMessage, Conversation, Lead


@transaction.atomic
def take(lead: Lead, *, by: Any, at: datetime) -> Conversation:
    """Give the microphone to a person; what the assistant had not yet sent is withdrawn.

    ``by`` is None for somebody of the broker whose account is not known: whoever has it keeps it.
    """
    # The lead before its conversation, as everywhere: two orders of locks would meet head-on.
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=lead.pk)
    conversation = locked(lead)
    same = by is None or conversation.held_by_id == by.pk
    if conversation.holder == Holder.USER and same:
        return conversation
    if conversation.holder == Holder.WAITING:
        _owe_to_person(conversation)
    _hand_over(conversation, Holder.USER, by, at)
    delivery.withdraw(lead, reason="person_took_over", at=at)
    log(lead, "conversation_taken", actor=Actor.HUMAN, at=at, user=by)
    return conversation


@transaction.atomic
def give_back(lead: Lead, *, by: Any, at: datetime) -> Conversation:
    """Give the microphone back to the assistant, which answers from the next message on."""
    conversation = locked(lead)
    if conversation.holder == Holder.ASSISTANT:
        return conversation
    conversation.answered_up_to = conversation.last_inbound_id
    _hand_over(conversation, Holder.ASSISTANT, None, at)
    log(lead, "conversation_given_back", actor=Actor.HUMAN, at=at, user=by)
    return conversation


@transaction.atomic
def resume(lead: Lead, *, at: datetime) -> bool:
    """Give the microphone back after nobody used it; what is unanswered is owed from now on.

    True when a reply is owed. The caller holds the conversation's row.
    """
    conversation = locked(lead)
    spoken = last_by_person(lead)
    conversation.answered_up_to = max(conversation.answered_up_to, spoken)
    owed = conversation.last_inbound_id > conversation.answered_up_to
    conversation.turn_due_at = at if owed else None
    _hand_over(conversation, Holder.ASSISTANT, None, at)
    log(lead, "conversation_resumed", actor=Actor.SYSTEM, at=at)
    return owed


def is_held_by(conversation: Conversation | None, user: Any) -> bool:
    if conversation is None or conversation.holder != Holder.USER:
        return False
    return bool(conversation.held_by_id == user.pk)


def last_by_person(lead: Lead) -> int:
    """The id of the latest message that a person wrote to the lead; 0 without one."""
    written = ChatMessage.objects.filter(
        lead=lead, direction=Direction.OUT, author=Author.USER
    ).exclude(status__in=NEVER_LEFT)
    return written.order_by("-id").values_list("id", flat=True).first() or 0


def _owe_to_person(conversation: Conversation) -> None:
    """What made the lead wait is not answered by our promise that a person will come."""
    asked = request_of(conversation)
    if asked is not None:
        conversation.answered_up_to = min(conversation.answered_up_to, asked.pk - 1)


def request_of(conversation: Conversation) -> ChatMessage | None:
    """The first message that waits for a person; None where the lead asked otherwise, as by phone."""
    heard = _heard(conversation).filter(at__gte=conversation.waiting_since)
    return heard.order_by("id").first()


def _heard(conversation: Conversation) -> QuerySet[ChatMessage]:
    return ChatMessage.objects.filter(lead_id=conversation.lead_id, direction=Direction.IN)


@transaction.atomic
def ask_for_person(
    lead: Lead, *, reason: HandoffReason | str, brief: str = "", at: datetime
) -> Conversation:
    """Leave the microphone to nobody until a person comes; a person who has it keeps it.

    ``brief`` says in a sentence why now; who it is and what they want is added here. A legal
    threat counts whoever has the microphone.
    """
    conversation = locked(lead)
    reason = HandoffReason(reason)
    if conversation.holder != Holder.ASSISTANT:
        if reason == HandoffReason.LEGAL_THREAT:
            _note_threat(conversation, lead, brief, at)
        return conversation
    owed = list(_heard(conversation).filter(pk__gt=conversation.answered_up_to).order_by("id"))
    conversation.waiting_reason = reason
    conversation.brief = briefs.write(lead, reason, why=brief, said=owed)
    since = min(owed[0].at, at) if owed else at
    _hand_over(conversation, Holder.WAITING, None, at, since=since)
    log(lead, "person_requested", actor=Actor.ASSISTANT, at=at, reason=reason.value)
    _deal(conversation, lead, str(conversation.version), at)
    return conversation


def _deal(conversation: Conversation, lead: Lead, key: str, at: datetime) -> None:
    kind, brief = AlertKind.HANDOFF_WAITING, conversation.brief
    cards.deal(lead.broker_id, kind, lead=lead, key=key, at=at, brief=brief)


def _note_threat(conversation: Conversation, lead: Lead, why: str, at: datetime) -> None:
    """Once: from now on the assistant does not resume by itself."""
    if is_threatened(lead):
        return
    reason = HandoffReason.LEGAL_THREAT
    conversation.waiting_reason = reason
    conversation.brief = briefs.write(lead, reason, why=why)
    conversation.save(update_fields=["brief", "waiting_reason", "updated_at"])
    log(lead, "person_requested", actor=Actor.SYSTEM, at=at, reason=reason.value)
    if conversation.holder == Holder.WAITING:
        _deal(conversation, lead, f"{conversation.version}:{reason}", at)


def is_threatened(lead: Lead) -> bool:
    """Whether there was a legal threat after which nobody gave the microphone back by hand."""
    latest = threats(lead).values_list("action_type", flat=True).first()
    return latest == "person_requested"


def threats(lead: Lead | OuterRef) -> QuerySet[ActivityLog]:
    """Threats, and what ends them, the latest first."""
    threat = Q(action_type="person_requested", details__reason=HandoffReason.LEGAL_THREAT)
    ended = Q(action_type="conversation_given_back")
    return ActivityLog.objects.filter(threat | ended, lead=lead).order_by("-id")


@transaction.atomic(savepoint=False)
def flag(lead: Lead, *, reason: HandoffReason | str, brief: str = "", at: datetime) -> Conversation:
    """Show people that a decision is theirs, while whoever holds the microphone goes on."""
    conversation = locked(lead)
    if conversation.holder != Holder.WAITING:
        conversation.brief = briefs.write(lead, reason, why=brief)
        conversation.waiting_reason = HandoffReason(reason)
        conversation.save(update_fields=["brief", "waiting_reason", "updated_at"])
    log(lead, "person_requested", actor=Actor.SYSTEM, at=at, reason=str(reason))
    return conversation


def inherit(conversation: Conversation, other: Conversation, *, at: datetime) -> bool:
    """Two locked conversations become one: the stricter holder of the two has it.

    A person before nobody, nobody before the assistant. True when the holder is another now.
    """
    if _strictness(other) <= _strictness(conversation):
        return False
    reason, since, brief = other.waiting_reason, other.waiting_since, other.brief
    _hand_over(conversation, Holder(other.holder), other.held_by, at, since=since)
    conversation.waiting_reason, conversation.brief = reason, brief
    conversation.save(update_fields=["waiting_reason", "brief", "updated_at"])
    return True


def _strictness(conversation: Conversation) -> tuple[int, bool]:
    order = (Holder.ASSISTANT, Holder.WAITING, Holder.USER)
    threat = conversation.waiting_reason == HandoffReason.LEGAL_THREAT
    return order.index(Holder(conversation.holder)), threat


def set_back(
    conversation: Conversation, *, holder: str, held_by: Any, since: datetime | None, at: datetime
) -> None:
    """Give the microphone back to whom it had before a merge; drafts begun since are dropped."""
    reason, brief = conversation.waiting_reason, conversation.brief
    _hand_over(conversation, Holder(holder), held_by, at, since=since)
    conversation.waiting_reason, conversation.brief = reason, brief


def locked(lead: Lead) -> Conversation:
    """The lead's conversation as it is now, locked."""
    made, _ = Conversation.objects.get_or_create(lead=lead, defaults={"broker_id": lead.broker_id})
    return Conversation.objects.select_for_update().get(pk=made.pk)


def _hand_over(
    conversation: Conversation,
    holder: Holder,
    person: Any,
    at: datetime,
    *,
    since: datetime | None = None,
) -> None:
    waiting = holder == Holder.WAITING
    conversation.holder = holder
    conversation.held_by = person
    conversation.waiting_since = (since or at) if waiting else None
    if not waiting:
        conversation.waiting_reason = ""
        conversation.alerted_step = 0
    if holder == Holder.ASSISTANT:
        conversation.brief = ""
    conversation.stalled_turns = 0
    conversation.version = F("version") + 1
    conversation.save()
    conversation.refresh_from_db(fields=["version"])
    cards.refresh(conversation.lead_id, at=at)
