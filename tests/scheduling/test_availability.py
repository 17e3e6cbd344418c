"""Slots: windows less what takes them, on ordinary days and on those when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.models import Broker, User
from crm.tenancy import Role
from leads.models import Lead
from scheduling import availability
from scheduling.availability import Busy, Slot, Window, open_slots, to_utc
from scheduling.errors import RangeTooLong
from scheduling.models import AppointmentBlock, validate_rrule
from tests.factories import (
    AppointmentBlockFactory,
    AppointmentFactory,
    AvailabilitySlotFactory,
    LeadFactory,
    SlotOfferFactory,
    UserFactory,
)

SANTIAGO = ZoneInfo("America/Santiago")
FALL_BACK = date(2026, 4, 4)  # at midnight it is 23:00 again
SPRING_FORWARD = date(2026, 9, 6)  # midnight never comes: it is 01:00
HOUR = timedelta(hours=1)


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), SANTIAGO)


def window(day: date, start: str, end: str, step: int = 60, agents: Any = (1,)) -> Window:
    return Window(
        agents,
        day.weekday(),
        time.fromisoformat(start),
        time.fromisoformat(end),
        timedelta(minutes=step),
    )


def slots_on(day: date, *windows: Window, busy: Any = (), minutes: int = 60) -> list[Slot]:
    midnight, next_midnight = (
        to_utc(datetime.combine(each, time()), SANTIAGO) for each in (day, day + timedelta(days=1))
    )
    return open_slots(
        windows,
        busy,
        start=midnight,
        end=next_midnight,
        earliest=midnight,
        duration=timedelta(minutes=minutes),
        zone=SANTIAGO,
    )


def clock(slots: list[Slot]) -> list[str]:
    return [slot.start.astimezone(SANTIAGO).strftime("%H:%M") for slot in slots]


def test_to_utc_takes_a_repeated_time_at_its_first_showing() -> None:
    wall = datetime(2026, 4, 4, 23, 30)
    assert to_utc(wall, SANTIAGO) == datetime(2026, 4, 5, 2, 30, tzinfo=UTC)
    assert to_utc(wall, SANTIAGO, late=True) == datetime(2026, 4, 5, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize("minute", [0, 1, 30, 59])
def test_to_utc_takes_a_skipped_time_at_the_jump(minute: int) -> None:
    jump = datetime(2026, 9, 6, 4, 0, tzinfo=UTC)
    assert to_utc(datetime(2026, 9, 6, 0, minute), SANTIAGO) == jump


def test_a_window_past_midnight_loses_the_hour_that_spring_skips() -> None:
    night = window(SPRING_FORWARD, "00:00", "04:00")
    assert clock(slots_on(SPRING_FORWARD, night)) == ["01:00", "02:00", "03:00"]
    assert clock(slots_on(SPRING_FORWARD - timedelta(days=7), night)) == [
        "00:00",
        "01:00",
        "02:00",
        "03:00",
    ]


def test_a_skipped_start_keeps_the_steps_that_the_clock_shows() -> None:
    night = window(SPRING_FORWARD, "00:30", "02:00", step=30)
    assert clock(slots_on(SPRING_FORWARD, night, minutes=30)) == ["01:00", "01:30"]


def test_a_repeated_hour_is_offered_once_and_the_window_closes_at_its_first_end() -> None:
    evening = window(FALL_BACK, "21:00", "23:30", step=30)
    assert clock(slots_on(FALL_BACK, evening)) == ["21:00", "21:30", "22:00", "22:30"]


def test_the_day_after_the_clocks_go_back_has_its_usual_hours() -> None:
    sunday = FALL_BACK + timedelta(days=1)
    slots = slots_on(sunday, window(sunday, "00:00", "03:00"))
    assert [slot.start for slot in slots] == [
        datetime(2026, 4, 5, hour, tzinfo=UTC) for hour in (4, 5, 6)
    ]


def test_a_window_keeps_its_wall_clock_hours_all_year() -> None:
    winter, summer = date(2026, 7, 7), date(2026, 11, 24)
    hours = {day: slots_on(day, window(day, "09:00", "10:00"))[0].start for day in (winter, summer)}
    assert hours == {
        winter: datetime(2026, 7, 7, 13, tzinfo=UTC),
        summer: datetime(2026, 11, 24, 12, tzinfo=UTC),
    }


def test_back_to_back_is_not_an_overlap() -> None:
    day = date(2026, 11, 24)
    taken = Busy(1, local(day, 10), local(day, 11))
    free = slots_on(day, window(day, "09:00", "12:00"), busy=[taken])
    assert clock(free) == ["09:00", "11:00"]


def test_a_slot_names_every_free_agent() -> None:
    day = date(2026, 11, 24)
    taken = Busy(1, local(day, 9, 30), local(day, 10))
    free = slots_on(day, window(day, "09:00", "11:00", agents=(2, 1)), busy=[taken])
    assert [slot.agents for slot in free] == [(2,), (1, 2)]


# --- Properties, with an oracle that looks at the clock minute by minute ----------------------

day_near_a_change = st.sampled_from([FALL_BACK, SPRING_FORWARD, date(2026, 11, 24)]).flatmap(
    lambda day: st.integers(-2, 2).map(lambda days: day + timedelta(days=days))
)
clock_time = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))


@st.composite
def windows_of(draw: Any) -> Window:
    start, end = sorted(draw(st.lists(clock_time, min_size=2, max_size=2, unique=True)))
    agents = tuple(draw(st.sets(st.integers(1, 3), min_size=1)))
    step = timedelta(minutes=draw(st.sampled_from([15, 30, 45, 60, 90])))
    return Window(agents, draw(day_near_a_change).weekday(), start, end, step)


@st.composite
def busy_near(draw: Any, day: date) -> Busy:
    start = local(day, 0).astimezone(UTC) + timedelta(minutes=draw(st.integers(-1500, 3000)))
    length = timedelta(minutes=draw(st.integers(5, 600)))
    return Busy(draw(st.sampled_from([None, 1, 2, 3])), start, start + length)


def is_inside(slot: Slot, agent: int, windows: list[Window]) -> bool:
    """Whether one of the agent's windows shows on the clock at every minute of the slot."""
    minutes = int((slot.end - slot.start) / timedelta(minutes=1))
    walls = [
        (slot.start + timedelta(minutes=n)).astimezone(SANTIAGO).replace(tzinfo=None)
        for n in range(minutes)
    ]
    return any(
        agent in each.agents
        and all(
            wall.weekday() == each.weekday and each.start <= wall.time() < each.end
            for wall in walls
        )
        for each in windows
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_slot_is_inside_a_window_free_and_not_too_soon(data: Any) -> None:
    day = data.draw(day_near_a_change)
    windows = data.draw(st.lists(windows_of(), min_size=1, max_size=4))
    busy = data.draw(st.lists(busy_near(day), max_size=6))
    start = local(day, 0).astimezone(UTC)
    earliest = start + timedelta(minutes=data.draw(st.integers(-60, 1500)))
    duration = timedelta(minutes=data.draw(st.sampled_from([15, 30, 60, 120])))
    span = {"start": start, "end": start + timedelta(days=2), "earliest": earliest}
    for slot in open_slots(windows, busy, **span, duration=duration, zone=SANTIAGO):
        assert max(start, earliest) <= slot.start < span["end"]
        assert slot.end - slot.start == duration
        for agent in slot.agents:
            assert is_inside(slot, agent, windows)
            assert not [
                each
                for each in busy
                if each.agent in (None, agent) and each.start < slot.end and slot.start < each.end
            ]


# --- The edge: what the tables say -------------------------------------------------------------


@pytest.fixture
def tuesday(at: datetime) -> date:
    return at.date()


@pytest.fixture
def hours(broker: Broker, agent: User, agent2: User) -> Any:
    """Both agents, Tuesdays from 9 to 18."""
    return AvailabilitySlotFactory(broker=broker)


def free(broker: Broker, day: date, at: datetime, **more: Any) -> dict[str, tuple[int, ...]]:
    start, end = availability.span_of_days(broker, day, day)
    slots = availability.free_slots(broker, start=start, end=end, at=at, **more)
    return {slot.start.astimezone(SANTIAGO).strftime("%H:%M"): slot.agents for slot in slots}


def test_slots_begin_after_the_minimum_notice(
    broker: Broker, agent: User, agent2: User, hours: Any, tuesday: date, at: datetime
) -> None:
    both = (agent.pk, agent2.pk)
    assert free(broker, tuesday, at) == {f"{hour}:00": both for hour in range(12, 18)}


def test_a_window_for_everybody_means_active_agents_of_that_broker(
    broker: Broker, admin: User, agent: User, rival_agent: User, tuesday: date, at: datetime
) -> None:
    AvailabilitySlotFactory(broker=broker, start_time=time(15), end_time=time(16))
    UserFactory(broker=broker, is_active=False)
    assert free(broker, tuesday, at) == {"15:00": (agent.pk,)}


def test_an_admin_with_a_window_of_their_own_takes_visits(
    broker: Broker, admin: User, tuesday: date, at: datetime
) -> None:
    AvailabilitySlotFactory(broker=broker, agent=admin, start_time=time(15), end_time=time(16))
    assert free(broker, tuesday, at) == {"15:00": (admin.pk,)}
    assert admin.role == Role.ADMIN


def test_appointments_blocks_and_holds_take_their_agent_out(
    broker: Broker, agent: User, agent2: User, hours: Any, tuesday: date, at: datetime
) -> None:
    def span(hour: int) -> dict[str, datetime]:
        return {"start_time": local(tuesday, hour), "end_time": local(tuesday, hour + 1)}

    AppointmentFactory(broker=broker, agent=agent, **span(12))
    AppointmentFactory(broker=broker, agent=agent, status="cancelled", cancelled_at=at, **span(13))
    AppointmentBlockFactory(broker=broker, agent=agent2, **span(14))
    AppointmentBlockFactory(broker=broker, **span(15))
    SlotOfferFactory(broker=broker, agent=agent, hold_until=at + timedelta(minutes=5), **span(16))
    SlotOfferFactory(broker=broker, agent=agent, hold_until=at, **span(17))
    both = (agent.pk, agent2.pk)
    assert free(broker, tuesday, at) == {
        "12:00": (agent2.pk,),
        "13:00": both,
        "14:00": (agent.pk,),
        "16:00": (agent2.pk,),
        "17:00": both,
    }


def test_a_lead_s_own_hold_does_not_hide_the_slot_from_them(
    broker: Broker, agent: User, lead: Lead, tuesday: date, at: datetime
) -> None:
    AvailabilitySlotFactory(broker=broker, start_time=time(15), end_time=time(16))
    SlotOfferFactory(
        broker=broker,
        lead=lead,
        agent=agent,
        start_time=local(tuesday, 15),
        end_time=local(tuesday, 16),
        hold_until=at + timedelta(minutes=5),
    )
    assert free(broker, tuesday, at) == {}
    assert free(broker, tuesday, at, lead=lead) == {"15:00": (agent.pk,)}


def test_a_lead_is_not_offered_a_time_at_which_they_are_elsewhere(
    broker: Broker, agent: User, agent2: User, lead: Lead, tuesday: date, at: datetime
) -> None:
    AvailabilitySlotFactory(broker=broker, start_time=time(15), end_time=time(16))
    AppointmentFactory(
        broker=broker,
        lead=lead,
        agent=agent,
        start_time=local(tuesday, 15, 30),
        end_time=local(tuesday, 16, 30),
    )
    assert free(broker, tuesday, at) == {"15:00": (agent2.pk,)}
    assert free(broker, tuesday, at, lead=lead) == {}


def test_windows_keep_to_their_type_their_agent_and_their_dates(
    broker: Broker, agent: User, agent2: User, tuesday: date, at: datetime
) -> None:
    hour = {"broker": broker, "start_time": time(15), "end_time": time(16)}
    AvailabilitySlotFactory(**hour, agent=agent, appointment_type="phone_call")
    AvailabilitySlotFactory(**hour, agent=agent2, valid_until=tuesday)
    call = {"appointment_type": "phone_call"}
    assert free(broker, tuesday, at) == {"15:00": (agent2.pk,)}
    assert free(broker, tuesday, at, **call) == {"15:00": (agent.pk, agent2.pk)}
    assert free(broker, tuesday, at, agent=agent, **call) == {"15:00": (agent.pk,)}
    assert free(broker, tuesday + timedelta(days=7), at) == {}


def test_the_broker_s_own_meeting_settings_apply(
    broker: Broker, agent: User, tuesday: date, at: datetime
) -> None:
    AvailabilitySlotFactory(broker=broker, start_time=time(11), end_time=time(13))
    broker.brokerpromptconfig.meeting_config = {
        "duration_minutes": 120,
        "minimum_notice_hours": 1,
        "horizon_days": "dos semanas",
    }
    assert free(broker, tuesday, at) == {"11:00": (agent.pk,)}
    assert availability.meeting(broker).horizon == timedelta(days=14)


def test_a_range_over_62_days_or_backwards_is_refused(broker: Broker, at: datetime) -> None:
    for length in (timedelta(days=63), timedelta(0), -HOUR):
        with pytest.raises(RangeTooLong):
            availability.free_slots(broker, start=at, end=at + length, at=at)


def test_a_repeating_block_keeps_its_wall_clock_hours_across_the_change(
    broker: Broker, agent: User
) -> None:
    """A block of every Monday at 9, made in winter, still blocks 9 o'clock in summer."""
    monday, at = date(2026, 8, 31), datetime(2026, 8, 30, tzinfo=UTC)
    AvailabilitySlotFactory(broker=broker, weekday=0, end_time=time(11))
    AppointmentBlockFactory(
        broker=broker,
        start_time=local(monday, 9),
        end_time=local(monday, 10),
        rrule="FREQ=WEEKLY;BYDAY=MO;UNTIL=20260914",
    )
    hours = [free(broker, monday + timedelta(weeks=n), at) for n in range(4)]
    assert [list(each) for each in hours] == [["10:00"], ["10:00"], ["10:00"], ["09:00", "10:00"]]


def test_a_block_that_repeats_on_other_days_blocks_its_own_time_too(
    broker: Broker, agent: User, tuesday: date, at: datetime
) -> None:
    AvailabilitySlotFactory(broker=broker, start_time=time(15), end_time=time(16))
    AppointmentBlockFactory(
        broker=broker,
        start_time=local(tuesday, 15),
        end_time=local(tuesday, 16),
        rrule="FREQ=WEEKLY;BYDAY=MO",
    )
    assert free(broker, tuesday, at) == {}
    assert free(broker, tuesday + timedelta(days=7), at) == {"15:00": (agent.pk,)}


def test_a_long_block_that_began_before_the_range_still_counts(broker: Broker) -> None:
    block = AppointmentBlock(
        start_time=local(date(2026, 1, 31), 12),
        end_time=local(date(2026, 2, 3), 12),
        rrule="FREQ=MONTHLY;BYMONTHDAY=-1",
    )
    day = date(2026, 11, 2)
    taken = availability.occurrences(block, start=local(day, 0), end=local(day, 23), zone=SANTIAGO)
    assert [each for each in taken if each.start.year == 2026 and each.end > local(day, 0)] == [
        Busy(None, local(date(2026, 10, 31), 12), local(date(2026, 11, 3), 12))
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=1,2",
        "DTSTART:20200101T000000\nRRULE:FREQ=DAILY",
        "todos los lunes",
    ],
)
def test_a_rule_that_never_happens_or_never_ends_is_refused(rule: str) -> None:
    with pytest.raises(ValidationError):
        validate_rrule(rule)


