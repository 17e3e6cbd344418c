"""Dates as people in Chile say them, in the language of whoever reads."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.dates import MONTHS, WEEKDAYS

DAY = {"es": "{weekday} {day} de {month}", "en": "{weekday} {day} {month}"}
AT_THE_HOUR = {"es": "{day} a las {clock}", "en": "{day} at {clock}"}
AT_ONE = {**AT_THE_HOUR, "es": "{day} a la {clock}"}


def spoken(moment: datetime, zone: ZoneInfo) -> str:
    """«jueves 26 de noviembre a las 11:00»; one o'clock takes the singular, «a la 1:00»."""
    local = moment.astimezone(zone)
    said = (AT_ONE if local.hour == 1 else AT_THE_HOUR)[_language()]
    return said.format(day=spoken_day(moment, zone), clock=f"{local.hour}:{local:%M}")


def spoken_day(moment: datetime, zone: ZoneInfo) -> str:
    """«jueves 26 de noviembre»; in English, «Thursday 26 November»."""
    local = moment.astimezone(zone)
    weekday, month = WEEKDAYS[local.weekday()], MONTHS[local.month]
    return DAY[_language()].format(weekday=weekday, day=local.day, month=month)


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
    return "en" if (translation.get_language() or "").startswith("en") else "es"
