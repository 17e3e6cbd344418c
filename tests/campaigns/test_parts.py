"""What hangs on a lead here goes with the lead: exported, erased, merged."""

from collections.abc import Callable
from datetime import datetime

from campaigns import enrolment
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog
from campaigns.parts import merge_enrollments
from leads.models import Lead
from leads.parts import Deed, parts
from tests.campaigns.conftest import standing

OURS = {"campaign_enrollments", "campaign_logs"}


def test_both_tables_have_their_part(run: CampaignEnrollment, ana: Lead) -> None:
    mine = {part.name: part for part in parts() if part.name in OURS}
    assert set(mine) == OURS
    assert [len(part.export(ana)) for part in mine.values()] == [1, 1]
    assert mine["campaign_enrollments"].erase(ana) == 2
    assert CampaignLog.objects.count() == 0


def test_runs_follow_the_survivor(
    run: CampaignEnrollment, ana: Lead, prospect: Callable[..., Lead], at: datetime
) -> None:
    survivor = prospect()
    assert merge_enrollments(ana, survivor, Deed(None, at))["moved"] == [run.pk]
    assert standing(survivor) == [("active", "")]
    assert CampaignLog.objects.get().lead == survivor
    survivor.refresh_from_db()
    assert survivor.next_action_at == at


def test_of_two_runs_in_one_campaign_the_survivors_goes_on(
    campaign: Campaign, ana: Lead, prospect: Callable[..., Lead], at: datetime
) -> None:
    survivor = prospect()
    for lead in (ana, survivor):
        enrolment.enrol(campaign, lead, at=at, event="silence:7")
    merge_enrollments(ana, survivor, Deed(None, at))
    runs = CampaignEnrollment.objects.order_by("rotation")
    assert list(runs.values_list("lead", "rotation", "state", "reason")) == [
        (survivor.pk, 1, "active", ""),
        (survivor.pk, 2, "stopped", "merged"),
    ]
