"""An agent's week as it stands: working hours, blocks and appointments, day by day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from brokers.models import User
from crm.tenancy import Role
from scheduling.availability import DAY, occurrences, span_of_days, to_utc, zone_of
from scheduling.models import Appointment, AppointmentBlock, AppointmentStatus, AvailabilitySlot

USUAL_HOURS = (9, 19)
MINUTES_OF_DAY = 24 * 60


@dataclass(frozen=True)
class Entry:
    """Something in a day, from one minute of its clock to another; the whole day is 0 to 1440."""

    kind: str  # window, block or visit
    first: int
    last: int
    title: str = ""
    state: str = ""
    link: str = ""

    @property
    def hours(self) -> str:
        return (
            _("Todo el día") if self.is_whole_day else f"{_clock(self.first)}–{_clock(self.last)}"
        )

    @property
    def is_whole_day(self) -> bool:
        return (self.first, self.last) == (0, MINUTES_OF_DAY)


@dataclass(frozen=True)
class Day:
    date: date
    is_today: bool
    windows: list[Entry] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Week:
    days: list[Day]
    hours: range

    @property
    def before(self) -> date:
        return self.days[0].date - 7 * DAY

    @property
    def after(self) -> date:
        return self.days[0].date + 7 * DAY


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def of(agent: User, *, monday: date, seen_by: Any, at: datetime) -> Week:
    """One query a table, whatever the week holds."""
    broker = agent.broker
    if broker is None:
        return Week([], range(0))
    zone = zone_of(broker)
    start, end = span_of_days(broker, monday, monday + 6 * DAY)
    windows = list(_windows(agent))
    taken = [*_blocks(agent, start, end, seen_by), *_visits(agent, start, end, seen_by)]
    today = at.astimezone(zone).date()
    days = [
        Day(day, day == today, _hours_of(windows, day), list(_within(taken, day, zone)))
        for day in (monday + number * DAY for number in range(7))
    ]
    return Week(days, _hours(days))


def _hours(days: Iterable[Day]) -> range:
    """The hours to draw: the usual ones, and as far as anything reaches; whole days reach none."""
    entries = [each for day in days for each in [*day.windows, *day.entries]]
    reach = [each for each in entries if not each.is_whole_day]
    first = min([USUAL_HOURS[0], *(each.first // 60 for each in reach)])
    last = max([USUAL_HOURS[1], *(-(-each.last // 60) for each in reach)])
    return range(first, last)


# --- Read -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Taken:
    start: datetime
    end: datetime
    kind: str
    title: str
    state: str = ""
    link: str = ""


def _whose(agent: User) -> Q:
    """What names nobody is every agent's."""
    mine = Q(agent=agent)
    return mine | Q(agent__isnull=True) if agent.role == Role.AGENT else mine


def _windows(agent: User) -> Iterable[AvailabilitySlot]:
    rows = AvailabilitySlot.objects.filter(_whose(agent), broker=agent.broker_id)
    return rows.order_by("start_time")


def _hours_of(windows: Iterable[AvailabilitySlot], day: date) -> list[Entry]:
    return [
        Entry("window", _minute(row.start_time), _minute(row.end_time))
        for row in windows
        if row.weekday == day.weekday()
        and (row.valid_from is None or row.valid_from <= day)
        and (row.valid_until is None or day <= row.valid_until)
    ]


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _blocks(agent: User, start: datetime, end: datetime, seen_by: Any) -> Iterator[_Taken]:
    shared = Q(agent=agent) | Q(agent__isnull=True)
    rows = AppointmentBlock.objects.filter(shared, broker=agent.broker_id, start_time__lt=end)
    zone = zone_of(agent.broker)  # type: ignore[arg-type]
    for row in rows.filter(Q(end_time__gt=start) | ~Q(rrule="")):
        link = _page("appointmentblock", row.pk) if _may_open(row, seen_by) else ""
        for busy in set(occurrences(row, start=start, end=end, zone=zone)):
            yield _Taken(busy.start, busy.end, "block", str(row), row.source, link)


def _may_open(block: AppointmentBlock, user: Any) -> bool:
    """Blocks for everybody are the admins' to open."""
    return bool(user.role != Role.AGENT or block.agent_id == user.pk)


def _visits(agent: User, start: datetime, end: datetime, seen_by: Any) -> Iterator[_Taken]:
    rows = Appointment.objects.visible_to(seen_by).filter(
        agent=agent, start_time__lt=end, end_time__gt=start
    )
    for row in rows.exclude(status=AppointmentStatus.CANCELLED).select_related("lead"):
        title = f"{row.lead} · {row.get_appointment_type_display()}"
        link = _page("appointment", row.pk)
        yield _Taken(row.start_time, row.end_time, "visit", title, row.status, link)


def _page(model: str, pk: int) -> str:
    return reverse(f"admin:scheduling_{model}_change", args=[pk])


def _within(taken: Iterable[_Taken], day: date, zone: ZoneInfo) -> Iterator[Entry]:
    """What lies in a day, cut at its midnights, in wall-clock minutes and in order of time."""
    opens, closes = (to_utc(datetime.combine(each, time()), zone) for each in (day, day + DAY))
    for each in sorted(taken, key=lambda each: (each.start, each.end)):
        if each.start < closes and each.end > opens:
            first = 0 if each.start <= opens else _minute(each.start.astimezone(zone).time())
            last = MINUTES_OF_DAY if each.end >= closes else _last(each.end, first, zone)
            yield Entry(each.kind, first, last, each.title, each.state, each.link)


def _last(end: datetime, first: int, zone: ZoneInfo) -> int:
    """The clock may have gone back meanwhile: an entry is drawn with some height all the same."""
    return max(_minute(end.astimezone(zone).time()), first + 15)
