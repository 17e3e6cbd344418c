"""The assistant hears of every inbound message, and only enqueues; what it is told is kept before it is edited."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver

from brokers import drafts
from crm.tasks import enqueue, enqueue_in
from leads.signals import message_received
from llm.desk import versions
from llm.signals import replay_asked
from llm.tasks import take_turn, work_on_replay

drafts.before_change(versions.keep_first)


@receiver(message_received)
def owe_a_turn(**_: Any) -> None:
    enqueue_in(settings.TURN_DELAY_SECONDS, take_turn)


@receiver(replay_asked)
def start_replay(*, replay_id: int, **_: Any) -> None:
    enqueue(work_on_replay, replay_id)
