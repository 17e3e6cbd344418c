"""Voice's own answer to its signals: the work starts now, or with the sweep if the queue is away."""

from typing import Any

from django.dispatch import receiver

from crm.tasks import enqueue
from voice import signals, tasks


@receiver(signals.call_placed)
def start_call(*, call_id: int, **_: Any) -> None:
    enqueue(tasks.start_call, call_id)


@receiver(signals.event_stored)
def apply_event(*, event_id: int, **_: Any) -> None:
    enqueue(tasks.apply_event, event_id)


@receiver(signals.call_reported)
def summarise(*, call_id: int, **_: Any) -> None:
    enqueue(tasks.summarise, call_id)


@receiver(signals.simulation_due)
def play_simulation(*, call_id: int, **_: Any) -> None:
    enqueue(tasks.play_simulation, call_id)
