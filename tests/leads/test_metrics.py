"""The pipeline's metrics come from history."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.models import Broker
from leads import metrics
from leads.models import Lead
from tests.factories import LeadFactory, StageTransitionFactory


def walk(lead: Lead, at: datetime, *steps: tuple[str, float]) -> None:
    """Transitions of a lead: to which stage, after how many days in the one before."""
    stage, since = "entrada", at - timedelta(days=60)
    for target, days in steps:
        moment = since + timedelta(days=days)
        StageTransitionFactory(
            broker=lead.broker,
            lead=lead,
            from_stage=stage,
            to_stage=target,
            entered_from_at=since,
            at=moment,
        )
        stage, since = target, moment
    status = {"ganado": "converted", "perdido": "lost"}.get(stage, "cold")
    Lead.objects.filter(pk=lead.pk).update(
        pipeline_stage=stage, stage_entered_at=since, status=status
    )


def of(broker: Broker, at: datetime) -> dict[str, metrics.StageMetrics]:
    leads = Lead.objects.filter(broker=broker)
    return {stage.stage: stage for stage in metrics.pipeline(leads, at=at).stages}


def test_time_in_stage_is_of_those_who_left_it(broker: Broker, at: datetime) -> None:
    for days in (1, 2, 3, 4, 10):
        walk(LeadFactory(broker=broker), at, ("perfilamiento", days))
    entry = of(broker, at)["entrada"]
    assert (entry.count, entry.median_days, entry.p90_days) == (0, 3.0, 7.6)
    assert of(broker, at)["perfilamiento"].median_days is None


def test_conversion_counts_who_ever_went_further(broker: Broker, at: datetime) -> None:
    LeadFactory.create_batch(2, broker=broker)
    walk(LeadFactory(broker=broker), at, ("perfilamiento", 1))
    walk(LeadFactory(broker=broker), at, ("perfilamiento", 1), ("perdido", 1))
    told = of(broker, at)
    assert (told["entrada"].reached, told["entrada"].conversion) == (4, 0.5)
    assert (told["perfilamiento"].reached, told["perfilamiento"].conversion) == (2, 0.0)
    assert (told["perdido"].count, told["perdido"].conversion) == (1, None)


def test_going_back_takes_nothing_from_what_was_reached(broker: Broker, at: datetime) -> None:
    walk(LeadFactory(broker=broker), at, ("agendado", 1), ("perfilamiento", 1))
    told = of(broker, at)
    assert {stage: told[stage].reached for stage in ("entrada", "agendado", "seguimiento")} == {
        "entrada": 1,
        "agendado": 1,
        "seguimiento": 0,
    }


def test_stuck_is_longer_than_nine_of_ten_stayed(broker: Broker, at: datetime) -> None:
    for _ in range(3):
        walk(LeadFactory(broker=broker), at, ("perfilamiento", 5))
    Lead.objects.all().update(stage_entered_at=at)
    late = LeadFactory(broker=broker, stage_entered_at=at - timedelta(days=6))
    LeadFactory(broker=broker, stage_entered_at=at - timedelta(days=4))
    told = metrics.pipeline(Lead.objects.filter(broker=broker), at=at)
    assert told.stuck == [late]
    assert [stage.stuck for stage in told.stages] == [1, 0, 0, 0, 0, 0, 0, 0]


def test_closed_leads_are_never_stuck(broker: Broker, at: datetime) -> None:
    walk(LeadFactory(broker=broker), at, ("seguimiento", 1), ("ganado", 1))
    walk(LeadFactory(broker=broker), at, ("perdido", 1))
    assert metrics.pipeline(Lead.objects.all(), at=at).stuck == []


def test_the_metrics_take_five_queries(
    broker: Broker, at: datetime, django_assert_num_queries: Any
) -> None:
    for _ in range(30):
        walk(LeadFactory(broker=broker), at, ("perfilamiento", 1))
    with django_assert_num_queries(5):
        metrics.pipeline(Lead.objects.filter(broker=broker), at=at)


def test_a_broker_without_leads_has_empty_metrics(broker: Broker, at: datetime) -> None:
    assert {(s.count, s.reached, s.conversion, s.stuck) for s in of(broker, at).values()} == {
        (0, 0, None, 0)
    }


@pytest.mark.parametrize("fraction", [0.5, 0.9])
def test_a_percentile_is_the_databases(broker: Broker, at: datetime, fraction: float) -> None:
    for score in (10, 20, 40):
        LeadFactory(broker=broker, lead_score=score)
    found = Lead.objects.aggregate(p=metrics.Percentile("lead_score", fraction))["p"]
    assert found == {0.5: 20.0, 0.9: 36.0}[fraction]
