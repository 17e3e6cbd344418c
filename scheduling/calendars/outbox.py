"""The outbox of calendar events: what should stand in whose calendar, claimed and settled."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from crm import connections
from crm.queues import in_turn
from scheduling.models import (
    Appointment,
    AppointmentStatus,
    CalendarConnection,
    CalendarEvent,
)

LEASE = timedelta(seconds=90)  # longer than every call of one push may take together
MAX_ATTEMPTS = 20
BACK_OFF_SECONDS = (5, 30, 120, 600, 1800)

Action, State = CalendarEvent.Action, CalendarEvent.State


def event_id(appointment: Appointment) -> str:
    """The id we give the event (characters a–v and 0–9), so that a repeat makes no second one."""
    secret = hashlib.sha256(appointment.token.encode()).hexdigest()
    return f"crm{appointment.pk}v{secret[:20]}"


def plan(appointment: Appointment, *, at: datetime) -> list[int]:
    """Note what the agent's calendar should show by now, and what other agents' no longer should.

    Called in the transaction of the booking door; returns the rows to push.
    """
    connection = _connection_of(appointment)
    mine = connection.pk if connection else None
    elsewhere = CalendarEvent.objects.filter(appointment=appointment, action=Action.UPSERT)
    left = list(elsewhere.exclude(connection=mine).values_list("pk", flat=True))
    if left:
        _ask(CalendarEvent.objects.filter(pk__in=left), Action.DELETE, at)
        _forget_links(appointment)
    return [*left, *([_want(appointment, connection, at)] if connection else [])]


def plan_ahead(connection: CalendarConnection, *, at: datetime) -> list[int]:
    """A calendar that was just joined gets the agent's visits ahead, and what it missed."""
    waiting = connection.events.filter(state=State.FAILED)
    waiting.update(state=State.PENDING, attempts=0, due_at=at, updated_at=at)
    ahead = Appointment.objects.filter(agent=connection.user_id, end_time__gt=at)
    active = ahead.filter(status__in=[AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED])
    return [_want(appointment, connection, at) for appointment in active]


def withdraw(appointments: QuerySet[Appointment], *, at: datetime) -> None:
    """Appointments are about to be erased: nothing of them may stay in a calendar."""
    _ask(CalendarEvent.objects.filter(appointment__in=appointments), Action.DELETE, at)


def _connection_of(appointment: Appointment) -> CalendarConnection | None:
    rows = CalendarConnection.objects.exclude(state=CalendarConnection.State.DISCONNECTED)
    found: CalendarConnection | None = rows.filter(user=appointment.agent_id).first()
    return found


def _want(appointment: Appointment, connection: CalendarConnection, at: datetime) -> int:
    cancelled = appointment.status == AppointmentStatus.CANCELLED
    row, _ = CalendarEvent.objects.get_or_create(
        connection=connection,
        event_id=event_id(appointment),
        defaults={"appointment": appointment, "broker_id": appointment.broker_id, "due_at": at},
    )
    action = Action.DELETE if cancelled else Action.UPSERT
    _ask(CalendarEvent.objects.filter(pk=row.pk), action, at)
    return int(row.pk)


def _ask(rows: QuerySet[CalendarEvent], action: str, at: datetime) -> None:
    """A push under way keeps its lease: two at once could leave the older one's word standing."""
    rows.update(
        action=action,
        state=State.PENDING,
        version=F("version") + 1,
        due_at=at,
        attempts=0,
        reason="",
        updated_at=at,
    )


def _forget_links(appointment: Appointment) -> None:
    """The meeting's link goes with the event of the agent who no longer comes."""
    appointment.meet_url = appointment.google_event_id = ""
    appointment.save(update_fields=["meet_url", "google_event_id", "updated_at"])


# --- Claimed and settled by workers ---------------------------------------------------------------


def due(*, at: datetime, limit: int = 500) -> list[int]:
    """Rows to push now; those of a broken connection wait for it to be joined again."""
    return list(in_turn(owed(at), "due_at").values_list("pk", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[CalendarEvent]:
    rows: QuerySet[CalendarEvent] = CalendarEvent.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=at),
        state=State.PENDING,
        due_at__lte=at,
        connection__state=CalendarConnection.State.CONNECTED,
    )
    return rows


def claim(pk: int, *, at: datetime) -> CalendarEvent | None:
    """The row with everything the push needs, leased; None when it is not ours to push now."""
    mine = CalendarEvent.objects.filter(pk__in=owed(at).filter(pk=pk).values("pk"))
    leased = CalendarEvent.objects.filter(pk=pk, lease_until=at + LEASE)
    connections.claimed(lambda: leased.update(lease_until=None, attempts=F("attempts") - 1))
    if not mine.update(lease_until=at + LEASE, attempts=F("attempts") + 1, updated_at=at):
        return None
    related = ("connection__user", "appointment__lead__broker", "appointment__agent")
    row: CalendarEvent = CalendarEvent.objects.select_related(*related).get(pk=pk)
    return row


def settle(row: CalendarEvent, *, etag: str, at: datetime) -> bool:
    """Done, unless the appointment changed meanwhile: then the row is due again. Frees the lease."""
    rows = _leased(row)
    fields: dict[str, Any] = {"etag": etag, "synced_version": row.version, "updated_at": at}
    if rows.filter(version=row.version).update(
        state=State.DONE, lease_until=None, reason="", **fields
    ):
        return True
    rows.update(lease_until=None, **fields)
    return False


def put_off(row: CalendarEvent, *, reason: str, wait: float | None, at: datetime) -> None:
    """Back to waiting; after many attempts it is shown to a person."""
    if row.attempts >= MAX_ATTEMPTS:
        fail(row, reason=reason, at=at)
        return
    step = min(row.attempts, len(BACK_OFF_SECONDS)) - 1
    pause = timedelta(seconds=wait or BACK_OFF_SECONDS[max(step, 0)])
    _leased(row).filter(version=row.version).update(due_at=at + pause)
    _leased(row).update(lease_until=None, reason=reason, updated_at=at)


def fail(row: CalendarEvent, *, reason: str, at: datetime) -> None:
    _leased(row).filter(version=row.version).update(state=State.FAILED)
    _leased(row).update(lease_until=None, reason=reason, updated_at=at)


def release(row: CalendarEvent, *, reason: str, at: datetime) -> None:
    """Left as it is, for when the connection works again."""
    _leased(row).update(lease_until=None, reason=reason, updated_at=at)


def again(rows: Iterable[CalendarEvent], *, at: datetime) -> int:
    """Push once more what gave up, or what somebody changed in the calendar."""
    chosen = CalendarEvent.objects.filter(pk__in=[row.pk for row in rows])
    return chosen.update(
        state=State.PENDING, version=F("version") + 1, due_at=at, attempts=0, updated_at=at
    )


def _leased(row: CalendarEvent) -> QuerySet[CalendarEvent]:
    """The row while the lease is the one we took: a later claim has another end."""
    rows: QuerySet[CalendarEvent] = CalendarEvent.objects.filter(
        pk=row.pk, lease_until=row.lease_until
    )
    return rows
