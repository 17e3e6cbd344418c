"""The pipeline's metrics come from history."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from brokers.models import Broker, User
from leads import delivery, metrics, pipeline
from leads.models import Lead
from tests.api import codes, signed_in
from tests.factories import ChatMessageFactory, LeadFactory, StageTransitionFactory


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


def test_the_metrics_take_six_queries_however_many_leads(
    broker: Broker, at: datetime, django_assert_num_queries: Any
) -> None:
    for _ in range(30):
        walk(LeadFactory(broker=broker), at, ("perfilamiento", 1))
    with django_assert_num_queries(6):
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


def test_cohorts_are_the_months_in_which_leads_came(broker: Broker, at: datetime) -> None:
    october = at - timedelta(days=40)
    for came, steps in (
        (october, (("seguimiento", 1), ("ganado", 1))),
        (october, (("perdido", 1),)),
        (at, ()),
    ):
        walk(LeadFactory(broker=broker, created_at=came), at, *steps)
    newest, older = metrics.pipeline(Lead.objects.all(), broker=broker, at=at).cohorts
    assert (newest.month, newest.leads, newest.conversion) == (date(2026, 11, 1), 1, 0.0)
    assert (older.month, older.leads, older.lost, older.conversion) == (
        date(2026, 10, 1),
        2,
        1,
        0.5,
    )
    assert (older.reached["seguimiento"], older.reached["ganado"]) == (1, 1)


def test_lost_reasons_are_of_those_who_are_lost_now(
    broker: Broker, agent: User, at: datetime
) -> None:
    reasons = ("Compró en otra parte", "No califica", "Compró en otra parte", "Se arrepintió")
    for reason in reasons:
        lost = LeadFactory(broker=broker)
        pipeline.move(lost, to="perdido", by=agent, reason=reason, at=at)
    pipeline.move(lost, to="perfilamiento", by=agent, at=at + timedelta(days=1))
    told = metrics.pipeline(Lead.objects.all(), at=at).lost_reasons
    assert [(loss.reason, loss.count) for loss in told] == [
        ("Compró en otra parte", 2),
        ("No califica", 1),
    ]


def test_answers_are_counted_from_the_leads_first_message(write: Any, at: datetime) -> None:
    for minutes, purpose in ((2, "reply"), (30, "human"), (40, "human")):
        lead = write(external_user=purpose + str(minutes)).message.lead
        for late in (minutes, minutes + 100):
            moment = at + timedelta(minutes=late)
            reply = ChatMessageFactory(
                broker=lead.broker,
                lead=lead,
                direction="out",
                author="system",
                status="sending",
                purpose=purpose,
            )
            assert delivery.mark_sent(reply, external_id=None, at=moment)
    write(external_user="nobody answers")
    told = metrics.pipeline(Lead.objects.all(), at=at)
    first, human = told.first_answer, told.first_human_answer
    assert (first.answered, first.unanswered, first.median_minutes) == (3, 1, 30.0)
    assert (human.answered, human.unanswered, human.p90_minutes) == (2, 2, 39.0)


def test_they_are_of_the_chosen_period_agent_and_source(
    admin: User, agent: User, at: datetime
) -> None:
    mine = {"broker": agent.broker, "assigned_to": agent, "source": "webchat"}
    LeadFactory(**mine, created_at=at)
    LeadFactory(**mine, created_at=at - timedelta(days=1))
    LeadFactory(broker=agent.broker, created_at=at, source="import")

    def count(**asked: Any) -> int:
        answer = signed_in(admin).get("/api/v1/pipeline/metrics/", asked).json()
        return sum(stage["count"] for stage in answer["stages"])

    today = at.date().isoformat()
    assert (count(), count(since=today), count(until=today, agent=agent.pk)) == (3, 2, 2)
    assert count(since=today, until=today, source="webchat") == 1


@pytest.mark.parametrize("asked", [{"agent": "x"}, {"since": "ayer"}, {"source": "radio"}])
def test_a_choice_that_does_not_fit_is_refused(admin: User, asked: dict[str, str]) -> None:
    answer = signed_in(admin).get("/api/v1/pipeline/metrics/", asked)
    assert (answer.status_code, codes(answer)[0][0]) == (400, next(iter(asked)))


def test_nobody_measures_a_rivals_agent(admin: User, rival_agent: User) -> None:
    answer = signed_in(admin).get("/api/v1/pipeline/metrics/", {"agent": rival_agent.pk})
    assert codes(answer) == [("agent", "does_not_exist")]


def test_the_list_offers_the_stuck_ones(admin: User, broker: Broker) -> None:
    late = LeadFactory(broker=broker, stage_entered_at=timezone.now() - timedelta(days=20))
    LeadFactory(broker=broker, stage_entered_at=timezone.now())
    rows = signed_in(admin).get("/api/v1/leads/?stuck=true").json()["results"]
    assert [row["id"] for row in rows] == [late.pk]
