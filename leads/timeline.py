"""A lead's story in one line of moments: messages and events, newest first."""

from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, F, QuerySet, Value

from leads.models import ActivityLog, ChatMessage, Lead

MESSAGE, ACTIVITY = "message", "activity"


def moments(lead: Lead) -> QuerySet[Any]:
    """``{kind, pk, when}`` of every moment."""
    activity = _moments(ActivityLog.objects.filter(lead=lead), ACTIVITY, "timestamp")
    messages = _moments(ChatMessage.objects.filter(lead=lead), MESSAGE, "at")
    every: QuerySet[Any] = messages.union(activity, all=True)
    return every.order_by("-when", "-pk", "kind")


def _moments(rows: QuerySet[Any], kind: str, moment: str) -> QuerySet[Any]:
    named = rows.order_by().annotate(kind=Value(kind, output_field=CharField()), when=F(moment))
    chosen: QuerySet[Any] = named.values("kind", "pk", "when")
    return chosen


def told(page: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows behind these moments, in two queries."""
    messages = ChatMessage.objects.prefetch_related("files").in_bulk(
        [m["pk"] for m in page if m["kind"] == MESSAGE]
    )
    activity = ActivityLog.objects.in_bulk([m["pk"] for m in page if m["kind"] == ACTIVITY])
    return [
        {
            "kind": moment["kind"],
            "at": moment["when"],
            "message": messages.get(moment["pk"]) if moment["kind"] == MESSAGE else None,
            "activity": activity.get(moment["pk"]) if moment["kind"] == ACTIVITY else None,
        }
        for moment in page
    ]
