"""Background work of campaigns: events that arrive, steps that run, and the sweeps behind them."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from campaigns import forecasting, steps, stopping, triggers
from crm.connections import long_statements
from crm.tasks import enqueue


def _moment(at: str | None) -> datetime:
    return datetime.fromisoformat(at) if at else timezone.now()


@shared_task(name="campaigns.tasks.run_step", tenant="campaigns.CampaignLog")
def run_step(log_id: int) -> str | None:
    return steps.run(log_id, at=timezone.now())


@shared_task(name="campaigns.tasks.check_stops", tenant="leads.Lead")
def check_stops(lead_id: int) -> int:
    """Whether what just happened to the lead ends their campaigns."""
    return stopping.apply(at=timezone.now(), lead_id=lead_id)


@shared_task(name="campaigns.tasks.score_changed", tenant="leads.Lead")
def score_changed(lead_id: int, broker_id: int, before: float, after: float) -> int:
    return triggers.score_changed(
        lead_id, broker_id=broker_id, before=before, after=after, at=timezone.now()
    )


@shared_task(name="campaigns.tasks.stage_changed", tenant="leads.StageTransition")
def stage_changed(transition_id: int) -> int:
    return triggers.stage_changed(transition_id, at=timezone.now())


@shared_task(name="campaigns.tasks.sweep_steps", across="sweep")
def sweep_steps(at: str | None = None) -> int:
    """Start every step that is due; safe to run twice at once, a repeated start finds it taken."""
    waiting = steps.due(at=_moment(at))
    for log_id in waiting:
        enqueue(run_step, log_id)
    return len(waiting)


@shared_task(name="campaigns.tasks.sweep_outcomes", across="sweep")
def sweep_outcomes(at: str | None = None) -> int:
    """Settle steps by their messages, and let out everybody whose campaign is over for them."""
    moment = _moment(at)
    settled = steps.reconcile(at=moment)
    return settled + stopping.apply(at=moment)


@shared_task(name="campaigns.tasks.sweep_triggers", across="sweep", time_limit=1800)
def sweep_triggers(at: str | None = None) -> int:
    """Find the silent, and what the queue lost; enrolling twice at once enrols once."""
    moment = _moment(at)
    return triggers.catch_up(at=moment) + triggers.inactivity(at=moment)


@shared_task(name="campaigns.tasks.work_on_forecast", tenant="campaigns.CampaignForecast")
def work_on_forecast(forecast_id: int) -> bool:
    with long_statements():
        return forecasting.work(forecast_id, at=timezone.now())


@shared_task(name="campaigns.tasks.sweep_forecasts", across="sweep")
def sweep_forecasts(at: str | None = None) -> int:
    """Start every forecast that waits; one that is at work is left alone."""
    owed = forecasting.due(at=_moment(at))
    for forecast_id in owed:
        enqueue(work_on_forecast, forecast_id)
    return len(owed)
