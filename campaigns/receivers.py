"""Campaigns hear of what happens to leads, and only enqueue."""

from typing import Any

from django.dispatch import receiver

from campaigns import stopping, tasks
from campaigns.signals import forecast_asked
from crm.tasks import enqueue
from leads.signals import message_received, score_changed, stage_changed


@receiver(message_received)
def a_lead_wrote(*, lead_id: int, **_: Any) -> None:
    """Most of who write are in no campaign: a look costs less than a task."""
    if stopping.concerns(lead_id):
        enqueue(tasks.check_stops, lead_id)


@receiver(stage_changed)
def a_lead_moved(*, lead_id: int, transition_id: int, **_: Any) -> None:
    enqueue(tasks.check_stops, lead_id)
    enqueue(tasks.stage_changed, transition_id)


@receiver(score_changed)
def a_score_moved(
    *, lead_id: int, broker_id: int, before: float, after: float, bulk: bool, **_: Any
) -> None:
    """Only upward, and not when all scores are brought up to date."""
    if after > before and not bulk:
        enqueue(tasks.score_changed, lead_id, broker_id, before, after)


@receiver(forecast_asked)
def start_forecast(*, forecast_id: int, **_: Any) -> None:
    enqueue(tasks.work_on_forecast, forecast_id)
