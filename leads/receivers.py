"""Leads' own answer to its events: what was queued, raised, expected or sent in is started at once."""

from datetime import datetime
from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from brokers import linking
from crm.tasks import enqueue, enqueue_in
from leads import cards, removals
from leads.enums import PUSHED
from leads.models import Attachment
from leads.signals import (
    alert_raised,
    attachment_expected,
    card_doubled,
    cards_due,
    erasure_due,
    import_waiting,
    message_queued,
)
from leads.tasks import (
    deliver,
    erase_person,
    fetch_attachment,
    send_alert,
    sweep_cards,
    withdraw_copy,
    work_on_import,
)

SOON_SECONDS = 60


@receiver(message_queued)
def start_delivery(*, message_id: int, purpose: str, due_at: datetime, **_: Any) -> None:
    wait = (due_at - timezone.now()).total_seconds()
    if wait < SOON_SECONDS:  # else a sweep finds it
        enqueue_in(wait, deliver, message_id, bulk=purpose in PUSHED)


@receiver(alert_raised)
def start_alert(*, alert_id: int, **_: Any) -> None:
    enqueue(send_alert, alert_id)


@receiver(cards_due)
def start_cards(**_: Any) -> None:
    enqueue(sweep_cards)


@receiver(card_doubled)
def start_withdrawing(*, card_id: int, message_id: int, **_: Any) -> None:
    enqueue(withdraw_copy, card_id, message_id)


@receiver(linking.left)
def take_back_cards(*, user_id: int, **_: Any) -> None:
    cards.refresh_of(user_id, at=timezone.now())


@receiver(attachment_expected)
def start_fetching(*, attachment_id: int, **_: Any) -> None:
    enqueue(fetch_attachment, attachment_id)


@receiver(post_delete, sender=Attachment)
def remove_file(*, instance: Attachment, **_: Any) -> None:
    """A file goes with its row, also where the row went with its lead."""
    if instance.file:
        removals.remove(str(instance.file.name))


@receiver(import_waiting)
def start_import(*, import_id: int, **_: Any) -> None:
    enqueue(work_on_import, import_id)


@receiver(erasure_due)
def start_erasure(*, request_id: int, **_: Any) -> None:
    enqueue(erase_person, request_id)
