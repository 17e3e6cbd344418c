"""The one door of forecasts: asked for, worked out once by whoever has the lease, the latest kept."""

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from campaigns import costs, forecast, running
from campaigns.enrolment import locked_campaign
from campaigns.errors import CannotActivate
from campaigns.forecast import Line, Outlook
from campaigns.models import (
    Campaign,
    CampaignForecast,
    CampaignForecastLine,
    CampaignStatus,
    ForecastState,
    Foreseen,
)
from campaigns.signals import forecast_asked
from crm import connections
from crm.copying import copy_values
from crm.queues import in_turn
from leads import signals

log = logging.getLogger(__name__)

# A worker that dies leaves it to the next one; one at work renews it with its progress.
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 3
STORED_AT_ONCE = 2_000
NOTED_EVERY = 1_000
AT_WORK = (ForecastState.PENDING, ForecastState.RUNNING)


@transaction.atomic
def ask(campaign: Campaign, *, by: Any, at: datetime) -> CampaignForecast:
    """Ask for a forecast from this moment on; one that is being worked out answers for both.

    Raises Incomplete as activating would, CannotActivate of a campaign that is over.
    """
    locked = locked_campaign(campaign.pk)
    if locked.status == CampaignStatus.FINISHED:
        raise CannotActivate
    running.require_complete(locked)
    known: CampaignForecast | None = locked.forecasts.filter(state__in=AT_WORK).first()
    if known is not None:
        return known
    made: CampaignForecast = CampaignForecast.objects.create(
        broker_id=locked.broker_id, campaign=locked, starts_at=at, asked_by=by
    )
    signals.announce(forecast_asked, forecast_id=made.pk)
    return made


def latest(campaign: Campaign) -> CampaignForecast | None:
    found: CampaignForecast | None = campaign.forecasts.order_by("-pk").first()
    return found


def due(*, at: datetime) -> list[int]:
    return list(in_turn(owed(at), "created_at").values_list("pk", flat=True)[:100])


def owed(at: datetime) -> QuerySet[CampaignForecast]:
    """Forecasts that wait for a worker, those of a worker that died included."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=at)
    rows: QuerySet[CampaignForecast] = CampaignForecast.objects.filter(free, state__in=AT_WORK)
    return rows


class _Lost(Exception):
    """Another worker has the forecast by now, or its campaign is gone."""


class _Lease:
    """What a worker holds of a forecast: everything is written only while it holds."""

    def __init__(self, forecast: CampaignForecast, at: datetime) -> None:
        self.forecast, self.until = forecast, at + LEASE

    def write(self, at: datetime, **fields: Any) -> None:
        mine = CampaignForecast.objects.filter(pk=self.forecast.pk, lease_until=self.until)
        fields = {"lease_until": at + LEASE, "updated_at": at, **fields}
        if not mine.update(**fields):
            raise _Lost
        self.until = fields["lease_until"]

    def note(self, done: int, total: int) -> None:
        if done % NOTED_EVERY == 0 or done == total:
            self.write(timezone.now(), done=done, total=total)


def work(forecast_id: int, *, at: datetime) -> bool:
    """Work one forecast out; False when it is not ours to do."""
    mine = owed(at).filter(pk=forecast_id)
    leased = CampaignForecast.objects.filter(pk=forecast_id, lease_until=at + LEASE)
    connections.claimed(lambda: leased.update(lease_until=None, attempts=F("attempts") - 1))
    if not mine.update(
        state=ForecastState.RUNNING,
        lease_until=at + LEASE,
        attempts=F("attempts") + 1,
        done=0,
        updated_at=at,
    ):
        return False
    row = CampaignForecast.objects.select_related("campaign__broker").get(pk=forecast_id)
    lease = _Lease(row, at)
    try:
        if row.attempts > MAX_ATTEMPTS:
            log.error("forecast %s gave up after %s attempts", row.pk, MAX_ATTEMPTS)
            lease.write(at, state=ForecastState.FAILED, error="gave_up", lease_until=None)
            return False
        _work_out(row, lease)
    except _Lost:
        return False
    return True


def _work_out(row: CampaignForecast, lease: _Lease) -> None:
    unit = costs.unit(row.campaign.broker, at=row.starts_at)
    outlook = forecast.foresee(row, call_length=unit.call_length, note=lease.note)
    result = _totals(outlook, unit)
    with transaction.atomic():
        # The lines and the end are one transaction: who reads sees the whole of one forecast.
        now = timezone.now()
        lease.write(now, lease_until=None, state=ForecastState.DONE, result=result, finished_at=now)
        CampaignForecastLine.objects.filter(forecast__campaign=row.campaign_id).delete()
        CampaignForecast.objects.filter(campaign=row.campaign_id, pk__lt=row.pk).delete()
        for start in range(0, len(outlook.lines), STORED_AT_ONCE):
            lines = outlook.lines[start : start + STORED_AT_ONCE]
            copy_values(CampaignForecastLine, [_columns(line, row, now) for line in lines])


def _columns(line: Line, forecast: CampaignForecast, now: datetime) -> dict[str, Any]:
    known = {"forecast_id": forecast.pk, "broker_id": forecast.broker_id}
    stamps = {"created_at": now, "updated_at": now}
    return {**{name: getattr(line, name) for name in Line.__slots__}, **known, **stamps}


def _totals(outlook: Outlook, unit: costs.Unit) -> dict[str, Any]:
    """The counts, each of which a filter of the lines lists."""
    lines = outlook.lines
    will = [line for line in lines if line.outcome == Foreseen.WILL_RUN]
    moments = [line.at for line in will if line.at]
    runs = costs.runs_by_step(lines)
    return {
        "entering": outlook.entering,
        "inside": outlook.inside,
        "left_out": outlook.left_out,
        "will_run": len(will),
        "will_not": sum(line.outcome == Foreseen.WILL_NOT for line in lines),
        "conflicts": sum(line.conflict_id is not None for line in will),
        "first_at": min(moments).isoformat() if moments else None,
        "last_at": max(moments).isoformat() if moments else None,
        **costs.of(unit, outlook.steps, runs),
        "by_reason": _counted((line.outcome, line.reason) for line in lines if line.reason),
        "by_delay": _counted(("delayed", line.delayed) for line in lines if line.delayed),
        "by_day": _by_day(will),
        "by_step": [
            {"step": step.pk, "step_number": step.step_number, "count": runs.get(step.pk, 0)}
            for step in outlook.steps
        ],
    }


def _counted(pairs: Any) -> list[dict[str, Any]]:
    return [
        {"of": str(of), "reason": reason, "count": count}
        for (of, reason), count in Counter(pairs).most_common()
    ]


def _by_day(will: list[Line]) -> list[dict[str, Any]]:
    days = Counter(line.day for line in will)
    return [
        {"day": day.isoformat(), "count": count}
        for day, count in sorted(days.items(), key=lambda each: str(each[0]))
        if day is not None
    ]
