"""How the pipeline does: counts, conversion, time in each stage from history, stuck leads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest

from leads.models import Lead, StageTransition
from leads.stages import Stage

USUAL_STAY = timedelta(days=14)
SHORTEST_STUCK = timedelta(days=3)
STUCK_SHOWN = 20
FUNNEL = [stage for stage in Stage if stage != Stage.LOST]


class Percentile(Aggregate):
    """The value under which that fraction of the rows lies, interpolated."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, **extra)


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
class PipelineMetrics:
    stages: list[StageMetrics]
    stuck: list[Lead]


def pipeline(leads: QuerySet[Lead], *, at: datetime) -> PipelineMetrics:
    """The metrics of these leads in five queries, however many they are."""
    counts = _tally(leads, "pipeline_stage")
    reached = _reached(leads)
    stays = _stays(leads)
    late = _overstaying(stays, at)
    stuck = leads.filter(late)
    stuck_counts = _tally(stuck, "pipeline_stage")
    stages = [
        StageMetrics(
            stage=stage.value,
            count=counts.get(stage, 0),
            reached=reached.get(stage, counts.get(stage, 0)),
            conversion=_conversion(reached, stage),
            median_days=_days(stays.get(stage, {}).get("median")),
            p90_days=_days(stays.get(stage, {}).get("p90")),
            stuck=stuck_counts.get(stage, 0),
        )
        for stage in Stage
    ]
    return PipelineMetrics(stages, list(stuck.order_by("stage_entered_at")[:STUCK_SHOWN]))


def _tally(leads: QuerySet[Any], field: str) -> dict[Any, int]:
    return dict(leads.order_by().values_list(field).annotate(total=Count("pk")))


def _order(field: str) -> Case:
    """A stage's place in the funnel; perdido, which is no place in it, counts as the start."""
    places = [When(**{field: stage}, then=Value(place)) for place, stage in enumerate(FUNNEL)]
    return Case(*places, default=Value(0), output_field=IntegerField())


def _reached(leads: QuerySet[Lead]) -> dict[str, int]:
    """How many leads ever stood in each stage of the funnel, or beyond it."""
    walked = StageTransition.objects.filter(lead=OuterRef("pk")).order_by().values("lead")
    furthest = walked.annotate(
        place=Greatest(Max(_order("to_stage")), Max(_order("from_stage")))
    ).values("place")
    tally = _tally(
        leads.annotate(
            furthest=Greatest(_order("pipeline_stage"), Coalesce(Subquery(furthest), Value(0)))
        ),
        "furthest",
    )
    return {
        stage: sum(total for place, total in tally.items() if place >= at)
        for at, stage in enumerate(FUNNEL)
    }


def _conversion(reached: dict[str, int], stage: Stage) -> float | None:
    if stage not in FUNNEL[:-1] or not reached[stage]:
        return None
    following = FUNNEL[FUNNEL.index(stage) + 1]
    return round(reached[following] / reached[stage], 3)


def _stays(leads: QuerySet[Lead]) -> dict[str, dict[str, timedelta]]:
    """Median and 90th percentile of finished stays, by stage."""
    stay = ExpressionWrapper(F("at") - F("entered_from_at"), output_field=DurationField())
    rows = (
        StageTransition.objects.filter(lead__in=leads)
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


def _days(stay: timedelta | None) -> float | None:
    return None if stay is None else round(stay / timedelta(days=1), 1)
