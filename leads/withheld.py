"""What the microphone kept from leaving, told in the lead's story: one line a message."""

from collections.abc import Iterable
from datetime import datetime

from leads.activity import log_each
from leads.enums import Actor
from leads.models import ChatMessage, Lead

REASONS = ("person_took_over", "conversation_moved_on", "held_by_person")


def tell(lead: Lead, messages: Iterable[ChatMessage], *, reason: str, at: datetime) -> None:
    """Called by whoever blocks them, in its transaction; other reasons stand on the message alone."""
    if reason not in REASONS:
        return
    told = [
        (lead, {"message": each.pk, "purpose": each.purpose, "reason": reason}) for each in messages
    ]
    log_each(told, "message_withheld", actor=Actor.SYSTEM, at=at)
