"""Dates as people in Chile say them."""

from datetime import datetime
from zoneinfo import ZoneInfo

DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


def spoken(moment: datetime, zone: ZoneInfo) -> str:
    """«jueves 26 de noviembre a las 11:00»; one o'clock takes the singular, «a la 1:00»."""
    local = moment.astimezone(zone)
    return f"{spoken_day(moment, zone)} {'a la' if local.hour == 1 else 'a las'} {local.hour}:{local:%M}"


def spoken_day(moment: datetime, zone: ZoneInfo) -> str:
    """«jueves 26 de noviembre»."""
    local = moment.astimezone(zone)
    return f"{DAYS[local.weekday()]} {local.day} de {MONTHS[local.month - 1]}"
