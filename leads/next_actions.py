"""The one door of tasks: made, changed, put off, done, and reminded of once."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone, translation
from django.utils.formats import date_format

from brokers.models import User
from crm import rowsecurity
from crm.locking import in_one_transaction
from crm.queues import in_turn
from crm.tenancy import Role
from leads import agenda, alerts, cards
from leads.activity import log
from leads.enums import Actor, AlertKind, Repeat, TaskKind, TaskState
from leads.errors import NotTheirLead, TaskClosed
from leads.models import Lead, Task

BATCH = 500
STEPS = {
    Repeat.DAILY: relativedelta(days=1),
    Repeat.WEEKLY: relativedelta(weeks=1),
    Repeat.MONTHLY: relativedelta(months=1),
}
UNSET: Any = object()
# Of a list, in days from the broker's midnight: from, to.
SPANS: dict[str, tuple[int | None, int]] = {
    "overdue": (None, 0),
    "today": (0, 1),
    "tomorrow": (1, 2),
    "week": (0, 7),
}


@in_one_transaction
def add(
    lead: Lead,
    *,
    due_at: datetime,
    at: datetime,
    kind: TaskKind | str = TaskKind.OTHER,
    note: str = "",
    owner: User | None = UNSET,
    remind_at: datetime | None = UNSET,
    repeat: Repeat | str = Repeat.NEVER,
    by: User | None = None,
    actor: Actor = Actor.HUMAN,
) -> Task:
    """Plan a next action of a lead; without ``owner`` it is for who looks after the lead.

    It is reminded of when due, unless ``remind_at`` says another moment, or None for never.
    Refuses with NotTheirLead an owner who does not see the lead.
    """
    lead = _locked(lead.pk)
    chosen = _usual_owner(lead, by) if owner is UNSET else owner
    _require_sees(chosen, lead)
    task = Task.objects.create(
        lead=lead,
        broker_id=lead.broker_id,
        kind=kind,
        note=note,
        owner=chosen,
        due_at=due_at,
        remind_at=due_at if remind_at is UNSET else remind_at,
        repeat=repeat,
        series_from=due_at,
        occurrence_at=due_at,
        actor=actor,
        created_by=by,
    )
    _tell(task, "task_created", by, at, actor)
    return task


def _locked(lead_id: int) -> Lead:
    """The lead before its tasks, in the order of every door that locks both."""
    rows = Lead.objects.select_for_update(of=("self",), no_key=True)
    lead: Lead = rows.select_related("broker", "assigned_to").get(pk=lead_id)
    return lead


def _usual_owner(lead: Lead, by: User | None) -> User | None:
    if lead.assigned_to is not None:
        return lead.assigned_to
    return by if by is not None and by.broker_id == lead.broker_id else None


def _require_sees(person: User | None, lead: Lead) -> None:
    if person is not None and not sees(person, lead):
        raise NotTheirLead(field="owner")


def sees(person: User, lead: Lead) -> bool:
    """Whether the person is of the lead's broker and may work on the lead."""
    if person.broker_id != lead.broker_id or not person.may_enter:
        return False
    return person.role == Role.ADMIN or lead.assigned_to_id in (None, person.pk)


@in_one_transaction
def change(task: Task, *, by: User | None, at: datetime, **changes: Any) -> Task:
    """Change columns of an open task. With its time its reminder moves, as far ahead as it was.

    Refuses with TaskClosed what is done or cancelled.
    """
    lead, row = _locked(task.lead_id), _open(task)
    if "owner" in changes:
        _require_sees(changes["owner"], lead)
    before = (row.due_at, row.remind_at)
    _apply(row, changes)
    if row.repeat != Repeat.NEVER and "repeat" in changes:
        row.series_from = row.occurrence_at = row.due_at
    if row.remind_at != before[1]:
        row.reminded_at = None
    row.save()
    moved = row.due_at != before[0]
    _tell(row, "task_put_off" if moved else "task_changed", by, at)
    return row


def _apply(task: Task, changes: dict[str, Any]) -> None:
    if "due_at" in changes and "remind_at" not in changes:
        task.remind_at = _reminder(task, changes["due_at"])
    for name, value in changes.items():
        setattr(task, name, value)


