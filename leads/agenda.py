"""When a lead is next due: the earliest of all rows that wait for their time, of every app."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from leads.enums import Delivery, Direction, TaskState
from leads.models import ChatMessage, Lead, Task
from leads.parts import parts


@transaction.atomic(savepoint=False)
def refresh(lead_ids: Iterable[int], *, at: datetime) -> None:
    """Bring ``next_action_at`` of these leads up to their rows.

    Called by every door that writes such a row, after writing it. The leads' rows are locked: of
    two doors at once the later one sees what both have written.
    """
    ids = sorted(set(lead_ids))
    locked = Lead.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    leads = list(locked.only("pk", "next_action_at").order_by("pk"))
    due = _earliest(ids, at)
    changed = [lead for lead in leads if lead.next_action_at != due.get(lead.pk)]
    for lead in changed:
        lead.next_action_at = due.get(lead.pk)
    Lead.objects.bulk_update(changed, ["next_action_at"], batch_size=500)


def _earliest(ids: list[int], at: datetime) -> dict[int, datetime]:
    told = [part.next_due(ids, at) for part in parts() if part.next_due]
    # What stands in tables is read in one statement, what must be worked out besides.
    rows = [each for each in told if isinstance(each, QuerySet)]
    worked_out = [each for each in told if not isinstance(each, QuerySet)]
    known = chain(_messages(ids).union(_tasks(ids), *rows, all=True), *worked_out)
    earliest: dict[int, datetime] = {}
    for lead_id, due in known:
        earliest[lead_id] = min(due, earliest.get(lead_id, due))
    return earliest


def _messages(ids: list[int]) -> QuerySet[Any]:
    """Messages that were put off; one that leaves at once is no plan."""
    waiting = ChatMessage.objects.filter(
        lead__in=ids, direction=Direction.OUT, status=Delivery.PENDING, due_at__gt=F("at")
    )
    return waiting.order_by().values_list("lead_id", "due_at")


def _tasks(ids: list[int]) -> QuerySet[Any]:
    """What people are still to do, also where it is overdue."""
    tasks = Task.objects.filter(lead__in=ids, state=TaskState.OPEN)
    return tasks.order_by().values_list("lead_id", "due_at")
