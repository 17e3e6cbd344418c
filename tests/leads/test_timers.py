"""Office minutes: nights, Sundays, holidays and changing clocks do not count."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads.quiet import QuietHours
from leads.timers import Step, office_minutes_between, step_after

SANTIAGO = ZoneInfo("America/Santiago")
OFFICE = QuietHours(
    start=time(21), end=time(9), sundays=True, holidays=True, country="CL", zone=SANTIAGO
)
ALWAYS = QuietHours(
    start=time(0), end=time(0), sundays=False, holidays=False, country="CL", zone=SANTIAGO
)
LONG = timedelta(days=60)


def local(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=SANTIAGO)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (local(2026, 11, 24, 10), local(2026, 11, 24, 10, 20), 20),
        (local(2026, 11, 24, 20, 50), local(2026, 11, 25, 9, 5), 15),  # the night between
        (local(2026, 11, 24, 23), local(2026, 11, 25, 8), 0),
        (local(2026, 11, 21, 20, 50), local(2026, 11, 23, 9, 10), 20),  # a Sunday between
        (local(2026, 12, 24, 20, 50), local(2026, 12, 26, 9, 10), 20),  # Christmas between
        (local(2026, 11, 24, 9), local(2026, 11, 25, 9), 720),
        (local(2026, 11, 24, 10), local(2026, 11, 24, 9), 0),
    ],
)
def test_minutes_count_only_while_the_office_is_open(
    start: datetime, end: datetime, minutes: float
) -> None:
    assert office_minutes_between(OFFICE, start, end, enough=LONG) == minutes


def test_the_hour_that_the_clocks_skip_is_no_office_hour() -> None:
    """On 2026-09-06 Santiago jumps from midnight to one."""
    start, end = local(2026, 9, 5, 23), local(2026, 9, 6, 2)
    assert office_minutes_between(ALWAYS, start, end, enough=LONG) == 120


def test_an_office_that_never_closes_counts_every_minute() -> None:
    start = local(2026, 11, 1, 10)
    assert office_minutes_between(ALWAYS, start, start + LONG, enough=LONG) == 60 * 24 * 60


def test_counting_stops_when_nothing_more_can_happen() -> None:
    start = local(2020, 1, 2, 10)
    assert office_minutes_between(OFFICE, start, local(2026, 11, 24, 10)) == 60


@pytest.mark.parametrize(
    ("minutes", "step"),
    [
        (0, Step.NONE),
        (14.9, Step.NONE),
        (15, Step.REMINDER),
        (29.9, Step.REMINDER),
        (30, Step.ALERT),
        (60, Step.RESUME),
    ],
)
def test_a_reminder_at_15_an_alert_at_30_the_assistant_at_60(minutes: float, step: Step) -> None:
    assert step_after(minutes) == step
