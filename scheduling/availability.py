"""When visits are possible: weekly windows less appointments, blocks, holds and short notice."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from brokers import defaults
from brokers.models import Broker, User
from crm.tenancy import Role
from leads.models import Lead
from scheduling.errors import RangeTooLong
from scheduling.models import (
    ACTIVE,
    Appointment,
    AppointmentBlock,
    AppointmentType,
    AvailabilitySlot,
    SlotOffer,
    parse_rrule,
)

MAX_RANGE = timedelta(days=62)
CLOCK_CHANGE = timedelta(hours=1)  # 62 local days may be that much longer
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Slot:
    """A time that can be booked, in UTC, with the ids of the agents free for all of it."""

    start: datetime
    end: datetime
    agents: tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """Wall-clock time of a weekday in which these agents may start visits, every ``step``."""

    agents: tuple[int, ...]
    weekday: int
    start: time
    end: time
    step: timedelta
    valid_from: date | None = None
    valid_until: date | None = None

    def covers(self, day: date) -> bool:
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )


@dataclass(frozen=True)
class Busy:
    """Time that is gone, half-open and in UTC; a null agent means everybody's."""

    agent: int | None
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Meeting:
    """How long a broker's meetings last, how soon and how far ahead they are offered, and whether
    the lead is a guest of the event in the agent's calendar."""

    duration: int
    notice: timedelta
    horizon: timedelta
    location: str
    invites_lead: bool


# --- The pure core: values and a clock --------------------------------------------------------


def to_utc(wall: datetime, zone: ZoneInfo, *, late: bool = False) -> datetime:
    """The instant of a naive wall-clock time.

    A time that the clock shows twice is its first showing (``late``: its second); one that the
    clock skips is the moment of the jump.
    """
    both = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    before, after = sorted(both)
    if before == after or _shows(after, wall, zone):
        return after if late else before
    while after - before > MINUTE:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(second=0, microsecond=0)


def _shows(instant: datetime, wall: datetime, zone: ZoneInfo) -> bool:
    return instant.astimezone(zone).replace(tzinfo=None) == wall


def open_slots(
    windows: Iterable[Window], taken: Iterable[Busy], *, start: datetime, end: datetime,
    earliest: datetime, duration: timedelta, zone: ZoneInfo,
) -> list[Slot]:  # fmt: skip
    """Slots that start in ``[start, end)`` and not before ``earliest``, in order of time."""
    first = max(start, earliest)
    free: dict[datetime, set[int]] = defaultdict(set)
    for agents, begin in _starts(windows, first, end, duration, zone):
        free[begin].update(agents)
    diary = Diary(taken)
    slots = (
        Slot(begin, begin + duration, diary.free(agents, begin, begin + duration))
        for begin, agents in sorted(free.items())
    )
    return [slot for slot in slots if slot.agents]


def _starts(
    windows: Iterable[Window], first: datetime, end: datetime, duration: timedelta, zone: ZoneInfo
) -> Iterator[tuple[tuple[int, ...], datetime]]:
    days = list(_days(first.astimezone(zone).date(), end.astimezone(zone).date()))
    for window in windows:
        for day in filter(window.covers, days):
            closes = to_utc(datetime.combine(day, window.end), zone)
            for begin in _steps(window, day, zone):
                if first <= begin < end and begin + duration <= closes:
                    yield window.agents, begin


