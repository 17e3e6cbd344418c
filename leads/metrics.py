"""How the pipeline does: conversion by stage and cohort, time in stage, losses, answers, stuck leads."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
)
from django.db.models.expressions import Combinable
from django.utils import timezone

from brokers.models import Broker, User
from leads.models import Conversation, Lead, StageTransition
from leads.stages import Stage

USUAL_STAY = timedelta(days=14)
SHORTEST_STUCK = timedelta(days=3)
STUCK_SHOWN = 20
COHORTS_SHOWN = 12
REASONS_SHOWN = 20
FUNNEL = [stage for stage in Stage if stage != Stage.LOST]


# perdido is no place in the funnel: it counts as the start.
WALKED = """
WITH chosen (id, created_at, stage) AS ({chosen}),
places (stage, place) AS (SELECT * FROM unnest(%s::text[]) WITH ORDINALITY),
far (id, place) AS (
    SELECT lead_id, max(GREATEST(came.place, went.place)) FROM stage_transitions
    LEFT JOIN places came ON came.stage = from_stage
    LEFT JOIN places went ON went.stage = to_stage
    WHERE {scope} GROUP BY lead_id
)
SELECT date_trunc('month', created_at AT TIME ZONE %s)::date, stage,
    COALESCE(GREATEST(far.place, places.place), 1) - 1, count(*)
FROM chosen LEFT JOIN far USING (id) LEFT JOIN places USING (stage) GROUP BY 1, 2, 3
"""


class Percentile(Aggregate):
    """The value under which that fraction of the rows lies, interpolated."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, **extra)


@dataclass(frozen=True)
class Walked:
    """How many leads of one month stand in a stage, having gone as far as ``furthest``."""

    month: date
    stage: str
    furthest: int
    count: int


@dataclass(frozen=True)
class StageMetrics:
    """One stage. ``conversion`` is the share of leads that reached it and went further."""

    stage: str
    count: int
    reached: int
    conversion: float | None
    median_days: float | None
    p90_days: float | None
    stuck: int


@dataclass(frozen=True)
class Cohort:
    """The leads that came in one month: how many of them reached each stage by now."""

    month: date
    leads: int
    reached: dict[str, int]
    lost: int
    conversion: float | None


@dataclass(frozen=True)
class LossReason:
    reason: str
    count: int


@dataclass(frozen=True)
class Speed:
    """Minutes from a lead's first message to the first answer, over the leads that got one."""

    answered: int
    unanswered: int
    median_minutes: float | None
    p90_minutes: float | None


@dataclass(frozen=True)
class PipelineMetrics:
    stages: list[StageMetrics]
    cohorts: list[Cohort]
    lost_reasons: list[LossReason]
    first_answer: Speed
    first_human_answer: Speed
    stuck: list[Lead]

    @property
    def total(self) -> int:
        return sum(stage.count for stage in self.stages)


def pipeline(
    leads: QuerySet[Lead], *, broker: Broker | None = None, at: datetime
) -> PipelineMetrics:
    """The metrics of these leads in six queries, however many they are.

    ``broker``, where the leads are one broker's, lets the history be found by its index.
    """
    walked = _walked(leads, broker)
    stays = _stays(leads, broker)
    late = _overstaying(stays, at)
    stuck = leads.filter(late)
    stuck_counts = _tally(stuck, "pipeline_stage")
    answers = _answers(leads, broker)
    return PipelineMetrics(
        stages=_stages(walked, stays, stuck_counts),
        cohorts=_cohorts(walked),
        lost_reasons=_lost_reasons(leads, broker),
        first_answer=_speed(answers, "answer"),
        first_human_answer=_speed(answers, "human"),
        stuck=list(stuck.order_by("stage_entered_at")[:STUCK_SHOWN]),
    )


@dataclass(frozen=True)
class Choice:
    """Which leads are measured: those that came in on these days, of this agent and source."""

    since: date | None = None
    until: date | None = None
    agent: User | None = None
    source: str = ""

    def of(self, leads: QuerySet[Lead], zone: ZoneInfo) -> QuerySet[Lead]:
        if self.since:
            leads = leads.filter(created_at__gte=datetime.combine(self.since, time.min, zone))
        if self.until:
            # Its last moment, the later of two where clocks go back: no day may come after it.
            last = datetime.combine(self.until, time.max.replace(fold=1), zone)
            leads = leads.filter(created_at__lte=last)
        if self.agent:
            leads = leads.filter(assigned_to=self.agent)
        return leads.filter(source=self.source) if self.source else leads


def stuck(leads: QuerySet[Lead], *, broker: Broker | None = None, at: datetime) -> Q:
    """The condition of the open leads that stand longer in their stage than nine of ten did."""
    return _overstaying(_stays(leads, broker), at)


def _of(broker: Broker | None) -> dict[str, Any]:
    return {"broker": broker} if broker else {}


def _stages(
    walked: list[Walked], stays: dict[str, dict[str, timedelta]], stuck: dict[str, int]
) -> list[StageMetrics]:
    counts = Counter[str]()
    for row in walked:
        counts[row.stage] += row.count
    reached = _reached(walked)
    return [
        StageMetrics(
            stage=stage.value,
            count=counts[stage],
            reached=reached.get(stage, counts[stage]),
            conversion=_conversion(reached, stage),
            median_days=_days(stays.get(stage, {}).get("median")),
            p90_days=_days(stays.get(stage, {}).get("p90")),
            stuck=stuck.get(stage, 0),
        )
        for stage in Stage
    ]


