"""Events of leads only enqueue; the tasks do what the doors do."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.utils import timezone

from brokers.models import User
from campaigns import tasks
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog
from crm.celery import app
from leads import pipeline, scoring
from leads.models import Lead
from tests.campaigns.conftest import Watched, hear, standing


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    """Tasks run where they are sent from, as a worker would run them."""
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


Committing = Callable[..., Any]


def test_a_transition_enrols_through_its_task(
    campaign_of: Callable[..., Campaign], ana: Lead, agent: User, now: datetime,
    django_capture_on_commit_callbacks: Committing,
) -> None:  # fmt: skip
    campaign_of(
        {"delay_hours": 9}, triggered_by="stage_change", trigger_condition={"stage": "seguimiento"}
    )
    with django_capture_on_commit_callbacks(execute=True):
        pipeline.move(ana, to="seguimiento", by=agent, at=now)
    assert standing(ana) == [("active", "")]


def test_a_crossed_score_enrols_through_its_task(
    campaign_of: Callable[..., Campaign], ana: Lead, now: datetime,
    django_capture_on_commit_callbacks: Committing,
) -> None:  # fmt: skip
    campaign_of({"delay_hours": 9}, triggered_by="lead_score", trigger_condition={"score": 1})
    with django_capture_on_commit_callbacks(execute=True):
        scoring.rescore(ana, at=now)
    assert standing(ana) == [("active", "")]


def test_rescoring_in_bulk_enqueues_nothing(
    campaign_of: Callable[..., Campaign], ana: Lead, now: datetime,
    django_capture_on_commit_callbacks: Committing,
) -> None:  # fmt: skip
    campaign_of(triggered_by="lead_score", trigger_condition={"score": 1})
    with django_capture_on_commit_callbacks(execute=True):
        scoring.rescore_batch([ana], at=now)
    assert standing(ana) == []


def test_a_reply_stops_through_its_task(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, now: datetime,
    django_capture_on_commit_callbacks: Committing, settings: Any,
) -> None:  # fmt: skip
    CampaignEnrollment.objects.update(enrolled_at=now - timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        hear(ana, "hola", now)
    assert standing(ana) == [("stopped", "replied")]


def test_a_message_of_somebody_in_no_campaign_starts_nothing(
    ana: Lead, now: datetime, django_capture_on_commit_callbacks: Committing
) -> None:
    started = []

    def note(sender: str, **_: Any) -> None:
        started.append(sender)

    before_task_publish.connect(note)
    app.conf.task_always_eager = False
    try:
        with django_capture_on_commit_callbacks(execute=True):
            hear(ana, "hola", now)
    finally:
        before_task_publish.disconnect(note)
    assert started == ["llm.tasks.take_turn"]


def test_the_sweeps_run_settle_and_enrol_at_the_moment_they_are_given(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, telegram: Watched, at: datetime,
    django_capture_on_commit_callbacks: Committing,
) -> None:  # fmt: skip
    CampaignLog.objects.update(due_at=at - timedelta(days=30))
    with django_capture_on_commit_callbacks() as started:
        assert tasks.sweep_steps(at=at.isoformat()) == 1
    assert len(started) == 1
    assert tasks.sweep_outcomes(at=at.isoformat()) == 0
    Campaign.objects.update(triggered_by="inactivity", trigger_condition={"days": 1})
    CampaignEnrollment.objects.all().delete()
    assert tasks.sweep_triggers(at=at.isoformat()) == 1
