"""Leads' own answer to its events: a queued message starts its delivery."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from crm.tasks import enqueue
from leads.signals import message_queued
from leads.tasks import deliver


@receiver(message_queued)
def start_delivery(*, message_id: int, due_at: datetime, **_: Any) -> None:
    if due_at <= timezone.now():
        enqueue(deliver, message_id)
