"""The receipts of a lead's score that were kept, and the words of the messages behind their lines."""

from collections.abc import Iterable

from django.db.models import QuerySet

from leads.models import ActivityLog, ChatMessage, Lead
from leads.scoring import Line


def texts_of(lines: Iterable[Line]) -> dict[int, str]:
    """The words of the messages behind these lines, by id."""
    named = {line.message_id for line in lines if line.message_id}
    texts = ChatMessage.objects.filter(pk__in=named).values_list("pk", "message_text")
    return dict(texts) if named else {}


def history(lead: Lead) -> QuerySet[ActivityLog]:
    """The receipts that were worth keeping, newest first."""
    kept: QuerySet[ActivityLog] = ActivityLog.objects.filter(lead=lead, action_type="score_changed")
    return kept.order_by("-timestamp", "-pk")