def _steps(window: Window, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which the clock shows the window's steps; skipped times are left out."""
    wall, last = datetime.combine(day, window.start), datetime.combine(day, window.end)
    while wall < last:
        begin = to_utc(wall, zone)
        if _shows(begin, wall, zone):
            yield begin
        wall += window.step


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


class Diary:
    """Busy times by agent, merged, so that asking costs one bisection."""

    def __init__(self, taken: Iterable[Busy]) -> None:
        by_agent: dict[int | None, list[tuple[datetime, datetime]]] = defaultdict(list)
        for each in taken:
            by_agent[each.agent].append((each.start, each.end))
        self._taken = {agent: _merged(spans) for agent, spans in by_agent.items()}

    def free(self, agents: Iterable[int], start: datetime, end: datetime) -> tuple[int, ...]:
        if self._is_taken(None, start, end):
            return ()
        return tuple(sorted(a for a in agents if not self._is_taken(a, start, end)))

    def _is_taken(self, agent: int | None, start: datetime, end: datetime) -> bool:
        spans = self._taken.get(agent, [])
        before_end = bisect_left(spans, (end,))
        return before_end > 0 and spans[before_end - 1][1] > start


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def occurrences(
    block: AppointmentBlock, *, start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[Busy]:
    """What a block takes within ``[start, end)``: a repeating one keeps its wall-clock hours."""
    yield Busy(block.agent_id, block.start_time, block.end_time)
    if not block.rrule:
        return
    first, until = (_naive(each, zone) for each in (block.start_time, block.end_time))
    length = until - first
    rule = parse_rrule(block.rrule, first)
    for begin in rule.between(
        _naive(start, zone) - length - DAY, _naive(end, zone) + DAY, inc=True
    ):
        yield Busy(block.agent_id, to_utc(begin, zone), to_utc(begin + length, zone, late=True))


def _naive(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


# --- The edge: one query per table, whatever the range -----------------------------------------


def zone_of(broker: Broker) -> ZoneInfo:
    return ZoneInfo(broker.timezone)


def meeting(broker: Broker) -> Meeting:
    """The broker's own settings, or the usual ones where theirs are missing or make no sense."""
    chosen = broker.brokerpromptconfig.meeting_config
    return Meeting(
        duration=_whole(chosen, "duration_minutes", 5, 24 * 60),
        notice=timedelta(hours=_whole(chosen, "minimum_notice_hours", 0, 24 * 30)),
        horizon=timedelta(days=_whole(chosen, "horizon_days", 1, MAX_RANGE.days)),
        location=str(chosen.get("location") or ""),
        invites_lead=bool(chosen.get("invite_lead", True)),
    )


def _whole(chosen: Mapping[str, Any], key: str, low: int, high: int) -> int:
    value = chosen.get(key)
    usable = isinstance(value, int) and low <= value <= high
    return int(value) if usable and value is not None else defaults.MEETING[key]


def span_of_days(broker: Broker, first: date, last: date) -> tuple[datetime, datetime]:
    """From the first instant of ``first`` to the first after ``last``, in the broker's zone."""
    zone = zone_of(broker)
    midnights = (datetime.combine(day, time()) for day in (first, last + DAY))
    start, end = (to_utc(midnight, zone) for midnight in midnights)
    return start, end


def free_slots(
    broker: Broker, *, start: datetime, end: datetime, at: datetime, duration: int | None = None,
    appointment_type: str = AppointmentType.PROPERTY_VISIT, agent: User | None = None,
    lead: Lead | None = None,
) -> list[Slot]:  # fmt: skip
    """Slots that start in ``[start, end)``; with ``lead``, their own holds do not count.

    ``duration`` is in minutes (``None``: the broker's). Raises ``RangeTooLong`` over 62 days.
    """
    start, end, at = (each.astimezone(UTC) for each in (start, end, at))
    if not start < end <= start + MAX_RANGE + CLOCK_CHANGE:
        raise RangeTooLong
    settings = meeting(broker)
    length = timedelta(minutes=duration or settings.duration)
    agents = bookable(broker, only=agent)
    return open_slots(
        _windows(broker, agents, appointment_type),
        busy(broker, list(agents), start=start, end=end + length, at=at, lead=lead),
        start=start,
        end=end,
        earliest=at + settings.notice,
        duration=length,
        zone=zone_of(broker),
    )


def free_agents(
    broker: Broker, *, start: datetime, end: datetime, at: datetime, lead: Lead | None = None,
    ignoring: Appointment | None = None,
) -> tuple[int, ...]:  # fmt: skip
    """Agents with nothing in their diary at that time, in or out of their windows.

    ``ignoring`` is the appointment that is about to move there.
    """
    agents = [pk for pk, role in bookable(broker).items() if role == Role.AGENT]
    return free_of(broker, agents, start=start, end=end, at=at, lead=lead, ignoring=ignoring)


def free_of(
    broker: Broker, agents: Sequence[int], *, start: datetime, end: datetime, at: datetime,
    lead: Lead | None = None, ignoring: Appointment | None = None,
) -> tuple[int, ...]:  # fmt: skip
    """Which of these agents have nothing in their diary at that time."""
    taken = busy(broker, agents, start=start, end=end, at=at, lead=lead, ignoring=ignoring)
    return Diary(taken).free(agents, start, end)


def bookable(broker: Broker, *, only: User | None = None) -> dict[int, str]:
    """Who may receive visits, with their role: windows for everybody mean the agents."""
    users = User.objects.select_related(None).filter(broker=broker, is_active=True)
    if only is not None:
        users = users.filter(pk=only.pk)
    return dict(users.values_list("pk", "role"))


def _windows(broker: Broker, agents: Mapping[int, str], appointment_type: str) -> list[Window]:
    everybody = tuple(pk for pk, role in agents.items() if role == Role.AGENT)
    rows = AvailabilitySlot.objects.filter(
        _theirs(agents), broker=broker, appointment_type__in=["", appointment_type]
    )
    return [
        Window(
            agents=(row.agent_id,) if row.agent_id else everybody,
            weekday=row.weekday,
            start=row.start_time,
            end=row.end_time,
            step=timedelta(minutes=row.step_minutes),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in rows
    ]


def _theirs(agents: Iterable[int]) -> Q:
    return Q(agent__in=list(agents)) | Q(agent__isnull=True)


def busy(
    broker: Broker, agents: Sequence[int], *, start: datetime, end: datetime, at: datetime,
    lead: Lead | None = None, ignoring: Appointment | None = None,
) -> list[Busy]:  # fmt: skip
    """What takes these agents' time; with ``lead``, their appointments take everybody's."""
    overlap = {"start_time__lt": end, "end_time__gt": start}
    return [
        *_appointments(agents, overlap, lead, ignoring),
        *_blocked(broker, agents, start, end),
        *held(broker, agents, start=start, end=end, at=at, lead=lead),
    ]


def _appointments(
    agents: Sequence[int], overlap: Mapping[str, datetime], lead: Lead | None,
    ignoring: Appointment | None,
) -> Iterator[Busy]:  # fmt: skip
    """Active appointments of these agents, and of the lead, who cannot be in two places."""
    whose = Q(agent__in=agents) | Q(lead=lead) if lead else Q(agent__in=agents)
    rows = Appointment.objects.filter(whose, status__in=ACTIVE, **overlap)
    if ignoring is not None:
        rows = rows.exclude(pk=ignoring.pk)
    for lead_id, agent, start, end in rows.values_list(
        "lead_id", "agent_id", "start_time", "end_time"
    ):
        yield Busy(None if lead and lead_id == lead.pk else agent, start, end)


def _blocked(
    broker: Broker, agents: Sequence[int], start: datetime, end: datetime
) -> Iterator[Busy]:
    zone = zone_of(broker)
    rows = AppointmentBlock.objects.filter(_theirs(agents), broker=broker, start_time__lt=end)
    for block in rows.filter(Q(end_time__gt=start) | ~Q(rrule="")):
        yield from occurrences(block, start=start, end=end, zone=zone)


def held(
    broker: Broker, agents: Sequence[int], *, start: datetime, end: datetime, at: datetime,
    lead: Lead | None,
) -> Iterator[Busy]:  # fmt: skip
    """What is on hold for others than ``lead``."""
    rows = SlotOffer.objects.filter(
        broker=broker, agent__in=agents, taken=False, hold_until__gt=at,
        start_time__lt=end, end_time__gt=start,
    )  # fmt: skip
    if lead is not None:
        rows = rows.exclude(lead=lead)
    for agent, begin, finish in rows.values_list("agent_id", "start_time", "end_time"):
        yield Busy(agent, begin, finish)
