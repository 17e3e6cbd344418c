"""What models cost in a period, read from the daily totals: by whatever a call belongs to, and per result."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, When

from brokers.models import Broker, User
from leads.enums import SignalKind
from leads.models import ActivityLog, LeadSignal, StageTransition
from leads.qualification import Outcome as AssessedAs
from leads.stages import Stage
from llm.models import CostDay, CostShare, ModelHour, Part, PromptVersion
from llm.spans import covering

SUMMED = (
    "calls",
    "failed",
    "fallbacks",
    "unpriced",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
)

KIND = ("provider", "model", "call_type", "prompt_version", "agent", "source")


class Spent(NamedTuple):
    """What some calls came to; ``usd`` is None where there were calls and none had a known price."""

    calls: int = 0
    failed: int = 0
    fallbacks: int = 0
    unpriced: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal | None = None

    @property
    def known(self) -> "Spent":
        """Failed calls cost nothing: beside calls of unknown price alone that is no sum of theirs."""
        return self._replace(usd=None) if self.unpriced and not self.usd else self


NOTHING = Spent(usd=Decimal(0))


def together(spent: Iterable[Spent]) -> Spent:
    each = list(spent)
    if not each:
        return NOTHING
    *counts, usd = zip(*each, strict=True)
    known = [amount for amount in usd if amount is not None]
    figures: list[Any] = [*map(sum, counts), sum(known, Decimal(0)) if known else None]
    return Spent(*figures).known


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

    @property
    def narrowed(self) -> bool:
        """Whether it is of some kinds of call only: one share does not know of two things."""
        return bool(self._chosen(*KIND))

    def of(self, days: QuerySet[CostDay]) -> QuerySet[CostDay]:
        return days.filter(**self._days(), **self._chosen("broker", *KIND))

    def shares_of(self, shares: QuerySet[CostShare]) -> QuerySet[CostShare]:
        """Of all kinds: see ``narrowed``."""
        whole, others = Q(part=Part.DAY), Q(part__in=set(Part) - {Part.DAY})
        spans = covering(self.since, self.until)
        return shares.filter(whole & Q(**self._days()) | others & spans, **self._chosen("broker"))

    def hours_of(self, hours: QuerySet[ModelHour]) -> QuerySet[ModelHour]:
        """An hour is known by model only: nothing else narrows it."""
        spans = covering(self.since, self.until)
        return hours.filter(spans, **self._chosen("broker", "provider", "model"))

    def of_leads(self) -> dict[str, Any]:
        """The same of rows that hang on a lead."""
        facts = {"lead__source": self.source, "lead__assigned_to": self.agent}
        return self._chosen("broker") | {name: value for name, value in facts.items() if value}

    def _days(self) -> dict[str, Any]:
        return {"day__gte": self.since, "day__lte": self.until}

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

    def by(self, part: Callable[[Key], str]) -> dict[str, Spent]:
        """The kinds of call by a part of their key."""
        return _gathered((part(key), spent) for key, spent in self.kinds.items())

    def version_tags(self) -> dict[int, str]:
        return _names(PromptVersion, self.versions, "version_tag")

    def agent_names(self) -> dict[int, str]:
        return _names(User, self.agents, "name")


def report(choice: Choice, *, user: Any, zone: ZoneInfo) -> Report:
    """What the user may see of it, in a fixed number of statements."""
    of, totalled_at = _by_part(choice, user)
    total = together(of[Part.DAY].values())
    return Report(
        since=choice.since,
        until=choice.until,
        totalled_at=totalled_at,
        total=total,
        days=of[Part.DAY],
        kinds=of[Part.KIND],
        versions=of[Part.VERSION],
        agents=of[Part.AGENT],
        sources=of[Part.SOURCE],
        hours=_hours(choice.hours_of(ModelHour.objects.visible_to(user))),
        results=_results(choice, total, user=user, zone=zone),
    )


def detail(choice: Choice, *, user: Any) -> QuerySet[CostDay]:
    """The totals themselves, for a file."""
    rows = choice.of(CostDay.objects.visible_to(user))
    return rows.select_related("prompt_version", "agent").order_by("day", "id")


SUMS: dict[str, Any] = {f"sum_{name}": Sum(name) for name in SUMMED}
SUMS |= {"sum_usd": Sum("estimated_cost_usd")}
# The rows of whole days are told apart by their day; those of other parts are added up over all days.
OF_DAY = Case(When(part=Part.DAY, then="day"))
KEYS: dict[Part, Callable[[dict[str, Any]], Any]] = {
    Part.DAY: itemgetter("of_day"),
    Part.KIND: itemgetter("provider", "model", "call_type"),
    Part.VERSION: itemgetter("prompt_version"),
    Part.AGENT: itemgetter("agent"),
    Part.SOURCE: itemgetter("source"),
}
Sums = Iterable[tuple[Part, dict[str, Any], Spent]]


def _by_part(choice: Choice, user: Any) -> tuple[dict[Part, dict[Any, Spent]], datetime | None]:
    """The sums of each part by its keys, and when the day that was totalled last was."""
    pairs: dict[Part, list[tuple[Any, Spent]]] = {part: [] for part in Part}
    moments = []
    for part, row, spent in _detailed(choice, user) if choice.narrowed else _shared(choice, user):
        pairs[part].append((KEYS[part](row), spent))
        if part is Part.DAY:
            moments.append(row["last"])
    sums = {part: _gathered(each) for part, each in pairs.items()}
    return sums, max(moments, default=None)


def _shared(choice: Choice, user: Any) -> Sums:
    """From the few rows that know one thing at a time, added up by the database."""
    rows = choice.shares_of(CostShare.objects.visible_to(user)).order_by()
    last = Max("created_at", filter=Q(part=Part.DAY))
    for row in rows.values("part", *KIND, of_day=OF_DAY).annotate(**SUMS, last=last):
        yield Part(row["part"]), row, _spent(row)


def _detailed(choice: Choice, user: Any) -> Sums:
    """From the rows that know all of it together."""
    rows: Any = choice.of(CostDay.objects.visible_to(user)).order_by()
    for row in rows.values(of_day=F("day")).annotate(**SUMS, last=Max("created_at")):
        yield Part.DAY, row, _spent(row)
    for row in rows.values(*KIND).annotate(**SUMS):
        spent = _spent(row)
        for part in (Part.KIND, Part.VERSION, Part.AGENT, Part.SOURCE):
            yield part, row, spent


def _spent(row: dict[str, Any]) -> Spent:
    return Spent(*(row[name] for name in SUMS)).known


def by_broker(choice: Choice, *, user: Any) -> dict[str, Spent]:
    rows = _whole(choice, user).order_by().values("broker__name").annotate(**SUMS)
    return _gathered((row["broker__name"], _spent(row)) for row in rows)


def _whole(choice: Choice, user: Any) -> QuerySet[Any]:
    """The fewest rows in which every chosen call is counted once."""
    if choice.narrowed:
        return choice.of(CostDay.objects.visible_to(user))
    return choice.shares_of(CostShare.objects.visible_to(user)).filter(part=Part.DAY)


K = TypeVar("K", bound=Hashable)


def _gathered(pairs: Iterable[tuple[K, Spent]]) -> dict[K, Spent]:
    """Added up by key, the dearest first."""
    found: dict[K, list[Spent]] = {}
    for key, spent in pairs:
        found.setdefault(key, []).append(spent)
    sums = {key: each[0] if len(each) == 1 else together(each) for key, each in found.items()}
    return dict(
        sorted(sums.items(), key=lambda item: (item[1].usd or 0, item[1].calls), reverse=True)
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
    chosen = choice.of_leads()
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
