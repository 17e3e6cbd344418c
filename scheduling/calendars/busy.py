"""An agent's own busy time in Google becomes blocks of their diary: when, never what.

Titles, guests and places are not stored. A block that lands on an appointment moves nothing: its
agent is told.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from brokers.language import in_language_of
from leads import alerts
from leads.enums import AlertKind
from scheduling.availability import MAX_RANGE, to_utc, zone_of
from scheduling.models import ACTIVE, Appointment, AppointmentBlock, CalendarConnection
from scheduling.speech import spoken

log = logging.getLogger(__name__)

AHEAD = MAX_RANGE + timedelta(days=7)  # what may be asked for, and what a late full read leaves
BEHIND = timedelta(days=1)
KEPT = timedelta(days=60)
LONGEST_ZONE = 64  # of a path that we look up, one folder after another
OURS = re.compile(r"crm\d+v[0-9a-f]{20}")
NOT_BUSY = ("workingLocation", "birthday")


@dataclass(frozen=True)
class Span:
    start: datetime
    end: datetime


# --- The pure core ------------------------------------------------------------------------------


def is_ours(event: dict[str, Any]) -> bool:
    """An event that we put there ourselves: its id is of our making."""
    return bool(OURS.fullmatch(str(event.get("id", ""))))


def span_of(event: dict[str, Any], zone: ZoneInfo) -> Span | None:
    """The time that an event takes, in UTC; None where it leaves its owner free.

    ``zone`` is the calendar's: a whole day begins and ends at its midnights.
    """
    if not _is_busy(event):
        return None
    try:
        start, end = (_instant(event[side], zone) for side in ("start", "end"))
    except (KeyError, TypeError, ValueError, OverflowError):
        log.warning("an event of a calendar has no time that we understand")
        return None
    return Span(start, end) if start < end else None


def _is_busy(event: dict[str, Any]) -> bool:
    if event.get("status") == "cancelled" or event.get("transparency") == "transparent":
        return False
    if event.get("eventType") in NOT_BUSY:
        return False
    guests = event.get("attendees") or []
    return not any(g.get("self") and g.get("responseStatus") == "declined" for g in guests)


def _instant(side: dict[str, Any], zone: ZoneInfo) -> datetime:
    if "dateTime" not in side:
        return to_utc(datetime.combine(date.fromisoformat(side["date"]), time()), zone)
    moment = datetime.fromisoformat(side["dateTime"])
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return to_utc(moment, ZoneInfo(side["timeZone"]) if side.get("timeZone") else zone)


def zone_named(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    if not name or len(name) > LONGEST_ZONE:
        return otherwise
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return otherwise


# --- Stored ---------------------------------------------------------------------------------------


def of(connection: CalendarConnection) -> QuerySet[AppointmentBlock]:
    rows: QuerySet[AppointmentBlock] = AppointmentBlock.objects.filter(
        agent=connection.user_id, source=AppointmentBlock.Source.GOOGLE
    )
    return rows


def take_in(connection: CalendarConnection, page: dict[str, Any], *, at: datetime) -> set[str]:
    """Store what a page says of the agent's time; returns the ids of the busy events in it.

    Called in the reader's transaction, page after page.
    """
    zone = zone_named(page.get("timeZone"), zone_of(connection.broker))
    theirs = [event for event in page.get("items", []) if event.get("id") and not is_ours(event)]
    spans = {str(event["id"]): span_of(event, zone) for event in theirs}
    _remove(connection, [name for name, span in spans.items() if span is None])
    taken = {name: span for name, span in spans.items() if span is not None}
    changed = _store(connection, taken, at)
    _warn(connection, changed, at)
    return set(taken)


def _remove(connection: CalendarConnection, names: Iterable[str]) -> None:
    """A repeating event that was deleted takes its days with it: their ids begin with its own."""
    gone = Q(pk__in=[])
    for name in names:
        gone |= Q(external_id=name) | Q(external_id__startswith=f"{name}_")
    of(connection).filter(gone).delete()


def _store(connection: CalendarConnection, taken: dict[str, Span], at: datetime) -> set[str]:
    """Write the blocks in one statement; returns the ids of those that are new or moved."""
    known = of(connection).filter(external_id__in=list(taken))
    stood = {row.external_id: Span(row.start_time, row.end_time) for row in known}
    changed = {name for name, span in taken.items() if stood.get(name) != span}
    AppointmentBlock.objects.bulk_create(
        [_block(connection, name, taken[name], at) for name in sorted(changed)],
        update_conflicts=True,
        unique_fields=["agent", "external_id"],
        update_fields=["start_time", "end_time", "updated_at"],
    )
    return changed


def _block(connection: CalendarConnection, name: str, span: Span, at: datetime) -> AppointmentBlock:
    return AppointmentBlock(
        broker_id=connection.broker_id,
        agent_id=connection.user_id,
        start_time=span.start,
        end_time=span.end,
        reason=_("Ocupado"),
        source=AppointmentBlock.Source.GOOGLE,
        external_id=name,
        updated_at=at,
    )


def keep_only(connection: CalendarConnection, names: set[str], *, at: datetime) -> None:
    """After everything was read: what it no longer has is gone, and so is what is long past."""
    blocks = of(connection)
    blocks.filter(end_time__gt=at - BEHIND).exclude(external_id__in=names).delete()
    blocks.filter(end_time__lt=at - KEPT).delete()


def forget(connection: CalendarConnection, *, at: datetime) -> None:
    """The calendar is no longer joined: what lay ahead is free again."""
    of(connection).filter(end_time__gt=at).delete()


# --- Told -----------------------------------------------------------------------------------------


def _warn(connection: CalendarConnection, changed: set[str], at: datetime) -> None:
    """Each appointment ahead that a new or moved block lies on is told once for that block."""
    blocks = of(connection).filter(external_id__in=changed, end_time__gt=at)
    for block in blocks:
        for appointment in _under(block, at):
            _alert(appointment, block, at)


def _under(block: AppointmentBlock, at: datetime) -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.select_related("lead__broker").filter(
        agent=block.agent_id,
        status__in=ACTIVE,
        start_time__gt=at,
        start_time__lt=block.end_time,
        end_time__gt=block.start_time,
    )
    return rows


def _alert(appointment: Appointment, block: AppointmentBlock, at: datetime) -> None:
    broker = appointment.lead.broker
    with in_language_of(broker):
        when = spoken(appointment.start_time, zone_of(broker))
    alerts.raise_for(
        appointment.broker_id,
        AlertKind.CALENDAR_CONFLICT,
        lead=appointment.lead,
        key=f"{appointment.pk}:{block.pk}:{block.start_time:%Y%m%d%H%M}",
        at=at,
        user=appointment.agent_id,
        when=when,
        page=reverse("admin:scheduling_appointment_change", args=[appointment.pk]),
    )
