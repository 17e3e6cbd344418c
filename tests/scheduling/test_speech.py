"""Dates as they are said."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import translation

from brokers.language import in_language_of
from brokers.models import Broker
from scheduling.speech import spoken


def test_a_date_is_said_in_the_zone_of_who_hears_it() -> None:
    moment = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    assert spoken(moment, ZoneInfo("America/Santiago")) == "jueves 26 de noviembre a las 11:00"
    assert spoken(moment, ZoneInfo("Pacific/Easter")) == "jueves 26 de noviembre a las 9:00"


def test_one_o_clock_is_singular() -> None:
    moment = datetime(2026, 3, 4, 4, 5, tzinfo=UTC)
    assert spoken(moment, ZoneInfo("America/Santiago")) == "miércoles 4 de marzo a la 1:05"


def test_whoever_reads_another_language_reads_the_date_in_it() -> None:
    moment = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    with in_language_of(Broker(language="en")) as language:
        said = spoken(moment, ZoneInfo("America/Santiago"))
    assert (language, said) == ("en", "Thursday 26 November at 11:00")
    with translation.override("en"), in_language_of(Broker(language="mapudungun")):
        assert spoken(moment, ZoneInfo("America/Santiago")).startswith("jueves")
