"""The few rows from which long periods are read come to the same as the totals of days behind them."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max

from brokers.models import Broker, User
from llm import costs, shares, totals
from llm.models import CostDay, CostShare, ModelHour, Part
from llm.spans import Span, third
from tests.conftest import SANTIAGO
from tests.factories import (
    CostDayFactory,
    LLMCallFactory,
    ModelHourFactory,
    PromptVersionFactory,
)

pytestmark = pytest.mark.django_db

FIRST, DAYS = date(2026, 1, 25), 45  # the whole of February, which has the shortest third
PERIODS = [
    (date(2026, 2, 1), date(2026, 2, 28)),
    (date(2026, 1, 1), date(2026, 3, 31)),
    (date(2026, 2, 1), date(2026, 2, 10)),
    (date(2026, 2, 21), date(2026, 2, 28)),
    (date(2026, 2, 3), date(2026, 2, 9)),
    (date(2026, 2, 9), date(2026, 2, 22)),
    (date(2026, 2, 10), date(2026, 2, 11)),
    (date(2026, 2, 28), date(2026, 3, 1)),
    (date(2026, 1, 31), date(2026, 1, 31)),
    (date(2026, 2, 8), date(2026, 2, 1)),
]

LATER = datetime(2026, 11, 24, 13, tzinfo=SANTIAGO)


@pytest.fixture
def of_two(broker: Broker, rival: Broker, agent: User, rival_agent: User) -> list[Broker]:
    """Six weeks of two brokerages, drawn at random."""
    draw = random.Random(26)
    for owner, person in ((broker, agent), (rival, rival_agent)):
        version = PromptVersionFactory(broker=owner)
        for number in range(120):
            day = FIRST + timedelta(days=draw.randrange(DAYS))
            CostDayFactory(broker=owner, day=day, **_drawn(draw, person, version))
            hour = {"day": day, "hour": number % 24, "model": f"m{number}"}
            ModelHourFactory(broker=owner, **hour, calls=draw.randrange(1, 9), failed=number % 2)
        for number in range(DAYS):
            shares.make(owner, FIRST + timedelta(days=number))
    return [broker, rival]


def _drawn(draw: random.Random, person: User, version: Any) -> dict[str, Any]:
    priced = draw.random() < 0.8
    return {
        "model": draw.choice(["m1", "m2"]),
        "call_type": draw.choice(["turn", "summary"]),
        "agent": draw.choice([person, None]),
        "prompt_version": draw.choice([version, None]),
        "source": draw.choice(["", "whatsapp", "webchat"]),
        "calls": draw.randrange(1, 9),
        "unpriced": int(not priced),
        "input_tokens": draw.randrange(10**6),
        "estimated_cost_usd": Decimal(draw.randrange(10**8)).scaleb(-8) if priced else None,
    }


KEYS: dict[str, Callable[[CostDay], Any]] = {
    "days": lambda row: row.day,
    "kinds": lambda row: (row.provider, row.model, row.call_type),
    "versions": lambda row: row.prompt_version_id,
    "agents": lambda row: row.agent_id,
    "sources": lambda row: row.source,
}


def by_hand(rows: list[CostDay], key: Callable[[CostDay], Any]) -> dict[Any, tuple[Any, ...]]:
    found: dict[Any, list[CostDay]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {each: _figures(those) for each, those in found.items()}


def _figures(rows: list[CostDay]) -> tuple[Any, ...]:
    known = [row.estimated_cost_usd for row in rows if row.estimated_cost_usd is not None]
    counts = (sum(getattr(row, name) for row in rows) for name in costs.SUMMED)
    return (*counts, sum(known) if known else None)


def choices(owner: Broker, person: User) -> Iterator[costs.Choice]:
    narrowed: list[dict[str, Any]] = [
        {},
        {"broker": owner},
        {"source": "whatsapp"},
        {"agent": person, "model": "m1"},
        {"broker": owner, "call_type": "summary"},
    ]
    for since, until in PERIODS:
        for chosen in narrowed:
            yield costs.Choice(since=since, until=until, **chosen)


@pytest.mark.parametrize("who", ["admin", "superadmin"])
def test_a_report_is_what_the_totals_of_its_days_come_to(
    of_two: list[Broker], who: str, agent: User, request: pytest.FixtureRequest
) -> None:
    user: User = request.getfixturevalue(who)
    for choice in choices(of_two[0], agent):
        rows = list(costs.detail(choice, user=user))
        report = costs.report(choice, user=user, zone=SANTIAGO)
        assert report.total == (_figures(rows) if rows else costs.NOTHING)
        for part, key in KEYS.items():
            assert getattr(report, part) == by_hand(rows, key), (choice, part)
        latest = CostDay.objects.filter(pk__in=[row.pk for row in rows])
        assert report.totalled_at == latest.aggregate(at=Max("created_at"))["at"]
        names = by_hand(rows, lambda row: row.broker.name)
        assert costs.by_broker(choice, user=user) == names


@pytest.mark.parametrize(("since", "until"), PERIODS)
def test_hours_are_what_those_of_its_days_come_to(
    of_two: list[Broker], superadmin: User, since: date, until: date
) -> None:
    choice = costs.Choice(since=since, until=until)
    days = ModelHour.objects.filter(span=Span.DAY, day__range=(since, until))
    sums: dict[Any, int] = {}
    for row in days:
        sums[row.model, row.hour] = sums.get((row.model, row.hour), 0) + row.calls
    hours = costs.report(choice, user=superadmin, zone=SANTIAGO).hours
    assert {(each.model, each.hour): each.calls for each in hours} == sums


def test_a_month_is_read_from_its_thirds(of_two: list[Broker]) -> None:
    february = costs.Choice(since=date(2026, 2, 1), until=date(2026, 2, 28))
    rows = february.shares_of(CostShare.objects.all())
    spans = set(rows.values_list("span", "part").order_by())
    thirds = {(Span.THIRD, part) for part in Part if part != Part.DAY}
    assert spans == {(Span.DAY, Part.DAY)} | thirds
    assert set(february.hours_of(ModelHour.objects.all()).values_list("span", flat=True)) == {
        Span.THIRD
    }


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 2, 1), date(2026, 2, 1), date(2026, 2, 10)),
        (date(2026, 2, 10), date(2026, 2, 1), date(2026, 2, 10)),
        (date(2026, 2, 11), date(2026, 2, 11), date(2026, 2, 20)),
        (date(2028, 2, 21), date(2028, 2, 21), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2026, 12, 21), date(2026, 12, 31)),
        (date.max, date(9999, 12, 21), date.max),
    ],
)
def test_thirds_of_a_month(day: date, first: date, last: date) -> None:
    assert third(day) == (first, last)


@pytest.mark.parametrize(
    "lost",
    [
        {"part": part, "span": span}
        for part in Part
        for span in Span
        if (part, span) != (Part.DAY, Span.THIRD)
    ],
    ids=lambda lost: "-".join(lost.values()),
)
def test_shares_that_are_missing_or_wrong_are_made_again_at_night(
    broker: Broker, lost: dict[str, str]
) -> None:
    _called_and_totalled(broker)
    wrong = CostShare.objects.filter(**lost)
    assert wrong.update(calls=7) == 1
    assert totals.repair(broker, at=LATER) == 1
    wrong.delete()
    assert totals.repair(broker, at=LATER) == 1
    assert wrong.get().calls == 1
    assert totals.repair(broker, at=LATER) == 0


@pytest.mark.parametrize("span", Span)
def test_hours_that_are_missing_are_made_again_at_night(broker: Broker, span: Span) -> None:
    _called_and_totalled(broker)
    hours = ModelHour.objects.filter(span=span)
    hours.delete()
    assert totals.repair(broker, at=LATER) == 1
    assert hours.get().calls == 1


def test_days_that_a_worker_without_shares_totalled_are_found(broker: Broker) -> None:
    """While a new version is rolled out: what is read is what says when a day was totalled."""
    _called_and_totalled(broker)
    CostShare.objects.all().delete()
    assert totals.stale(broker, since=LATER - timedelta(days=2)) == [LATER.date()]


def test_the_migration_makes_the_same_of_the_totals_that_there_are(of_two: list[Broker]) -> None:
    made = _stored()
    CostShare.objects.all().delete()
    ModelHour.objects.filter(span=Span.THIRD).delete()
    fill = import_module("llm.migrations.0003_fill_cost_shares")
    with connection.cursor() as cursor:
        for statement in (fill.SHARES, fill.THIRDS, fill.HOURS):
            cursor.execute(statement)
    assert _stored() == made


def _called_and_totalled(broker: Broker) -> None:
    LLMCallFactory(broker=broker, created_at=LATER - timedelta(hours=1))
    totals.rebuild(broker, LATER.date())
    assert totals.repair(broker, at=LATER) == 0


def _stored() -> list[list[Any]]:
    kept: list[list[Any]] = []
    for model in (CostShare, ModelHour):
        names = [f.attname for f in model._meta.fields if f.attname not in ("id", "updated_at")]
        kept.append(sorted(model.objects.values_list(*names), key=repr))
    return kept
