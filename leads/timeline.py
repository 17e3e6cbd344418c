"""A lead's story in one line of moments: messages and events, newest first, page by page."""

import base64
import heapq
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm.errors import DomainError
from leads import words
from leads.models import ActivityLog, ChatMessage, Lead

MESSAGE, ACTIVITY = "message", "activity"
# What people filter by, and the events behind it; events not named here are "other".
TOPICS: dict[str, tuple[str, ...]] = {
    "stage": ("stage_changed",),
    "score": ("score_changed", "qualified", "scoring_objected", "objection_lifted"),
    "facts": ("facts_recorded", "lead_edited"),
    "appointment": tuple(name for name in words.EVENTS if name.startswith("appointment_")),
    "call": tuple(name for name in words.EVENTS if name.startswith("call_")),
    "campaign": tuple(name for name in words.EVENTS if name.startswith("campaign_")),
    "task": tuple(name for name in words.EVENTS if name.startswith("task_")),
    "conversation": (
        "conversation_taken",
        "conversation_given_back",
        "conversation_resumed",
        "person_requested",
        "draft_discarded",
        "message_withheld",
    ),
    "consent": (
        "opted_out",
        "consent_granted",
        "suppression_lifted",
        "right_requested",
        "data_exported",
        "data_rectified",
    ),
}
OTHER = "other"
KINDS = (MESSAGE, ACTIVITY, *TOPICS, OTHER)
_TOPIC_OF = {event: topic for topic, events in TOPICS.items() for event in events}
# Of two moments at once the message stands first; the ids settle the rest.
_RANK = {ACTIVITY: 0, MESSAGE: 1}
_LARGEST = 2**63 - 1
Place = tuple[datetime, int, int]
"""When, rank of the table, id: later moments are larger, and no two are equal."""


class BadCursor(DomainError):
    code = "invalid"
    message = _("Esa página de la historia no existe.")


@dataclass(frozen=True)
class Moment:
    """One message or event of a lead."""

    kind: str
    at: datetime
    message: ChatMessage | None = None
    activity: ActivityLog | None = None

    @property
    def topic(self) -> str:
        if self.activity is None:
            return MESSAGE
        return _TOPIC_OF.get(self.activity.action_type, OTHER)

    @property
    def place(self) -> Place:
        row: Any = self.message or self.activity
        return self.at, _RANK[self.kind], row.pk


@dataclass(frozen=True)
class Page:
    """``next`` is where the following page starts, or None at the beginning of the story."""

    moments: list[Moment]
    next: str | None


def page(lead: Lead, *, kinds: Sequence[str] = (), cursor: str = "", size: int) -> Page:
    """The moments before ``cursor``, newest first, in one query a table.

    A page holds the same moments whatever happened meanwhile: it starts at a place, not a count.
    """
    before = _read(cursor) if cursor else None
    found = heapq.merge(
        _messages(lead, kinds, before, size + 1),
        _events(lead, kinds, before, size + 1),
        key=lambda moment: moment.place,
        reverse=True,
    )
    moments = [moment for moment, _index in zip(found, range(size + 1), strict=False)]
    shown = moments[:size]
    return Page(shown, _write(shown[-1].place) if len(moments) > size else None)


def count(lead: Lead, kinds: Sequence[str] = ()) -> int:
    """How many moments the story has."""
    messages = ChatMessage.objects.filter(lead=lead).count() if _wants(MESSAGE, kinds) else 0
    events = _of_kinds(lead, kinds)
    return messages + (events.count() if events is not None else 0)


def _wants(kind: str, kinds: Sequence[str]) -> bool:
    return not kinds or kind in kinds


def _messages(lead: Lead, kinds: Sequence[str], before: Place | None, most: int) -> list[Moment]:
    if not _wants(MESSAGE, kinds):
        return []
    rows = _before(ChatMessage.objects.filter(lead=lead), "at", MESSAGE, before)
    latest = rows.select_related("sent_by").prefetch_related("files")
    found = latest.order_by("-at", "-id")[:most]
    return [Moment(MESSAGE, row.at, message=row) for row in found]


def _events(lead: Lead, kinds: Sequence[str], before: Place | None, most: int) -> list[Moment]:
    rows = _of_kinds(lead, kinds)
    if rows is None:
        return []
    found = _before(rows, "timestamp", ACTIVITY, before).select_related("user")
    latest = found.order_by("-timestamp", "-id")[:most]
    return [Moment(ACTIVITY, row.timestamp, activity=row) for row in latest]


def _of_kinds(lead: Lead, kinds: Sequence[str]) -> QuerySet[ActivityLog] | None:
    """The events of these kinds; None where they are all messages."""
    rows = ActivityLog.objects.filter(lead=lead)
    if _wants(ACTIVITY, kinds):
        return rows
    wanted = Q(action_type__in=[name for kind in kinds for name in TOPICS.get(kind, ())])
    if OTHER in kinds:
        wanted |= ~Q(action_type__in=_TOPIC_OF)
    return rows.filter(wanted) if set(kinds) - {MESSAGE} else None


def _before(rows: Any, moment: str, kind: str, before: Place | None) -> Any:
    """Rows of one table that come after the place in the list; one bound serves the index."""
    if before is None:
        return rows
    when, rank, pk = before
    # Rows of the same moment in this table: all, those of smaller ids, or none.
    limit = _LARGEST if _RANK[kind] < rank else pk if _RANK[kind] == rank else 0
    same = Q(**{moment: when, "pk__lt": limit})
    return rows.filter(Q(**{f"{moment}__lt": when}) | same, **{f"{moment}__lte": when})


def _write(place: Place) -> str:
    when, rank, pk = place
    return base64.urlsafe_b64encode(json.dumps([when.isoformat(), rank, pk]).encode()).decode()


def _read(cursor: str) -> Place:
    try:
        when, rank, pk = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        moment = parse_datetime(when)
    except (ValueError, TypeError) as error:
        raise BadCursor(field="cursor") from error
    if moment is None or moment.tzinfo is None or rank not in (0, 1) or not _is_id(pk):
        raise BadCursor(field="cursor")
    return moment, rank, pk


def _is_id(pk: Any) -> bool:
    return type(pk) is int and 0 <= pk <= _LARGEST
