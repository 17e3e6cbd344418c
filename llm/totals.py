"""Daily totals of what models cost: made anew from ``llm_calls``, a day at a time, as often as you like.

A day is never added to, so nothing can be counted twice: it is read again whole. A sweep does that
with each day that has calls it does not know of; every night all days of two months are compared.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    Case,
    Count,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, ExtractHour, TruncDate
from django.utils import timezone

from brokers.models import Broker
from llm import shares
from llm.models import CostDay, CostShare, LLMCall, ModelHour, Part
from llm.spans import Span, third

# Calls of the last day, and what was settled after midnight: others are found at night.
LOOK_BACK = timedelta(hours=26)
COMPARED = timedelta(days=62)
# A call's row may be stored some moments after the time that stands in it, and clocks differ.
UNSURE = timedelta(minutes=1)
ROWS_AT_ONCE = 500

# A failed call that used no tokens cost nothing; of others without a cost nobody knows the price.
UNPRICED = Q(estimated_cost_usd__isnull=True) & (
    Q(error="") | Q(input_tokens__gt=0) | Q(output_tokens__gt=0)
)
COUNTS: dict[str, Any] = {
    "calls": Count("pk"),
    "failed": Count("pk", filter=~Q(error="")),
    "fallbacks": Count("pk", filter=Q(used_fallback=True)),
}
SUMS: dict[str, Any] = COUNTS | {
    "unpriced": Count("pk", filter=UNPRICED),
    "input": Sum("input_tokens"),
    "cached": Sum("cached_tokens"),
    "output": Sum("output_tokens"),
    "usd": Sum(
        Case(When(UNPRICED, then=None), default=Coalesce("estimated_cost_usd", Value(Decimal(0))))
    ),
}
KIND = {
    "version": F("prompt_version"),
    "agent_id": F("lead__assigned_to"),
    "source": Coalesce("lead__source", Value("")),
}
TOKENS = {"input": "input_tokens", "cached": "cached_tokens", "output": "output_tokens"}
NAMES = TOKENS | {"usd": "estimated_cost_usd"}
COLUMNS = NAMES | {"version": "prompt_version_id"}
ADDED: dict[str, Any] = {name: Sum(NAMES.get(name, name)) for name in SUMS}


def calls_of(broker: Broker) -> QuerySet[Any]:
    """The broker's calls, each with its day in the broker's zone, whatever its clocks did."""
    day = TruncDate("created_at", tzinfo=broker.zone)
    calls: QuerySet[Any] = LLMCall.objects.filter(broker=broker).annotate(day=day).order_by()
    return calls


def rebuild(broker: Broker, day: date) -> None:
    """Total one day as its calls stand now; two at once come one after the other."""
    at = timezone.now()
    with transaction.atomic():
        _wait_for_others(broker)
        mine = {"broker": broker, "day": day}
        CostDay.objects.filter(**mine).delete()
        ModelHour.objects.filter(**mine, span=Span.DAY).delete()
        calls = _of_day(broker, day)
        stamp = {**mine, "created_at": at}
        days = [CostDay(**stamp, **row) for row in _by_kind(calls)]
        hours = [ModelHour(**stamp, **row) for row in _by_hour(calls, broker)]
        CostDay.objects.bulk_create(days, batch_size=ROWS_AT_ONCE)
        ModelHour.objects.bulk_create(hours, batch_size=ROWS_AT_ONCE)
        shares.make(broker, day)


def _wait_for_others(broker: Broker) -> None:
    """Two workers that rebuilt a day at the same moment would both delete it, and both add it.

    Whoever waited reads after the other's commit, so what it stores is never older.
    """
    with connection.cursor() as cursor:
        key = f"llm_cost_days:{broker.pk}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _of_day(broker: Broker, day: date) -> QuerySet[Any]:
    """By the day's date itself; the moments around it only let the index find them."""
    noon = datetime.combine(day, time(12), broker.zone)
    around = (noon - timedelta(hours=26), noon + timedelta(hours=26))
    return calls_of(broker).filter(created_at__range=around, day=day)


def _by_kind(calls: QuerySet[Any]) -> Iterable[dict[str, Any]]:
    kinds = calls.values("provider", "model", "call_type", **KIND).annotate(**SUMS)
    for row in kinds:
        yield {COLUMNS.get(name, name): value for name, value in row.items()}


