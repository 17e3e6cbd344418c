"""The assistant hears of every inbound message, and only enqueues."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver

from crm.tasks import enqueue_in
from leads.signals import message_received
from llm.tasks import take_turn


@receiver(message_received)
def owe_a_turn(**_: Any) -> None:
    enqueue_in(settings.TURN_DELAY_SECONDS, take_turn)
