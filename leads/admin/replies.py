"""What a person writes to a lead, from whichever page of Admin."""

from datetime import datetime
from typing import Any

from leads import outbox
from leads.models import ChatMessage, Lead


def send(lead: Lead, given: dict[str, Any], *, by: Any, at: datetime) -> ChatMessage:
    """Send what ``ReplyForm`` read: a text, a file or an approved template."""
    return outbox.send_by_person(
        lead,
        by=by,
        text=given.get("text", ""),
        template=given.get("template"),
        values=given["values"],
        upload=given["upload"],
        at=at,
        idempotency_key=str(given["key"]),
    )
