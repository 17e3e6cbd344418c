"""What models cost in a period, read from the daily totals: by whatever a call belongs to, and per result."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, QuerySet, Sum

from brokers.models import Broker, User
from leads.enums import SignalKind
from leads.models import ActivityLog, LeadSignal, StageTransition
from leads.qualification import Outcome as AssessedAs
from leads.stages import Stage
from llm.models import CostDay, ModelHour, PromptVersion

SUMMED = (
    "calls",
    "failed",
    "fallbacks",
    "unpriced",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
)


@dataclass(frozen=True)
class Spent:
    """What some calls came to; ``usd`` is None where there were calls and none had a known price."""

    calls: int = 0
    failed: int = 0
    fallbacks: int = 0
    unpriced: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal | None = None

    def __add__(self, other: "Spent") -> "Spent":
        sums = {name: getattr(self, name) + getattr(other, name) for name in SUMMED}
        known = [usd for usd in (self.usd, other.usd) if usd is not None]
        return Spent(**sums, usd=sum(known, Decimal(0)) if known else None)


NOTHING = Spent(usd=Decimal(0))


def together(spent: Iterable[Spent]) -> Spent:
    each = list(spent)
    return reduce(add, each) if each else NOTHING


def period(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """What is meant where one end or both are left open: the month so far."""
    until = until or max(today, since or today)
    return since or until.replace(day=1), until


@dataclass(frozen=True)
class Choice:
    """Which calls are counted: of these days, both included, and of these kinds."""

    since: date
    until: date
    broker: Broker | None = None
    provider: str = ""
    model: str = ""
    call_type: str = ""
    prompt_version: PromptVersion | None = None
    agent: User | None = None
    source: str = ""

    def of(self, days: QuerySet[CostDay]) -> QuerySet[CostDay]:
        return self._within(days).filter(
            **self._chosen("call_type", "prompt_version", "agent", "source")
        )

    def hours_of(self, hours: QuerySet[ModelHour]) -> QuerySet[ModelHour]:
        """An hour is known by model only: nothing else narrows it."""
        return self._within(hours)

    def lead_facts(self) -> dict[str, Any]:
        chosen = self._chosen("broker", "source")
        return chosen | ({"assigned_to": self.agent} if self.agent else {})

    def _within(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        days = {"day__gte": self.since, "day__lte": self.until}
        return rows.filter(**days, **self._chosen("broker", "provider", "model"))

    def _chosen(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From the first moment to the last, the later of two where clocks go back."""
        last = datetime.combine(self.until, time.max.replace(fold=1), zone)
        return datetime.combine(self.since, time(), zone), last


@dataclass(frozen=True)
class Hour:
    """How a model did in one hour of the day, over all days of the period."""

    hour: int
    provider: str
    model: str
    calls: int
    failed: int
    fallbacks: int


@dataclass(frozen=True)
class Result:
    """How many leads came so far in the period, and what all calls cost for each of them."""

    kind: str
    count: int
    usd: Decimal | None


Key = tuple[str, str, str]  # provider, model, kind of call


@dataclass(frozen=True)
class Report:
    """A period's costs by what the calls belong to; they are as recent as ``totalled_at``.

    A version, agent or source of None or "" are the calls that belong to none.
    """

    since: date
    until: date
    totalled_at: datetime | None
    total: Spent
    days: dict[date, Spent]
    kinds: dict[Key, Spent]
    versions: dict[int | None, Spent]
    agents: dict[int | None, Spent]
    sources: dict[str, Spent]
    hours: list[Hour]
    results: list[Result]
    version_tags: dict[int, str]
    agent_names: dict[int, str]

    def by(self, part: Callable[[Key], str]) -> dict[str, Spent]:
        """The kinds of call by a part of their key."""
        return _gathered((part(key), spent) for key, spent in self.kinds.items())


SUMS: dict[str, Any] = {f"sum_{name}": Sum(name) for name in SUMMED}
SUMS |= {"sum_usd": Sum("estimated_cost_usd"), "last": Max("created_at")}