def _reminder(task: Task, due_at: datetime) -> datetime | None:
    """As far ahead of another moment as of the task's own, on the wall's clock: the evening before stays it."""
    if task.remind_at is None:
        return None
    zone = zone_of(task.lead)
    ahead = _on_the_wall(task.due_at, zone) - _on_the_wall(task.remind_at, zone)
    return _real((_on_the_wall(due_at, zone) - ahead).replace(tzinfo=zone))


def _on_the_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _open(task: Task) -> Task:
    """The row as it is now, locked: of two at once the second finds it closed."""
    rows = Task.objects.select_for_update(of=("self",), no_key=True)
    row: Task = rows.select_related("lead__broker", "owner").get(pk=task.pk)
    if row.state != TaskState.OPEN:
        raise TaskClosed
    return row


def put_off(task: Task, *, by: User | None, at: datetime, until: datetime | None = None) -> Task:
    """Later: to ``until``, or to the same hour tomorrow, counted from today where it is overdue."""
    return change(task, by=by, at=at, due_at=until or _tomorrow(task, at))


def _tomorrow(task: Task, at: datetime) -> datetime:
    zone = zone_of(task.lead)
    local, today = task.due_at.astimezone(zone), at.astimezone(zone).date()
    day = max(local.date(), today) + timedelta(days=1)
    return _real(datetime.combine(day, local.time(), zone))


def zone_of(lead: Lead) -> ZoneInfo:
    """Of the people who do it: the broker's, wherever the lead is."""
    return lead.broker.zone


def _real(moment: datetime) -> datetime:
    """A wall-clock time that the change of clocks skips is read as the first one after it."""
    return moment.astimezone(UTC)


@in_one_transaction
def complete(task: Task, *, by: User | None, at: datetime) -> Task | None:
    """Done. The next of a series is planned; returned, or None where nothing follows."""
    _locked(task.lead_id)
    row = _open(task)
    _close(row, TaskState.DONE, by, at)
    following = _following(row, at)
    if following is not None:
        following.save()
    _tell(row, "task_done", by, at)
    return following


@in_one_transaction
def cancel(task: Task, *, by: User | None, at: datetime) -> Task:
    """It is not to be done any more; a series ends with it."""
    _locked(task.lead_id)
    row = _open(task)
    _close(row, TaskState.CANCELLED, by, at)
    _tell(row, "task_cancelled", by, at)
    return row


def _close(task: Task, state: TaskState, by: User | None, at: datetime) -> None:
    task.state, task.closed_at, task.closed_by = state, at, by
    task.save(update_fields=["state", "closed_at", "closed_by", "updated_at"])


def _following(task: Task, at: datetime) -> Task | None:
    """The next of the series, later than this one and than now: missed ones are not made up for.

    Later also than the hour that this one was put off from, or done before.
    """
    if task.repeat == Repeat.NEVER:
        return None
    after = max(task.occurrence_at, task.due_at, at)
    due_at = next_of_series(
        task.series_from, Repeat(task.repeat), after=after, zone=zone_of(task.lead)
    )
    return Task(
        lead=task.lead,
        broker_id=task.broker_id,
        kind=task.kind,
        note=task.note,
        owner=task.owner,
        due_at=due_at,
        remind_at=_reminder(task, due_at),
        repeat=task.repeat,
        series_from=task.series_from,
        occurrence_at=due_at,
        actor=task.actor,
        created_by=task.created_by,
    )


