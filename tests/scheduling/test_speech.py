"""Dates as they are said."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduling.speech import spoken


def test_a_date_is_said_in_the_zone_of_who_hears_it() -> None:
    moment = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    assert spoken(moment, ZoneInfo("America/Santiago")) == "jueves 26 de noviembre a las 11:00"
    assert spoken(moment, ZoneInfo("Pacific/Easter")) == "jueves 26 de noviembre a las 9:00"


def test_one_o_clock_is_singular() -> None:
    moment = datetime(2026, 3, 4, 4, 5, tzinfo=UTC)
    assert spoken(moment, ZoneInfo("America/Santiago")) == "miércoles 4 de marzo a la 1:05"
