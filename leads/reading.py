"""What people have seen of a conversation, and which conversations need somebody first."""

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Greatest, Least
from django.db.models.lookups import Exact, LessThanOrEqual
from django.utils import timezone

from leads.enums import Author, Delivery, Holder
from leads.models import ChatMessage, Conversation
from leads.models.message import ASKS_FOR_PERSON, NEED, UNREAD, URGENCY
from leads.outbox import RESENT

__all__ = ["ASKS_FOR_PERSON", "IS_UNREAD", "NEEDS_PERSON", "SPOKEN", "STATES", "URGENCY"]

# The same questions as the order asks, in its own words, so that its index answers them too.
NEEDS_PERSON = Q(Exact(NEED, 0))
IS_UNREAD = UNREAD & Q(LessThanOrEqual(NEED, 1))
SPOKEN = Q(last_inbound_at__isnull=False) | Q(last_outbound_at__isnull=False)
STATES = {"waiting": Holder.WAITING, "assistant": Holder.ASSISTANT, "human": Holder.USER}


def with_unread(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    return conversations.annotate(
        unread=Case(
            When(UNREAD, then=Value(True)), default=Value(False), output_field=BooleanField()
        )
    )


def of(person: Any) -> Q:
    """The conversations that a person looks after."""
    return Q(held_by=person) | Q(lead__assigned_to=person)


def undelivered() -> Q:
    """Something that failed, or of a person's that was blocked, and was not sent again since."""
    repeat = Concat(Value(RESENT), Cast(OuterRef("pk"), CharField()))
    again = ChatMessage.objects.filter(broker=OuterRef("broker"), idempotency_key=repeat)
    lost = Q(status=Delivery.FAILED) | Q(status=Delivery.BLOCKED, author=Author.USER)
    messages = ChatMessage.objects.filter(
        lost, ~Exists(again), lead=OuterRef("lead"), broker=OuterRef("broker")
    )
    return Q(Exists(messages))


def counts(conversations: QuerySet[Conversation], *, by: Any) -> dict[str, int]:
    """How many conversations each question of the inbox finds."""
    asked = {"needs_person": NEEDS_PERSON, "unread": UNREAD, "mine": of(by)}
    held = {name: Q(holder=holder) for name, holder in STATES.items()}
    found: dict[str, int] = conversations.filter(lead__merged_into=None).aggregate(
        **{name: Count("id", filter=question) for name, question in {**asked, **held}.items()}
    )
    return found


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
