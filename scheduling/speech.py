"""Dates as people in Chile say them, in the language of whoever reads."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.dates import MONTHS, WEEKDAYS

DAY = {
    "es": "{weekday} {day} de {month}",
    "en": "{weekday} {day} {month}",
    "pt": "{weekday}, {day} de {month}",
}
AT_THE_HOUR = {"es": "{day} a las {clock}", "en": "{day} at {clock}", "pt": "{day} às {clock}"}
AT_ONE = {**AT_THE_HOUR, "es": "{day} a la {clock}", "pt": "{day} à {clock}"}


def spoken(moment: datetime, zone: ZoneInfo) -> str:
    """«jueves 26 de noviembre a las 11:00»; one o'clock takes the singular, «a la 1:00»."""
    local = moment.astimezone(zone)
    said = (AT_ONE if local.hour == 1 else AT_THE_HOUR)[_language()]
    return said.format(day=spoken_day(moment, zone), clock=f"{local.hour}:{local:%M}")


def spoken_day(moment: datetime, zone: ZoneInfo) -> str:
    """«jueves 26 de noviembre»; «Thursday 26 November»; «quinta-feira, 26 de novembro»."""
    local, language = moment.astimezone(zone), _language()
    names = str(WEEKDAYS[local.weekday()]), str(MONTHS[local.month])
    weekday, month = map(str.lower, names) if language == "pt" else names
    return DAY[language].format(weekday=weekday, day=local.day, month=month)


def hours_by_day(starts: Sequence[datetime], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Instants in order of time as the hours of each day, for a form to choose from."""

    def local_day(start: datetime) -> date:
        return start.astimezone(zone).date()

    return [
        {
            "label": spoken_day(hours[0], zone),
            "hours": [
                {"value": start.isoformat(), "label": f"{start.astimezone(zone):%H:%M}"}
                for start in hours
            ],
        }
        for hours in (list(group) for _day, group in groupby(starts, key=local_day))
    ]


def moment_of(given: str) -> datetime | None:
    """The instant in UTC that a form sent back; None for anything else."""
    try:
        read = parse_datetime(given)
        return read.astimezone(UTC) if read and timezone.is_aware(read) else None
    except (ValueError, OverflowError):
        return None


def _language() -> str:
    code = (translation.get_language() or "")[:2]
    return code if code in DAY else "es"
