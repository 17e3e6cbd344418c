"""Dates as people in Chile say them, in the language of whoever reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.dates import MONTHS, WEEKDAYS

from brokers.models import Broker

DAY = {"es": "{weekday} {day} de {month}", "en": "{weekday} {day} {month}"}
AT_THE_HOUR = {"es": "{day} a las {clock}", "en": "{day} at {clock}"}
AT_ONE = {**AT_THE_HOUR, "es": "{day} a la {clock}"}


@contextmanager
def in_language_of(broker: Broker) -> Iterator[str]:
    """What a broker's leads and people read, whoever wrote it: a worker, or a page in another."""
    known = broker.language in dict(settings.LANGUAGES)
    language = broker.language if known else settings.LANGUAGE_CODE
    with translation.override(language):
        yield language


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


def _language() -> str:
    return "en" if (translation.get_language() or "").startswith("en") else "es"
