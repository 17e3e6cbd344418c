"""An agent's week in Admin: what it draws, on days the clocks change too, and who may look."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokers.models import User
from scheduling import week
from tests.conftest import SANTIAGO
from tests.factories import AppointmentBlockFactory, AppointmentFactory, AvailabilitySlotFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = date(2026, 11, 23)
URL = "/admin/scheduling/appointment/semana/"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SANTIAGO)


def drawn(agent: User, monday: date = MONDAY) -> dict[int, list[tuple[str, str, str]]]:
    """The days with something in them: kind, hours and title of each entry."""
    found = week.of(agent, monday=monday, seen_by=agent, at=local("2026-11-24T10:00"))
    return {
        day.date.day: [(each.kind, each.hours, each.title) for each in day.entries]
        for day in found.days
        if day.entries
    }


def test_a_week_shows_hours_visits_and_blocks_each_on_its_day(agent: User, agent2: User) -> None:
    broker = agent.broker
    AvailabilitySlotFactory(broker=broker, weekday=1, start_time=time(8), end_time=time(13))
    AvailabilitySlotFactory(broker=broker, agent=agent2, weekday=1)
    AvailabilitySlotFactory(broker=broker, weekday=1, valid_until=date(2026, 11, 1))
    for who, status in ((agent, "confirmed"), (agent2, "scheduled"), (agent, "cancelled")):
        AppointmentFactory(
            broker=broker, agent=who, start_time=local("2026-11-24T11:00"),
            end_time=local("2026-11-24T12:00"), status=status,
            cancelled_at=local("2026-11-20T10:00") if status == "cancelled" else None,
        )  # fmt: skip
    AppointmentBlockFactory(
        broker=broker, start_time=local("2026-11-02T15:00"), end_time=local("2026-11-02T16:00"),
        rrule="FREQ=WEEKLY;BYDAY=MO", reason="Reunión",
    )  # fmt: skip
    AppointmentBlockFactory(
        broker=broker, agent=agent, start_time=local("2026-11-27T20:00"),
        end_time=local("2026-11-29T00:00"), reason="Viaje",
    )  # fmt: skip
    found = week.of(agent, monday=MONDAY, seen_by=agent, at=local("2026-11-24T10:00"))
    assert [day.date.day for day in found.days if day.is_today] == [24]
    assert [each.hours for each in found.days[1].windows] == ["08:00–13:00"]
    assert (found.hours.start, found.hours.stop) == (8, 24)
    shown = drawn(agent)
    assert shown[23] == [("block", "15:00–16:00", "Reunión")]
    assert [(kind, hours) for kind, hours, _title in shown[24]] == [("visit", "11:00–12:00")]
    assert shown[27] == [("block", "20:00–24:00", "Viaje")]
    assert shown[28] == [("block", "Todo el día", "Viaje")]
    assert sorted(shown) == [23, 24, 27, 28]


@pytest.mark.parametrize(
    ("monday", "start", "day", "hours"),
    [
        (date(2026, 3, 30), datetime(2026, 4, 5, 3, 30, tzinfo=UTC), 4, "23:30–23:45"),
        (date(2026, 8, 31), datetime(2026, 9, 6, 4, 30, tzinfo=UTC), 6, "01:30–02:30"),
    ],
)
def test_on_days_the_clocks_change_entries_stand_where_the_clock_shows_them(
    agent: User, monday: date, start: datetime, day: int, hours: str
) -> None:
    """On 2026-04-04 the clock shows 23:00 twice: an hour from its second half past ends at it."""
    end = start + (timedelta(minutes=15) if day == 4 else HOUR)
    AppointmentFactory(broker=agent.broker, agent=agent, start_time=start, end_time=end)
    [(number, [(kind, shown, _title)])] = drawn(agent, monday).items()
    assert (number, kind, shown) == (day, "visit", hours)


def test_an_agent_looks_at_their_own_week_and_an_admin_at_anybody_s(
    agent: User, agent2: User, admin: User, rival_agent: User, client: Client
) -> None:
    def whose(user: User, asked: Any) -> tuple[str, list[str]]:
        client.force_login(user)
        context = client.get(URL, {"agente": asked, "semana": "2026-11-25"}).context
        assert context["monday"] == MONDAY
        return context["agent"].name, [each.name for each in context["agents"]]

    assert whose(agent, agent2.pk) == (agent.name, [agent.name])
    assert whose(admin, agent2.pk)[0] == agent2.name
    name, names = whose(admin, rival_agent.pk)
    assert name == names[0] == agent.name
    assert rival_agent.name not in names


def test_nonsense_shows_this_week_and_strangers_sign_in(admin: User, client: Client) -> None:
    assert client.get(URL).status_code == 302
    client.force_login(admin)
    for asked in ("mañana", "9999-12-31", "0001-01-01", "2026-02-30"):
        assert client.get(URL, {"semana": asked, "agente": "x"}).status_code == 200


def test_a_full_week_costs_as_many_queries_as_an_empty_one(agent: User, client: Client) -> None:
    client.force_login(agent)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL, {"semana": "2026-11-24"}).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(20):
        start = local("2026-11-23T08:00") + number * 2 * HOUR
        AppointmentFactory(
            broker=agent.broker, agent=agent, start_time=start, end_time=start + HOUR
        )
        AppointmentBlockFactory(
            broker=agent.broker, agent=agent, start_time=start, end_time=start + HOUR,
            rrule="FREQ=WEEKLY",
        )  # fmt: skip
        AvailabilitySlotFactory(
            broker=agent.broker, agent=agent, weekday=number % 7, end_time=time(18)
        )
    assert cost() == few <= 12
    # Minutes of the day as the style sheet reads them: 18:00 without a separator of thousands.
    assert "--to: 1080" in client.get(URL, {"semana": "2026-11-24"}).content.decode()
