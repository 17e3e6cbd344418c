"""Leads' own answer to its events: a queued message, and a raised alert, start their delivery."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from crm.tasks import enqueue
from leads.signals import alert_raised, message_queued
from leads.tasks import deliver, send_alert


@receiver(message_queued)
def start_delivery(*, message_id: int, due_at: datetime, **_: Any) -> None:
    if due_at <= timezone.now():
        enqueue(deliver, message_id)


@receiver(alert_raised)
def start_alert(*, alert_id: int, **_: Any) -> None:
    enqueue(send_alert, alert_id)
