"""The microphone: one versioned holder a conversation, whoever and whatever else speaks."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from leads import delivery
from leads.activity import log
from leads.enums import Actor, HandoffReason, Holder
from leads.models import Conversation, Lead


@transaction.atomic
def take(lead: Lead, *, by: Any, at: datetime) -> Conversation:
    """Give the microphone to a person; what the assistant had not yet sent is withdrawn.

    ``by`` is None for somebody of the broker whose account is not known: whoever has it keeps it.
    """
    conversation = _locked(lead)
    same = by is None or conversation.held_by_id == by.pk
    if conversation.holder == Holder.USER and same:
        return conversation
    _hand_over(conversation, Holder.USER, by, at)
    delivery.withdraw(lead, reason="person_took_over", at=at)
    log(lead, "conversation_taken", actor=Actor.HUMAN, at=at, user=by)
    return conversation


@transaction.atomic
def give_back(lead: Lead, *, by: Any, at: datetime) -> Conversation:
    """Give the microphone back to the assistant, which answers from the next message on."""
    conversation = _locked(lead)
    if conversation.holder == Holder.ASSISTANT:
        return conversation
    conversation.answered_up_to = conversation.last_inbound_id
    _hand_over(conversation, Holder.ASSISTANT, None, at)
    log(lead, "conversation_given_back", actor=Actor.HUMAN, at=at, user=by)
    return conversation


@transaction.atomic
def ask_for_person(
    lead: Lead, *, reason: HandoffReason | str, brief: str = "", at: datetime
) -> Conversation:
    """Leave the microphone to nobody until a person comes; a person who has it keeps it."""
    conversation = _locked(lead)
    if conversation.holder != Holder.ASSISTANT:
        return conversation
    conversation.brief = brief[:1000]
    conversation.waiting_reason = HandoffReason(reason)
    _hand_over(conversation, Holder.WAITING, None, at)
    log(lead, "person_requested", actor=Actor.ASSISTANT, at=at, reason=str(reason))
    return conversation


@transaction.atomic(savepoint=False)
def flag(lead: Lead, *, reason: HandoffReason | str, brief: str, at: datetime) -> Conversation:
    """Show people that a decision is theirs, while whoever holds the microphone goes on."""
    conversation = _locked(lead)
    if conversation.holder != Holder.WAITING:
        conversation.brief = brief[:1000]
        conversation.waiting_reason = HandoffReason(reason)
        conversation.save(update_fields=["brief", "waiting_reason", "updated_at"])
    log(lead, "person_requested", actor=Actor.SYSTEM, at=at, reason=str(reason))
    return conversation


def _locked(lead: Lead) -> Conversation:
    made, _ = Conversation.objects.get_or_create(lead=lead, defaults={"broker_id": lead.broker_id})
    return Conversation.objects.select_for_update().get(pk=made.pk)


def _hand_over(conversation: Conversation, holder: Holder, person: Any, at: datetime) -> None:
    waiting = holder == Holder.WAITING
    conversation.holder = holder
    conversation.held_by = person
    conversation.waiting_since = at if waiting else None
    if not waiting:
        conversation.waiting_reason = ""
        conversation.alerted_step = 0
    conversation.stalled_turns = 0
    conversation.version = F("version") + 1
    conversation.save()
    conversation.refresh_from_db(fields=["version"])
