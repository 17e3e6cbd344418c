"""What brings leads into campaigns by itself, each event once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokers.models import Broker, User
from campaigns import triggers
from campaigns.models import Campaign, CampaignEnrollment
from leads import pipeline, scoring
from leads.models import ActivityLog, Lead, StageTransition
from tests.campaigns.conftest import hear
from tests.racing import race

DAY = timedelta(days=1)


@pytest.fixture
def by_score(campaign_of: Callable[..., Campaign]) -> Campaign:
    return campaign_of(triggered_by="lead_score", trigger_condition={"score": 60})


@pytest.fixture
def by_stage(campaign_of: Callable[..., Campaign]) -> Campaign:
    return campaign_of(triggered_by="stage_change", trigger_condition={"stage": "seguimiento"})


@pytest.fixture
def by_silence(campaign_of: Callable[..., Campaign]) -> Campaign:
    return campaign_of(triggered_by="inactivity", trigger_condition={"days": 3})


def keys() -> list[str]:
    return list(CampaignEnrollment.objects.order_by("pk").values_list("trigger_key", flat=True))


# --- The score ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "enrolled"),
    [(59, 60, 1), (10, 90, 1), (60, 70, 0), (70, 60, 0), (70, 20, 0), (10, 59.9, 0)],
)
def test_a_score_enrols_on_crossing_upward_only(
    by_score: Campaign, ana: Lead, before: float, after: float, enrolled: int, at: datetime
) -> None:
    made = triggers.score_changed(
        ana.pk, broker_id=ana.broker_id, before=before, after=after, at=at
    )
    assert made == CampaignEnrollment.objects.count() == enrolled


def test_a_mark_is_crossed_once(by_score: Campaign, ana: Lead, at: datetime) -> None:
    for moment in (at, at + DAY):
        triggers.score_changed(ana.pk, broker_id=ana.broker_id, before=50, after=65, at=moment)
        CampaignEnrollment.objects.update(state="finished")
    assert keys() == ["score:60"]


def test_a_rivals_lead_enters_no_campaign_of_ours(
    by_score: Campaign, ana: Lead, rival: Broker, at: datetime
) -> None:
    assert triggers.score_changed(ana.pk, broker_id=rival.pk, before=0, after=90, at=at) == 0


def test_bulk_rescoring_triggers_nothing(
    by_score: Campaign, ana: Lead, at: datetime, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:  # fmt: skip
    by_score.trigger_condition = {"score": 1}
    by_score.save()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert scoring.rescore_batch([Lead.objects.select_for_update().get(pk=ana.pk)], at=at) == 1
    ana.refresh_from_db()
    assert ana.lead_score >= 1
    assert ActivityLog.objects.get(action_type="score_changed").details["bulk"] is True
    assert triggers.catch_up(at=at) == 0
    assert CampaignEnrollment.objects.count() == 0


def test_a_crossing_whose_task_was_lost_is_caught_up(
    by_score: Campaign, ana: Lead, at: datetime
) -> None:
    by_score.trigger_condition = {"score": 1}
    by_score.save()
    scoring.rescore(ana, at=at)
    assert triggers.catch_up(at=at + timedelta(minutes=10)) == 1
    assert triggers.catch_up(at=at + timedelta(minutes=20)) == 0
    assert keys() == ["score:1"]


# --- The stage ---------------------------------------------------------------------------------


def test_a_transition_enrols_once(by_stage: Campaign, ana: Lead, agent: User, at: datetime) -> None:
    pipeline.move(ana, to="seguimiento", by=agent, at=at)
    transition = StageTransition.objects.get()
    assert [triggers.stage_changed(transition.pk, at=at) for _ in range(2)] == [1, 0]
    CampaignEnrollment.objects.update(state="finished")
    assert triggers.stage_changed(transition.pk, at=at) == 0
    assert triggers.catch_up(at=at) == 0
    assert keys() == [f"stage:{transition.pk}"]


def test_entering_the_stage_again_is_another_transition(
    by_stage: Campaign, ana: Lead, agent: User, at: datetime
) -> None:
    for to in ("seguimiento", "perfilamiento", "seguimiento"):
        pipeline.move(ana, to=to, by=agent, at=at)
        triggers.catch_up(at=at)
        CampaignEnrollment.objects.update(state="finished")
    assert CampaignEnrollment.objects.count() == 2


def test_another_stage_enrols_nobody(
    by_stage: Campaign, ana: Lead, agent: User, at: datetime
) -> None:
    pipeline.move(ana, to="perfilamiento", by=agent, at=at)
    assert triggers.stage_changed(StageTransition.objects.get().pk, at=at) == 0


def test_what_happened_before_the_campaign_was_active_is_not_caught_up(
    by_stage: Campaign, ana: Lead, agent: User, at: datetime
) -> None:
    pipeline.move(ana, to="seguimiento", by=agent, at=at - timedelta(minutes=5))
    assert triggers.catch_up(at=at + timedelta(minutes=5)) == 0


# --- Silence -----------------------------------------------------------------------------------


def test_silence_counts_from_the_last_message_of_the_lead(
    by_silence: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    silent, heard = prospect(heard=at - 3 * DAY), prospect(heard=at - 2 * DAY)
    assert triggers.inactivity(at=at) == 1
    assert list(CampaignEnrollment.objects.values_list("lead", flat=True)) == [silent.pk]
    assert triggers.inactivity(at=at + DAY) == 1
    assert CampaignEnrollment.objects.filter(lead=heard).count() == 1


def test_who_never_wrote_is_silent_since_their_creation(
    by_silence: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    prospect(heard=None, created_at=at - 3 * DAY)
    prospect(heard=None, created_at=at - 2 * DAY)
    assert triggers.inactivity(at=at) == 1


def test_one_silence_enrols_once_and_the_next_one_again(
    by_silence: Campaign, ana: Lead, at: datetime
) -> None:
    assert [triggers.inactivity(at=at + days * DAY) for days in (1, 2, 9)] == [1, 0, 0]
    CampaignEnrollment.objects.update(state="finished")
    assert triggers.inactivity(at=at + 10 * DAY) == 0
    hear(ana, "sigo buscando", at + 11 * DAY)
    assert triggers.inactivity(at=at + 12 * DAY) == 0
    assert triggers.inactivity(at=at + 14 * DAY) == 1
    assert CampaignEnrollment.objects.count() == 2


@pytest.mark.parametrize("treatment", ["hold", "manual_follow_up"])
def test_who_is_left_alone_is_not_approached(
    by_silence: Campaign, prospect: Callable[..., Lead], treatment: str, at: datetime
) -> None:
    prospect(heard=at - 9 * DAY, treatment_type=treatment)
    assert triggers.inactivity(at=at) == 0


def test_whom_no_step_can_reach_takes_no_place(
    by_silence: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    lead = prospect(heard=at - 9 * DAY)
    lead.identities.all().delete()
    assert triggers.inactivity(at=at) == 0
    step = by_silence.steps.get()
    step.step_channel = "email"
    step.save()
    Lead.objects.filter(pk=lead.pk).update(email="ana@example.com")
    assert triggers.inactivity(at=at) == 1


def test_a_paused_campaign_enrols_nobody(
    by_silence: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    prospect(heard=at - 9 * DAY)
    Campaign.objects.update(status="paused")
    assert triggers.inactivity(at=at) == 0


def test_the_silent_are_found_in_batches_up_to_max_contacts(
    by_silence: Campaign, prospect: Callable[..., Lead], at: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(triggers, "BATCH", 2)
    Campaign.objects.update(max_contacts=5)
    for _ in range(7):
        prospect(heard=at - 9 * DAY)
    with CaptureQueriesContext(connection) as queries:
        assert triggers.inactivity(at=at) == 5
    assert sum("silent_since" in q["sql"] or "COALESCE" in q["sql"] for q in queries) == 3


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_for_the_silent_at_once_enrol_each_once(
    by_silence: Campaign, prospect: Callable[..., Lead], at: datetime
) -> None:
    for _ in range(4):
        prospect(heard=at - 9 * DAY)
    assert sum(race(4, lambda _: triggers.inactivity(at=at))) == 4
    by_silence.refresh_from_db()
    assert by_silence.contacts_made == CampaignEnrollment.objects.count() == 4
