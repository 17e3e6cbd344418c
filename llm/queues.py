"""Replies and replays that the assistant owes, for who watches the operation."""

from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm.queues import Queue, register
from llm import conversation
from llm.desk import replaying

register(
    Queue(
        "turns",
        _("respuestas del asistente"),
        "llm.tasks.sweep_turns",
        conversation.owed,
        F("turn_due_at"),
        "leads_conversation",
        timedelta(minutes=3),
    ),
    Queue(
        "replays",
        _("repeticiones de conversaciones"),
        "llm.tasks.sweep_replays",
        replaying.owed,
        F("created_at"),
        "llm_promptreplay",
        timedelta(minutes=15),
    ),
)