def test_one_query_per_table_whatever_the_range(
    broker: Broker, agent: User, agent2: User, hours: Any, lead: Lead, at: datetime
) -> None:
    for day in range(0, 60, 3):
        start = at + timedelta(days=day)
        AppointmentFactory(broker=broker, agent=agent, start_time=start, end_time=start + HOUR)
        AppointmentBlockFactory(broker=broker, start_time=start, end_time=start + HOUR)
    counts = []
    for days in (1, 60):
        fresh = Broker.objects.get(pk=broker.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            availability.free_slots(
                fresh, start=at, end=at + timedelta(days=days), at=at, lead=lead
            )
        counts.append(len(queries))
    assert counts == [6, 6]


def test_free_agents_looks_at_diaries_and_not_at_windows(
    broker: Broker, agent: User, agent2: User, lead: Lead, at: datetime
) -> None:
    start = at + timedelta(days=5)
    visit = AppointmentFactory(
        broker=broker, lead=LeadFactory(broker=broker), agent=agent, start_time=start,
        end_time=start + HOUR,
    )  # fmt: skip
    span = {"start": start, "end": start + HOUR, "at": at}
    assert availability.free_agents(broker, **span) == (agent2.pk,)
    assert availability.free_agents(broker, **span, ignoring=visit) == (agent.pk, agent2.pk)