def _tally(leads: QuerySet[Any], field: str) -> dict[Any, int]:
    return dict(leads.order_by().values_list(field).annotate(total=Count("pk")))


def _walked(leads: QuerySet[Lead], broker: Broker | None) -> list[Walked]:
    """How many leads of each month stand in each stage, by how far they ever went."""
    chosen, params = (
        leads.order_by().values("pk", "created_at", "pipeline_stage").query.sql_with_params()
    )
    zone, funnel = timezone.get_current_timezone_name(), [stage.value for stage in FUNNEL]
    with connection.cursor() as cursor:
        scope = "broker_id = %s" if broker else "lead_id IN (SELECT id FROM chosen)"
        owner = [broker.pk] if broker else []
        cursor.execute(WALKED.format(chosen=chosen, scope=scope), [*params, funnel, *owner, zone])
        return [Walked(*row) for row in cursor.fetchall()]


def _reached(walked: Iterable[Walked]) -> dict[str, int]:
    """How many leads ever stood in each stage of the funnel, or beyond it."""
    far = Counter[int]()
    for row in walked:
        far[row.furthest] += row.count
    return {
        stage: sum(count for place, count in far.items() if place >= at)
        for at, stage in enumerate(FUNNEL)
    }


def _cohorts(walked: list[Walked]) -> list[Cohort]:
    """The latest months in which leads came in, newest first."""
    months = sorted({row.month for row in walked}, reverse=True)[:COHORTS_SHOWN]
    return [_cohort(month, [row for row in walked if row.month == month]) for month in months]


def _cohort(month: date, walked: list[Walked]) -> Cohort:
    total = sum(row.count for row in walked)
    reached = _reached(walked)
    return Cohort(
        month=month,
        leads=total,
        reached={str(stage): count for stage, count in reached.items()},
        lost=sum(row.count for row in walked if row.stage == Stage.LOST),
        conversion=round(reached[Stage.WON] / total, 3) if total else None,
    )


def _lost_reasons(leads: QuerySet[Lead], broker: Broker | None) -> list[LossReason]:
    """Why the leads that are lost now were closed, the commonest reason first."""
    closing = StageTransition.objects.filter(
        lead__in=leads.filter(pipeline_stage=Stage.LOST),
        to_stage=Stage.LOST,
        at=F("lead__stage_entered_at"),
        **_of(broker),
    )
    rows = closing.order_by().values_list("reason").annotate(total=Count("lead", distinct=True))
    return [
        LossReason(reason, total)
        for reason, total in rows.order_by("-total", "reason")[:REASONS_SHOWN]
    ]


def _answers(leads: QuerySet[Lead], broker: Broker | None) -> dict[str, Any]:
    waits = {
        "answer": _since_first("first_answer_at"),
        "human": _since_first("first_human_answer_at"),
    }
    figures: dict[str, Any] = {"asked": Count("first_inbound_at")}
    for name, wait in waits.items():
        figures[f"{name}_count"] = Count(wait)
        figures[f"{name}_median"] = Percentile(wait, 0.5)
        figures[f"{name}_p90"] = Percentile(wait, 0.9)
    return (
        Conversation.objects.filter(lead__in=leads, **_of(broker)).order_by().aggregate(**figures)
    )


def _since_first(answer: str) -> Combinable:
    return ExpressionWrapper(F(answer) - F("first_inbound_at"), output_field=DurationField())


def _speed(answers: dict[str, Any], name: str) -> Speed:
    answered = answers[f"{name}_count"]
    return Speed(
        answered=answered,
        unanswered=answers["asked"] - answered,
        median_minutes=_minutes(answers[f"{name}_median"]),
        p90_minutes=_minutes(answers[f"{name}_p90"]),
    )


def _conversion(reached: dict[str, int], stage: Stage) -> float | None:
    if stage not in FUNNEL[:-1] or not reached[stage]:
        return None
    following = FUNNEL[FUNNEL.index(stage) + 1]
    return round(reached[following] / reached[stage], 3)


def _stays(leads: QuerySet[Lead], broker: Broker | None) -> dict[str, dict[str, timedelta]]:
    """Median and 90th percentile of finished stays, by stage."""
    stay = ExpressionWrapper(F("at") - F("entered_from_at"), output_field=DurationField())
    rows = (
        StageTransition.objects.filter(lead__in=leads, **_of(broker))
        .order_by()
        .values("from_stage")
        .annotate(median=Percentile(stay, 0.5), p90=Percentile(stay, 0.9))
    )
    return {row["from_stage"]: {"median": row["median"], "p90": row["p90"]} for row in rows}


def _overstaying(stays: dict[str, dict[str, timedelta]], at: datetime) -> Q:
    """Open leads that stand longer in their stage than nine of ten did."""
    late = Q(pk__in=[])
    for stage in FUNNEL:
        if not stage.is_closed:
            usual = stays.get(stage, {}).get("p90", USUAL_STAY)
            since = at - max(usual, SHORTEST_STUCK)
            late |= Q(pipeline_stage=stage, stage_entered_at__lt=since)
    return late


def _minutes(wait: timedelta | None) -> float | None:
    return None if wait is None else round(wait / timedelta(minutes=1), 1)


def _days(stay: timedelta | None) -> float | None:
    return None if stay is None else round(stay / timedelta(days=1), 1)