def _by_hour(calls: QuerySet[Any], broker: Broker) -> Iterable[dict[str, Any]]:
    hour = ExtractHour("created_at", tzinfo=broker.zone)
    rows: Iterable[dict[str, Any]] = calls.values("provider", "model", hour=hour).annotate(**COUNTS)
    return rows


def stale(broker: Broker, *, since: datetime) -> list[date]:
    """Days with calls that were made or settled after the day was last totalled."""
    calls = calls_of(broker).filter(created_at__gte=since)
    last = calls.values_list("day").annotate(Max("updated_at"))
    from_day = since.astimezone(broker.zone).date()
    known = CostShare.objects.filter(broker=broker, part=Part.DAY, day__gte=from_day)
    done = dict(known.order_by().values_list("day").annotate(Min("created_at")))
    return sorted(day for day, moment in last if day not in done or moment >= done[day] - UNSURE)


def differing(broker: Broker, *, since: date) -> list[date]:
    """Days whose totals are not what their calls come to: of late, changed and deleted calls.

    A third of a month is made anew with any of its days: it adds its first where none of them differs.
    """
    midnight = datetime.combine(since, time(), broker.zone)
    calls = calls_of(broker).filter(created_at__gte=midnight - timedelta(days=1), day__gte=since)
    days = {row.pop("day"): row for row in calls.values("day").annotate(**SUMS)}
    thirds = {first: row for first, row in _by_third(days).items() if first >= since}
    found: dict[str, set[date]] = {Span.DAY: set(), Span.THIRD: set()}
    for span, totals in _standing(broker, since):
        found[span] |= _unlike(days if span == Span.DAY else thirds, totals)
    made_anew = {third(day)[0] for day in found[Span.DAY]}
    return sorted(found[Span.DAY] | (found[Span.THIRD] - made_anew))


Rows = dict[date, dict[str, Any]]


def _by_third(days: Rows) -> Rows:
    found: dict[date, list[dict[str, Any]]] = {}
    for day, row in days.items():
        found.setdefault(third(day)[0], []).append(row)
    return {
        first: {name: _sum(row[name] for row in rows) for name in SUMS}
        for first, rows in found.items()
    }


def _sum(values: Iterable[Any]) -> Any:
    """As the database adds up: nothing known is not zero."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _standing(broker: Broker, since: date) -> Iterator[tuple[str, Rows]]:
    """What each kind of totals comes to, by the first day of its span."""
    mine = {"broker": broker, "day__gte": since}
    hours = {name: Sum(name) for name in COUNTS}
    yield Span.DAY, _added(CostDay.objects.filter(**mine), ADDED)
    for part in Part:
        shares_of = CostShare.objects.filter(**mine, part=part)
        yield Span.DAY, _added(shares_of.filter(span=Span.DAY), ADDED)
        if part != Part.DAY:
            yield Span.THIRD, _added(shares_of.filter(span=Span.THIRD), ADDED)
    for span in Span:
        yield span, _added(ModelHour.objects.filter(**mine, span=span), hours)


def _added(totals: QuerySet[Any], sums: dict[str, Any]) -> Rows:
    rows: Any = totals.order_by().values("day").annotate(**sums)
    return {row.pop("day"): row for row in rows}


def _unlike(calls: Rows, totals: Rows) -> set[date]:
    """Of hours only counts are known."""
    alike = {
        day for day in calls.keys() & totals.keys() if totals[day].items() <= calls[day].items()
    }
    return (calls.keys() | totals.keys()) - alike


def refresh(broker: Broker, *, at: datetime) -> int:
    days = stale(broker, since=at - LOOK_BACK)
    for day in days:
        rebuild(broker, day)
    return len(days)


def repair(broker: Broker, *, at: datetime) -> int:
    days = differing(broker, since=(at - COMPARED).astimezone(broker.zone).date())
    for day in days:
        rebuild(broker, day)
    return len(days)


def days_of(broker: Broker) -> list[date]:
    """Every day on which the broker has calls or totals."""
    called = set(calls_of(broker).values_list("day", flat=True).distinct())
    totalled = CostDay.objects.filter(broker=broker).order_by().values_list("day", flat=True)
    return sorted(called | set(totalled))


def active(*, at: datetime) -> list[Broker]:
    """The brokers that have asked a model lately: one look at the index for each."""
    last = LLMCall.objects.filter(broker=OuterRef("pk")).order_by("-created_at")
    latest = Subquery(last.values("created_at")[:1])
    brokers = Broker.objects.annotate(latest_call=latest).order_by("pk")
    return list(brokers.filter(latest_call__gte=at - LOOK_BACK))
