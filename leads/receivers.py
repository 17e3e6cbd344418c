"""Leads' own answer to its events: a queued message, an alert, an import start their work."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from crm.tasks import enqueue
from leads.signals import alert_raised, import_waiting, message_queued
from leads.tasks import deliver, send_alert, work_on_import


@receiver(message_queued)
def start_delivery(*, message_id: int, due_at: datetime, **_: Any) -> None:
    if due_at <= timezone.now():
        enqueue(deliver, message_id)


@receiver(alert_raised)
def start_alert(*, alert_id: int, **_: Any) -> None:
    enqueue(send_alert, alert_id)


@receiver(import_waiting)
def start_import(*, import_id: int, **_: Any) -> None:
    enqueue(work_on_import, import_id)
