"""A campaign's own life: drafted, active, paused, finished."""

from collections.abc import Callable
from datetime import datetime

import pytest

from campaigns import enrolment, running
from campaigns.errors import CannotActivate, HasHistory, Incomplete, NotActive
from campaigns.models import Campaign, CampaignEnrollment
from leads.models import Lead
from tests.campaigns.conftest import standing, told


def test_a_draft_with_its_steps_is_activated(
    campaign_of: Callable[..., Campaign], at: datetime
) -> None:
    draft = campaign_of(status="draft", activated_at=None)
    assert running.activate(draft, at=at).status == "active"
    draft.refresh_from_db()
    assert (draft.status, draft.activated_at) == ("active", at)


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ({"message_text": " "}, {}),
        ({"step_channel": "call"}, {}),
        ({"action": "schedule_meeting"}, {"channel": "call"}),
        ({}, {"triggered_by": "inactivity"}),
        ({}, {"triggered_by": "lead_score", "trigger_condition": {"score": "mucho"}}),
    ],
)
def test_what_could_not_run_is_not_activated(
    campaign_of: Callable[..., Campaign], step: dict, fields: dict, at: datetime
) -> None:
    draft = campaign_of(step, **{"status": "draft", **fields})
    with pytest.raises(Incomplete):
        running.activate(draft, at=at)


def test_a_campaign_without_steps_is_not_activated(
    campaign_of: Callable[..., Campaign], at: datetime
) -> None:
    draft = campaign_of(status="draft")
    draft.steps.all().delete()
    with pytest.raises(Incomplete):
        running.activate(draft, at=at)


def test_a_pause_takes_the_next_action_away_and_resuming_gives_it_back(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    running.pause(campaign, at=at)
    ana.refresh_from_db()
    assert ana.next_action_at is None
    running.activate(campaign, at=at)
    ana.refresh_from_db()
    assert ana.next_action_at == at


def test_only_what_runs_is_paused(campaign_of: Callable[..., Campaign], at: datetime) -> None:
    with pytest.raises(NotActive):
        running.pause(campaign_of(status="draft"), at=at)


def test_finishing_lets_everybody_out_for_good(
    campaign: Campaign, run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    running.finish(campaign, at=at)
    assert standing(ana) == [("stopped", "campaign_finished")]
    assert told(ana) == [(1, "skipped", "campaign_finished")]
    with pytest.raises(CannotActivate):
        running.activate(campaign, at=at)


def test_what_has_a_history_is_not_deleted(campaign: Campaign, ana: Lead, at: datetime) -> None:
    first = campaign.steps.get(step_number=1)
    enrolment.enrol(campaign, ana, at=at)
    for refuse in (lambda: running.delete(campaign), lambda: running.delete_step(first)):
        with pytest.raises(HasHistory):
            refuse()
    running.delete_step(campaign.steps.get(step_number=2))
    assert campaign.steps.count() == 1
