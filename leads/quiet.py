"""Quiet hours: when a broker leaves people in peace, in the lead's zone, holidays included."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from brokers.models import Broker

MAX_DAYS = 15  # no run of Sundays and holidays is longer


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` to ``end`` every night, and whole Sundays and holidays where set."""

    start: time
    end: time
    sundays: bool
    holidays: bool
    country: str
    zone: ZoneInfo

    def covers(self, at: datetime, *, nights_only: bool = False) -> bool:
        local = at.astimezone(self.zone)
        if not nights_only and self._is_day_off(local.date()):
            return True
        return self._is_night(local.time())

    def next_open(self, at: datetime) -> datetime:
        """The first moment from ``at`` on that is not quiet."""
        if not self.covers(at):
            return at
        day = at.astimezone(self.zone).date()
        for offset in range(MAX_DAYS):
            for clock in (time(), self.end):  # a day off ends at midnight, a night at its end
                candidate = self._moment(day + timedelta(days=offset), clock)
                if candidate >= at and not self.covers(candidate):
                    return candidate
        return at + timedelta(days=MAX_DAYS)

    def night_start(self, at: datetime) -> datetime:
        """When the night that covers ``at`` began."""
        local = at.astimezone(self.zone)
        began_today = self.start <= self.end or local.time() >= self.start
        return self._moment(local.date() - timedelta(days=0 if began_today else 1), self.start)

    def next_quiet(self, at: datetime) -> datetime:
        """The first moment from ``at`` on that is quiet."""
        if self.covers(at):
            return at
        day = at.astimezone(self.zone).date()
        for offset in range(MAX_DAYS):
            for clock in (time(), self.start):  # a day off begins at midnight
                candidate = self._moment(day + timedelta(days=offset), clock)
                if candidate >= at and self.covers(candidate):
                    return candidate
        return at + timedelta(days=MAX_DAYS)

    def _moment(self, day: date, clock: time) -> datetime:
        opening = datetime.combine(day, clock, self.zone)
        # A wall-clock time that the change of clocks skips is read as the first one after it.
        return opening.astimezone(ZoneInfo("UTC")).astimezone(self.zone)

    def _is_night(self, local: time) -> bool:
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def _is_day_off(self, day: date) -> bool:
        if self.sundays and day.weekday() == 6:
            return True
        return self.holidays and _is_holiday(self.country, day)


@lru_cache(maxsize=8)
def _holidays(country: str) -> Any:
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return frozenset()


@lru_cache(maxsize=2048)
def _is_holiday(country: str, day: date) -> bool:
    return day in _holidays(country)


def quiet_hours(config: Any, *, country: str, zone: str) -> QuietHours:
    """From a BrokerLeadConfig's ``quiet_hours``; what it leaves out is the product's default."""
    given = config.quiet_hours or {}
    return _read(
        given.get("start", "21:00"),
        given.get("end", "09:00"),
        bool(given.get("sundays", True)),
        bool(given.get("holidays", True)),
        country,
        zone,
    )


@lru_cache(maxsize=256)
def _read(
    start: str, end: str, sundays: bool, days_off: bool, country: str, zone: str
) -> QuietHours:
    """The same for all leads of a broker in a zone: it is asked of each, at every contact."""
    begins, ends = time.fromisoformat(start), time.fromisoformat(end)
    return QuietHours(begins, ends, sundays, days_off, country, ZoneInfo(zone))


def office_hours(broker: Broker) -> QuietHours:
    """The hours of the people who answer: the broker's own, wherever the lead is."""
    return quiet_hours(broker.brokerleadconfig, country=broker.country, zone=broker.timezone)