def next_of_series(first: datetime, repeat: Repeat, *, after: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the series that is later: the same hour on the wall, on a day that is.

    Counted from the first one, so that the 31st is not lost to a February.
    """
    start, step = _on_the_wall(first, zone), STEPS[repeat]
    passed = _on_the_wall(after, zone) - start
    count = max(passed.days // 31 if repeat == Repeat.MONTHLY else passed // _length(repeat), 0)
    while True:
        moment = _real((start + step * count).replace(tzinfo=zone))
        if moment > after:
            return moment
        count += 1


def _length(repeat: Repeat) -> timedelta:
    return timedelta(days=1 if repeat == Repeat.DAILY else 7)


def _tell(
    task: Task, event: str, by: User | None, at: datetime, actor: Actor | None = None
) -> None:
    """The log, the lead's next action and what stands on cards follow in the same transaction."""
    doer = actor or (Actor.HUMAN if by else Actor.SYSTEM)
    details = {"task": task.pk, "kind": task.kind, "note": task.note}
    due = {"due_at": task.due_at.isoformat()}
    log(task.lead, event, actor=doer, at=at, user=by, **details, **due)
    agenda.refresh([task.lead_id], at=at)
    if task.reminded_at is not None:
        cards.refresh(task.lead_id, at=at)


# --- Who has them --------------------------------------------------------------------------------


def follow_lead(lead: Lead, to: User | None) -> None:
    """The open tasks of agents go along with the lead; an admin's stay theirs."""
    theirs = Task.objects.filter(lead=lead, state=TaskState.OPEN, owner__role=Role.AGENT)
    if to is not None:
        theirs = theirs.exclude(owner=to)
    theirs.update(owner=to)


def open_of(user: User) -> QuerySet[Task]:
    tasks: QuerySet[Task] = Task.objects.filter(owner=user, state=TaskState.OPEN)
    return tasks


def hand_on(user: User) -> int:
    """The open tasks of somebody who left are for who looks after each lead."""
    in_charge = Lead.objects.filter(pk=OuterRef("lead")).values("assigned_to")[:1]
    return int(open_of(user).update(owner=Subquery(in_charge)))


def due_within(span: str, *, at: datetime, of: User) -> Q:
    """Open tasks of a span of days; what is late today is overdue, and still today's."""
    zone = of.broker.zone if of.broker else timezone.get_current_timezone()
    midnight = datetime.combine(at.astimezone(zone).date(), time(), zone)
    first, last = SPANS[span]
    if first is None:
        return Q(state=TaskState.OPEN, due_at__lt=at)
    begins, ends = (_real(midnight + timedelta(days=days)) for days in (first, last))
    return Q(state=TaskState.OPEN, due_at__gte=begins, due_at__lt=ends)


# --- Reminders -----------------------------------------------------------------------------------


def owed(at: datetime) -> QuerySet[Task]:
    """Tasks to be reminded of by now."""
    tasks: QuerySet[Task] = Task.objects.filter(
        state=TaskState.OPEN,
        reminded_at__isnull=True,
        remind_at__lte=at,
        broker__is_active=True,
        lead__merged_into__isnull=True,
    )
    return tasks


def remind_due(*, at: datetime) -> int:
    """Remind of every task whose moment has come; safe to run twice at once."""
    found = in_turn(owed(at), "remind_at", "pk").values_list("pk", "broker_id")[:BATCH]
    reminded = 0
    for task_id, broker_id in list(found):
        with rowsecurity.of(broker_id):
            reminded += _remind(task_id, at)
    return reminded


@transaction.atomic
def _remind(task_id: int, at: datetime) -> bool:
    """The alert and the mark are one transaction: a worker that dies between leaves neither."""
    mine = (
        owed(at).filter(pk=task_id).select_for_update(of=("self",), skip_locked=True, no_key=True)
    )
    task = mine.select_related("lead__broker", "lead__assigned_to", "owner").first()
    if task is None:
        return False
    to = {"user": task.owner.pk} if task.owner and sees(task.owner, task.lead) else {}
    key = f"task:{task.pk}:{task.remind_at:%Y%m%dT%H%M%S%z}"
    alerts.raise_for(
        task.broker_id,
        AlertKind.TASK_DUE,
        lead=task.lead,
        key=key,
        at=at,
        task=task.pk,
        **_words(task),
        **to,
    )
    Task.objects.filter(pk=task_id).update(reminded_at=at, updated_at=at)
    return True


def _words(task: Task) -> dict[str, str]:
    """Of the task, in the broker's language and hours."""
    with translation.override(task.lead.broker.language):
        local = timezone.localtime(task.due_at, zone_of(task.lead))
        return {"title": str(task), "when": date_format(local, "SHORT_DATETIME_FORMAT")}
