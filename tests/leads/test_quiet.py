"""Quiet hours: nights, Sundays, holidays, and the two nights a year when the clock jumps."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.quiet import QuietHours

SANTIAGO, ARENAS = "America/Santiago", "America/Punta_Arenas"


def usual(zone: str = SANTIAGO, **other) -> QuietHours:
    fields = {"start": time(21), "end": time(9), "sundays": True, "holidays": True, "country": "CL"}
    return QuietHours(**{**fields, **other}, zone=ZoneInfo(zone))


def local(text: str, zone: str = SANTIAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


MOMENTS = [
    # moment, quiet, first moment that is not
    ("2026-11-24T08:59:59", True, "2026-11-24T09:00"),  # a Tuesday
    ("2026-11-24T09:00", False, "2026-11-24T09:00"),
    ("2026-11-24T20:59:59", False, "2026-11-24T20:59:59"),
    ("2026-11-24T21:00", True, "2026-11-25T09:00"),
    ("2026-11-25T00:00", True, "2026-11-25T09:00"),
    ("2026-11-28T21:00", True, "2026-11-30T09:00"),  # Saturday night: Monday
    ("2026-11-29T12:00", True, "2026-11-30T09:00"),  # Sunday
    ("2026-09-17T21:30", True, "2026-09-21T09:00"),  # 18th, 19th, Sunday
    ("2026-09-18T12:00", True, "2026-09-21T09:00"),
    ("2026-12-24T22:00", True, "2026-12-26T09:00"),  # Christmas
    ("2026-12-31T23:59", True, "2027-01-02T09:00"),
    ("2026-04-02T21:00", True, "2026-04-06T09:00"),  # Good Friday, Saturday, Sunday
    ("2026-04-04T23:30", True, "2026-04-06T09:00"),  # the hour that comes twice
    ("2026-09-05T21:00", True, "2026-09-07T09:00"),
    ("2026-09-06T01:00", True, "2026-09-07T09:00"),  # the night that is an hour shorter
]


@pytest.mark.parametrize(("moment", "quiet", "opens"), MOMENTS)
def test_nights_sundays_and_holidays(moment: str, quiet: bool, opens: str) -> None:
    at = local(moment)
    assert usual().covers(at) is quiet
    assert usual().next_open(at) == local(opens)


@pytest.mark.parametrize(
    ("zone", "moment", "hours"),
    [
        (SANTIAGO, "2026-04-04T21:00", 13),  # clocks go back at midnight
        (ARENAS, "2026-04-04T21:00", 12),
        (SANTIAGO, "2026-09-05T21:00", 11),  # clocks go forward at midnight
        (ARENAS, "2026-09-05T21:00", 12),
        (SANTIAGO, "2026-11-24T21:00", 12),
    ],
)
def test_a_night_is_as_long_as_the_clocks_make_it(zone: str, moment: str, hours: int) -> None:
    nights = usual(zone, sundays=False, holidays=False)
    at = local(moment, zone)
    opens = nights.next_open(at).astimezone(ZoneInfo("UTC"))
    assert opens - at.astimezone(ZoneInfo("UTC")) == timedelta(hours=hours)


def test_the_same_moment_may_be_quiet_in_one_zone_only() -> None:
    # In winter Punta Arenas is an hour ahead of Santiago.
    at = local("2026-06-23T20:30")
    assert (usual().covers(at), usual(ARENAS).covers(at)) == (False, True)


def test_a_time_that_the_clocks_skip_opens_right_after() -> None:
    hours = usual(start=time(20), end=time(0, 30), sundays=False)
    assert hours.next_open(local("2026-09-05T22:00")) == local("2026-09-06T01:00")


@pytest.mark.parametrize(
    ("moment", "opens"),
    [("2026-11-24T14:00", "2026-11-24T15:00"), ("2026-11-29T14:00", "2026-11-30T00:00")],
)
def test_a_pause_within_the_day_and_a_day_off_that_ends_at_midnight(moment, opens) -> None:
    siesta = usual(start=time(13), end=time(15))
    assert siesta.next_open(local(moment)) == local(opens)


def test_equal_ends_leave_no_night() -> None:
    always = usual(start=time(0), end=time(0), sundays=False, holidays=False)
    assert not any(always.covers(local(f"2026-11-29T{hour:02}:00")) for hour in range(24))


def test_reminders_keep_to_the_nights_only() -> None:
    sunday_noon, sunday_night = local("2026-11-29T12:00"), local("2026-11-29T22:00")
    assert usual().covers(sunday_noon, nights_only=True) is False
    assert usual().covers(sunday_night, nights_only=True) is True


@pytest.mark.parametrize("country", ["", "XX", "Atlantis"])
def test_a_country_without_a_calendar_has_no_holidays(country: str) -> None:
    assert usual(country=country).covers(local("2026-09-18T12:00")) is False


moments = st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(ZoneInfo("UTC"))
)


@given(moments, st.times(), st.times(), st.booleans(), st.sampled_from([SANTIAGO, ARENAS]))
def test_the_next_opening_is_open_and_nothing_before_it_is(at, start, end, sundays, zone) -> None:
    hours = usual(
        zone, start=start.replace(microsecond=0), end=end.replace(microsecond=0), sundays=sundays
    )
    opens = hours.next_open(at)
    assert opens >= at
    assert not hours.covers(opens)
    step = (opens - at) / 20
    assert all(hours.covers(at + step * n) for n in range(20)) or opens == at
