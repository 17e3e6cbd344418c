"""Daily totals are what the calls of the day come to, however often and by whomever they are made."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker, User
from leads import parts
from leads.models import Lead
from llm import budget, tasks, totals
from llm.models import CostDay, CostShare, LLMCall, ModelHour
from llm.spans import Span
from tests.conftest import SANTIAGO
from tests.factories import BrokerFactory, CostDayFactory, LLMCallFactory
from tests.racing import race

pytestmark = pytest.mark.django_db

TUESDAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=SANTIAGO)


def called(broker: Broker, at: datetime = NOON, **fields: Any) -> LLMCall:
    fields = {"estimated_cost_usd": Decimal("0.01"), "updated_at": at, **fields}
    call = LLMCallFactory(broker=broker, created_at=at, **fields)
    LLMCall.objects.filter(pk=call.pk).update(updated_at=fields["updated_at"])  # not: when saved
    return call  # type: ignore[no-any-return]


def sums(broker: Broker) -> list[tuple[date, int, Decimal | None]]:
    days = CostDay.objects.filter(broker=broker).order_by("day", "id")
    return list(days.values_list("day", "calls", "estimated_cost_usd"))


def test_a_day_is_totalled_by_whatever_its_calls_belong_to(broker: Broker, lead: Lead) -> None:
    for _ in range(2):
        called(broker, lead=lead, input_tokens=100, cached_tokens=60, output_tokens=7)
    called(broker, lead=lead, used_fallback=True, model="otro")
    called(broker, error="timeout", estimated_cost_usd=None)
    totals.rebuild(broker, TUESDAY)
    rows = CostDay.objects.order_by("-calls", "-source", "id")
    both, spare, failed = rows
    told = (both.calls, both.agent, both.source, both.estimated_cost_usd, both.input_tokens)
    assert told == (2, lead.assigned_to, lead.source, Decimal("0.02"), 200)
    assert (both.cached_tokens, both.output_tokens, both.failed) == (120, 14, 0)
    assert (spare.model, spare.fallbacks) == ("otro", 1)
    assert (failed.failed, failed.agent, failed.source) == (1, None, "")


def test_made_again_it_is_the_same(broker: Broker) -> None:
    called(broker)
    for _ in range(3):
        totals.rebuild(broker, TUESDAY)
    assert sums(broker) == [(TUESDAY, 1, Decimal("0.01"))]
    assert ModelHour.objects.get(span=Span.DAY).calls == 1


def test_an_unknown_price_is_no_cost_of_zero(broker: Broker) -> None:
    called(broker, estimated_cost_usd=None, model="propio")
    totals.rebuild(broker, TUESDAY)
    unknown = CostDay.objects.get()
    assert (unknown.unpriced, unknown.estimated_cost_usd) == (1, None)


def test_a_failed_call_that_used_nothing_cost_nothing(broker: Broker) -> None:
    called(broker, estimated_cost_usd=None, error="timeout")
    totals.rebuild(broker, TUESDAY)
    failed = CostDay.objects.get()
    assert (failed.unpriced, failed.estimated_cost_usd) == (0, Decimal(0))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-25T02:59:59+00:00", date(2026, 11, 24)),  # one second to midnight in Santiago
        ("2026-11-25T03:00:00+00:00", date(2026, 11, 25)),
        ("2026-09-06T03:59:59+00:00", date(2026, 9, 5)),  # clocks go forward at midnight
        ("2026-09-06T04:00:00+00:00", date(2026, 9, 6)),
        ("2026-04-05T02:30:00+00:00", date(2026, 4, 4)),  # 23:30, for the first time
        ("2026-04-05T03:30:00+00:00", date(2026, 4, 4)),  # 23:30, again
        ("2026-04-05T04:00:00+00:00", date(2026, 4, 5)),
    ],
)
def test_a_call_is_of_the_day_that_it_was_in_the_brokers_zone(
    broker: Broker, moment: str, day: date
) -> None:
    called(broker, datetime.fromisoformat(moment))
    for each in (day - timedelta(days=1), day, day + timedelta(days=1)):
        totals.rebuild(broker, each)
    assert sums(broker) == [(day, 1, Decimal("0.01"))]


def test_the_hour_that_comes_twice_is_one(broker: Broker) -> None:
    for moment in ("2026-04-05T02:30:00+00:00", "2026-04-05T03:30:00+00:00"):
        called(broker, datetime.fromisoformat(moment), error="timeout")
    totals.rebuild(broker, date(2026, 4, 4))
    hour = ModelHour.objects.get(span=Span.DAY)
    assert (hour.hour, hour.calls, hour.failed) == (23, 2, 2)


def test_each_broker_has_its_own_midnight(broker: Broker) -> None:
    far = BrokerFactory(timezone="Pacific/Auckland")
    moment = datetime(2026, 11, 24, 15, tzinfo=UTC)
    for owner in (broker, far):
        called(owner, moment)
        for day in (TUESDAY, date(2026, 11, 25)):
            totals.rebuild(owner, day)
    assert [day for day, *_ in sums(broker)] == [TUESDAY]
    assert [day for day, *_ in sums(far)] == [date(2026, 11, 25)]


def test_only_days_that_changed_are_totalled_again(broker: Broker) -> None:
    called(broker, NOON - timedelta(days=1))
    called(broker)
    at = NOON + timedelta(minutes=5)
    since = at - timedelta(days=2)
    assert totals.stale(broker, since=since) == [date(2026, 11, 23), TUESDAY]
    for day in totals.stale(broker, since=since):
        totals.rebuild(broker, day)
    assert totals.stale(broker, since=since) == []


def test_what_is_settled_after_midnight_is_found(broker: Broker) -> None:
    call = called(broker, estimated_cost_usd=Decimal(1), error=budget.UNSETTLED)
    totals.rebuild(broker, TUESDAY)
    CostShare.objects.update(created_at=NOON + timedelta(hours=2))
    later = NOON + timedelta(hours=13)
    assert totals.stale(broker, since=later - totals.LOOK_BACK) == []
    budget.settle(call, RequestUsage(), latency_ms=1, error="timeout")
    LLMCall.objects.update(updated_at=later)
    assert totals.refresh(broker, at=later) == 1
    assert sums(broker) == [(TUESDAY, 1, Decimal(0))]


def test_a_call_that_was_stored_while_its_day_was_totalled_is_found(broker: Broker) -> None:
    """Its row may name a moment before that of the totals."""
    called(broker)
    totals.rebuild(broker, TUESDAY)
    CostShare.objects.update(created_at=NOON + timedelta(seconds=1))
    assert totals.stale(broker, since=NOON - timedelta(hours=1)) == [TUESDAY]


def test_corrected_prices_deleted_and_late_calls_are_found_at_night(broker: Broker) -> None:
    days = [NOON - timedelta(days=number) for number in (10, 20, 30)]
    corrected, deleted, _untouched = (called(broker, moment) for moment in days)
    for moment in days:
        totals.rebuild(broker, moment.date())
    assert totals.repair(broker, at=NOON) == 0
    LLMCall.objects.filter(pk=corrected.pk).update(estimated_cost_usd=Decimal("0.05"))
    deleted.delete()
    called(broker, NOON - timedelta(days=40))
    assert totals.repair(broker, at=NOON) == 3
    assert [usd for _day, _calls, usd in sums(broker)] == [
        Decimal("0.01"),
        Decimal("0.01"),
        Decimal("0.05"),
    ]
    assert totals.repair(broker, at=NOON) == 0


def test_totals_of_a_zone_that_the_broker_left_are_found_at_night(broker: Broker) -> None:
    called(broker, datetime(2026, 11, 24, 15, tzinfo=UTC))
    totals.rebuild(broker, TUESDAY)
    broker.timezone = "Pacific/Auckland"
    broker.save()
    assert totals.repair(broker, at=NOON) == 2
    assert [day for day, *_ in sums(broker)] == [date(2026, 11, 25)]


def test_what_an_erased_lead_cost_stays_where_it_was(broker: Broker, lead: Lead) -> None:
    called(broker, lead=lead)
    totals.rebuild(broker, TUESDAY)
    next(part for part in parts.parts() if part.model is LLMCall).erase(lead)
    row = CostDay.objects.get()
    assert (row.agent, row.source, row.calls) == (lead.assigned_to, lead.source, 1)
    assert totals.repair(broker, at=NOON) == 0


def test_an_agent_who_is_deleted_leaves_the_cost(broker: Broker, lead: Lead, agent: User) -> None:
    Lead.objects.filter(pk=lead.pk).update(assigned_to=agent)
    called(broker, lead=lead)
    totals.rebuild(broker, TUESDAY)
    Lead.objects.filter(pk=lead.pk).update(assigned_to=None)
    agent.delete()
    assert sums(broker) == [(TUESDAY, 1, Decimal("0.01"))]
    assert CostDay.objects.get().agent is None


def test_the_sweep_totals_who_has_called_lately(broker: Broker, rival: Broker) -> None:
    now = timezone.now()
    called(broker, now)
    called(rival, now - timedelta(days=9))
    assert totals.active(at=now) == [broker]
    assert tasks.total_costs(broker.pk) == 1
    assert tasks.total_costs(rival.pk) == 0
    assert tasks.total_costs(2**40) == 0
    assert [row.broker for row in CostDay.objects.all()] == [broker]


def test_by_hand_every_day_is_totalled_again(broker: Broker, rival: Broker) -> None:
    called(broker, NOON - timedelta(days=200))
    called(broker)
    called(rival)
    CostDayFactory(broker=broker, day=date(2026, 1, 1), calls=9)
    call_command("rebuild_costs", broker="andes")
    assert [calls for _day, calls, _usd in sums(broker)] == [1, 1]
    assert sums(rival) == []
    call_command("rebuild_costs", since=date(2026, 11, 1))
    assert len(sums(rival)) == 1
    with pytest.raises(CommandError):
        call_command("rebuild_costs", broker="nobody")


@pytest.mark.django_db(transaction=True)
def test_two_who_total_a_day_at_once_count_nothing_twice(broker: Broker) -> None:
    for _ in range(3):
        called(broker)
    assert race(4, lambda _: totals.rebuild(broker, TUESDAY)) == [None] * 4
    assert sums(broker) == [(TUESDAY, 3, Decimal("0.03"))]
    assert ModelHour.objects.get(span=Span.DAY).calls == 3
