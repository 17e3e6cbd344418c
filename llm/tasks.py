"""Background work of the assistant: turns, and the sweep that no turn escapes."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from crm.tasks import enqueue
from llm import conversation, summary


@shared_task(name="llm.tasks.take_turn", tenant="leads.Conversation")
def take_turn(conversation_id: int) -> str:
    outcome = conversation.take_turn(conversation_id, at=timezone.now())
    if outcome == conversation.Outcome.ANSWERED:
        enqueue(summarise, conversation_id)
    if outcome == conversation.Outcome.DISCARDED:
        enqueue(take_turn, conversation_id)  # which finds nothing to do where a person has it
    return outcome


@shared_task(name="llm.tasks.summarise", tenant="leads.Conversation")
def summarise(conversation_id: int) -> bool:
    """One that is lost is made up for after the next turn."""
    return summary.refresh(conversation_id, at=timezone.now())


@shared_task(name="llm.tasks.sweep_turns", across="sweep")
def sweep_turns(at: str | None = None) -> int:
    """Start every turn that is owed; a repeated start finds it taken."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    owed = conversation.due(at=moment)
    for conversation_id in owed:
        enqueue(take_turn, conversation_id)
    return len(owed)
