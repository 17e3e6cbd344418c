"""Background work of the assistant: turns, what models cost by day, and the sweeps of both."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from brokers.models import Broker
from crm.tasks import enqueue
from llm import conversation, summary, totals
from llm.desk import replaying

REPLAY_SECONDS = 60.0  # of a replay at a time: other work of its worker has its turn between


@shared_task(name="llm.tasks.take_turn", across="sweep")
def take_turn(*_: int) -> str:
    """Answer whoever's turn it is; the entry in the queue only says that there is work.

    Entries of an earlier version named a conversation: they, too, count as one piece of work.
    """
    outcome, conversation_id = conversation.take_next(at=timezone.now())
    if outcome == conversation.Outcome.ANSWERED:
        enqueue(summarise, conversation_id)
    if outcome == conversation.Outcome.DISCARDED:
        enqueue(take_turn)  # which finds nothing to do where a person has it
    return outcome


@shared_task(name="llm.tasks.summarise", tenant="leads.Conversation")
def summarise(conversation_id: int) -> bool:
    """One that is lost is made up for after the next turn."""
    return summary.refresh(conversation_id, at=timezone.now())


@shared_task(name="llm.tasks.sweep_turns", across="sweep")
def sweep_turns(at: str | None = None) -> int:
    """An entry for every turn that is owed; one too many finds nothing to do."""
    moment = datetime.fromisoformat(at) if at else timezone.now()
    owed = conversation.due(at=moment)
    for _ in owed:
        enqueue(take_turn)
    return len(owed)


@shared_task(name="llm.tasks.total_costs", tenant="brokers.Broker")
def total_costs(broker_id: int) -> int:
    """The days of one brokerage whose calls have changed; how many were totalled."""
    broker = Broker.objects.filter(pk=broker_id).first()
    return totals.refresh(broker, at=timezone.now()) if broker else 0


@shared_task(name="llm.tasks.repair_costs", tenant="brokers.Broker")
def repair_costs(broker_id: int) -> int:
    """The days of one brokerage whose totals are not what their calls come to."""
    broker = Broker.objects.filter(pk=broker_id).first()
    return totals.repair(broker, at=timezone.now()) if broker else 0


@shared_task(name="llm.tasks.sweep_costs", across="sweep")
def sweep_costs() -> int:
    brokers = totals.active(at=timezone.now())
    for broker in brokers:
        enqueue(total_costs, broker.pk)
    return len(brokers)


@shared_task(name="llm.tasks.repair_all_costs", across="sweep")
def repair_all_costs() -> int:
    brokers = list(Broker.objects.order_by("pk").values_list("pk", flat=True))
    for broker_id in brokers:
        enqueue(repair_costs, broker_id)
    return len(brokers)


# Longer than usual: a conversation that began within the time is held to its end.
@shared_task(name="llm.tasks.work_on_replay", tenant="llm.PromptReplay", time_limit=360)
def work_on_replay(replay_id: int) -> bool:
    left = replaying.work(replay_id, seconds=REPLAY_SECONDS)
    if left:
        enqueue(work_on_replay, replay_id)
    return left


@shared_task(name="llm.tasks.sweep_replays", across="sweep")
def sweep_replays(at: str | None = None) -> int:
    """Start every replay that waits, those of a worker that died included."""
    waiting = replaying.due(at=datetime.fromisoformat(at) if at else timezone.now())
    for replay_id in waiting:
        enqueue(work_on_replay, replay_id)
    return len(waiting)


@shared_task(name="llm.tasks.forget_replays", across="sweep")
def forget_replays() -> int:
    return replaying.forget(at=timezone.now())
