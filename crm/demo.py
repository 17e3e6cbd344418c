"""What the parts of the demo share: the clock, seeded chance, the agenda, and who was made so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Santiago")
OPENS, CLOSES = time(9, 30), time(20, 15)
SUNDAY = 6
SEED = 2026
# Known to everybody, so that production refuses them. The hash names its algorithm so, which marks
# it for what it is until another password takes its place.
PASSWORD = "demo"  # noqa: S105
PASSWORD_HASH = "demo"  # noqa: S105
TELEGRAM_HOOK = "demo-telegram"


@dataclass
class Context:
    """Passed from app to app in the order of their line; each adds what upper apps build on.

    What happened in the demo's past is planned, not done: ``replay`` then walks through the
    doors in the order of time, so that rows of every table lie in the order they would have.
    """

    at: datetime
    broker: Any = None
    rival: Any = None
    users: dict[str, Any] = field(default_factory=dict)
    leads: dict[str, Any] = field(default_factory=dict)
    stories: dict[str, Any] = field(default_factory=dict)
    rng: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - chance, not secrets
    agenda: list[tuple[datetime, int, Callable[[datetime], Any]]] = field(default_factory=list)

    def plan(self, moment: datetime, action: Callable[[datetime], Any]) -> None:
        """Have something happen at a moment of the past, which the action is told."""
        self.agenda.append((moment, len(self.agenda), action))

    def replay(self) -> None:
        for moment, _, action in sorted(self.agenda, key=lambda planned: planned[:2]):
            action(moment)

    def on(self, day: int, clock: time) -> datetime:
        """The wall-clock moment ``day`` days from today, in the brokers' zone."""
        today: date = self.at.astimezone(ZONE).date()
        return datetime.combine(today + timedelta(days=day), clock, ZONE)

    def workday(self, count: int) -> int:
        """The ``count``-th day but Sundays after today, or before it when negative, in days."""
        step, day = (1 if count > 0 else -1), 0
        while count:
            day += step
            if self.on(day, OPENS).weekday() != SUNDAY:
                count -= step
        return day

    def lately(self, minutes: int) -> datetime:
        """``minutes`` ago, or as long before closing time when nobody writes at this hour."""
        moment = self.at - timedelta(minutes=minutes)
        local = moment.astimezone(ZONE).time()
        if OPENS <= local <= CLOSES:
            return moment
        day = -1 if local < OPENS else 0
        return self.on(day, CLOSES) - timedelta(minutes=minutes)