def report(choice: Choice, *, user: Any, zone: ZoneInfo) -> Report:
    """What the user may see of it, in a fixed number of statements."""
    rows = choice.of(CostDay.objects.visible_to(user)).order_by()
    of_days: list[Any] = list(rows.values("day").annotate(**SUMS))
    days = {row["day"]: _spent(row) for row in of_days}
    kinds = ("provider", "model", "call_type", "prompt_version", "agent", "source")
    sums = [(row, _spent(row)) for row in rows.values(*kinds).annotate(**SUMS)]
    versions = _gathered((row["prompt_version"], spent) for row, spent in sums)
    agents = _gathered((row["agent"], spent) for row, spent in sums)
    total = together(days.values())
    return Report(
        since=choice.since,
        until=choice.until,
        totalled_at=max((row["last"] for row in of_days), default=None),
        total=total,
        days=days,
        kinds=_gathered(((r["provider"], r["model"], r["call_type"]), each) for r, each in sums),
        versions=versions,
        agents=agents,
        sources=_gathered((row["source"], spent) for row, spent in sums),
        hours=_hours(choice.hours_of(ModelHour.objects.visible_to(user))),
        results=_results(choice, total, user=user, zone=zone),
        version_tags=_names(PromptVersion, versions, "version_tag"),
        agent_names=_names(User, agents, "name"),
    )


def detail(choice: Choice, *, user: Any) -> QuerySet[CostDay]:
    """The totals themselves, for a file."""
    rows = choice.of(CostDay.objects.visible_to(user))
    return rows.select_related("prompt_version", "agent").order_by("day", "id")


def _spent(row: dict[str, Any]) -> Spent:
    return Spent(**{name: row[f"sum_{name}"] for name in (*SUMMED, "usd")})


K = TypeVar("K", bound=Hashable)


def _gathered(pairs: Iterable[tuple[K, Spent]]) -> dict[K, Spent]:
    """Added up by key, the dearest first."""
    found: dict[K, Spent] = {}
    for key, spent in pairs:
        found[key] = found[key] + spent if key in found else spent
    return dict(
        sorted(found.items(), key=lambda item: (item[1].usd or 0, item[1].calls), reverse=True)
    )


def _names(model: Any, keys: Iterable[int | None], column: str) -> dict[int, str]:
    known = [key for key in keys if key is not None]
    return dict(model._default_manager.filter(pk__in=known).values_list("pk", column))


def _hours(rows: QuerySet[ModelHour]) -> list[Hour]:
    sums = {name: Sum(name) for name in ("calls", "failed", "fallbacks")}
    by_hour: Any = rows.order_by().values("provider", "model", "hour").annotate(**sums)
    return [Hour(**row) for row in by_hour.order_by("provider", "model", "hour")]


def _results(choice: Choice, total: Spent, *, user: Any, zone: ZoneInfo) -> list[Result]:
    """Leads that became CALIFICADO, visits that took place and leads that were won in the period.

    What they cost is all that was spent in the period, also on the leads that came to nothing.
    """
    chosen = {f"lead__{name}": value for name, value in choice.lead_facts().items()}
    first, last = choice.moments(zone)
    qualified = ActivityLog.objects.visible_to(user).filter(
        action_type="qualified",
        details__outcome=AssessedAs.QUALIFIED.value,
        timestamp__range=(first, last),
    )
    visits = LeadSignal.objects.visible_to(user).filter(
        kind=SignalKind.APPOINTMENT_COMPLETED, active=True, at__range=(first, last)
    )
    won = StageTransition.objects.visible_to(user).filter(
        to_stage=Stage.WON, at__range=(first, last)
    )
    counts = {
        "qualified": _leads(qualified.filter(**chosen)),
        "visit": visits.filter(**chosen).count(),
        "sale": _leads(won.filter(**chosen)),
    }
    return [Result(kind, count, _each(total, count)) for kind, count in counts.items()]


def _leads(rows: QuerySet[Any]) -> int:
    count: int = rows.aggregate(leads=Count("lead", distinct=True))["leads"]
    return count


def _each(total: Spent, count: int) -> Decimal | None:
    if total.usd is None or not count:
        return None
    return round(total.usd / count, 8)
