"""What people have seen of a conversation, and which conversations need somebody first."""

from typing import Any

from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from leads.models import Conversation

UNREAD = Q(last_inbound_id__gt=F("read_up_to"))
# Waiting for one, or shown to people while the assistant goes on.
ASKS_FOR_PERSON = Q(waiting_reason__gt="")


def with_unread(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    return conversations.annotate(
        unread=Case(
            When(UNREAD, then=Value(True)), default=Value(False), output_field=BooleanField()
        )
    )


# Who waits for a person first (the longest wait above), then the unread, then the latest.
URGENCY = (
    Case(When(ASKS_FOR_PERSON, then=Value(0)), When(UNREAD, then=Value(1)), default=Value(2)),
    F("waiting_since").asc(nulls_last=True),
    F("last_inbound_at").desc(nulls_last=True),
    "-id",
)


def mark(conversation: Conversation, *, up_to: int, by: Any) -> bool:
    """Note that who looks after the lead has seen the messages up to this one.

    Another's look leaves it unread: an admin who reads along takes nothing from the agent's list.
    """
    if not _looks_after(conversation, by):
        return False
    seen = Least(Value(up_to), F("last_inbound_id"))
    mine = Conversation.objects.filter(pk=conversation.pk, read_up_to__lt=seen)
    return bool(mine.update(read_up_to=Greatest(F("read_up_to"), seen), updated_at=timezone.now()))


def _looks_after(conversation: Conversation, person: Any) -> bool:
    theirs = {conversation.held_by_id, conversation.lead.assigned_to_id} - {None}
    return not theirs or person.pk in theirs
