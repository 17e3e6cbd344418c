"""Leads' own answer to its events: a message, an alert or an erasure that waits is started."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from crm.tasks import enqueue
from leads.signals import alert_raised, erasure_due, message_queued
from leads.tasks import deliver, erase_person, send_alert


@receiver(message_queued)
def start_delivery(*, message_id: int, due_at: datetime, **_: Any) -> None:
    if due_at <= timezone.now():
        enqueue(deliver, message_id)


@receiver(alert_raised)
def start_alert(*, alert_id: int, **_: Any) -> None:
    enqueue(send_alert, alert_id)


@receiver(erasure_due)
def start_erasure(*, request_id: int, **_: Any) -> None:
    enqueue(erase_person, request_id)
