"""Office minutes, and which step is due after how many of them; pure."""

from datetime import datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from leads.quiet import QuietHours

UTC = ZoneInfo("UTC")
ENOUGH = timedelta(minutes=60)  # nothing happens later: no need to count on


class Step(IntEnum):
    NONE = 0
    REMINDER = 1
    ALERT = 2
    RESUME = 3


DUE_AFTER = ((60, Step.RESUME), (30, Step.ALERT), (15, Step.REMINDER))


def office_minutes_between(
    hours: QuietHours, start: datetime, end: datetime, *, enough: timedelta = ENOUGH
) -> float:
    """Minutes from ``start`` to ``end`` in which the office is open; counting stops at ``enough``."""
    passed = timedelta(0)
    opens = hours.next_open(start)
    while opens < end and passed < enough:
        closes = min(hours.next_quiet(opens), end)
        # Moments of one zone subtract as wall clocks, which jump when the clocks change.
        passed += closes.astimezone(UTC) - opens.astimezone(UTC)
        opens = hours.next_open(closes)
    return min(passed, enough) / timedelta(minutes=1)


def step_after(minutes: float) -> Step:
    return next((step for due, step in DUE_AFTER if minutes >= due), Step.NONE)
