"""Who comes into a campaign, how often, and how many."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from brokers.models import Broker
from campaigns import enrolment, steps
from campaigns.enrolment import Outcome, enrol
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog
from leads.models import ActivityLog, Lead
from tests.campaigns.conftest import hear, standing, sweep, told
from tests.factories import LeadFactory
from tests.racing import race

DAY = timedelta(days=1)


def test_an_enrolment_makes_the_first_step_due_and_counts_the_contact(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    campaign = campaign_of({"delay_hours": 2}, {})
    assert enrol(campaign, ana, at=at) == Outcome.ENROLLED
    log = CampaignLog.objects.get()
    assert (log.status, log.due_at, log.step.step_number) == ("due", at + timedelta(hours=2), 1)
    campaign.refresh_from_db()
    ana.refresh_from_db()
    assert campaign.contacts_made == 1
    assert ana.next_action_at == at + timedelta(hours=2)
    applied = at.astimezone(UTC).isoformat()
    assert ana.campaign_history == [
        {"campaign_id": campaign.pk, "applied_at": applied, "steps_completed": 0}
    ]
    entry = ActivityLog.objects.get(action_type="campaign_enrolled")
    assert entry.details["campaign"] == campaign.name


def test_a_lead_is_enrolled_once_per_rotation(campaign: Campaign, ana: Lead, at: datetime) -> None:
    assert [enrol(campaign, ana, at=at) for _ in range(2)] == ["enrolled", "already_enrolled"]
    enrolment.stop(Q(lead=ana), reason="removed", at=at)
    assert enrol(campaign, ana, at=at) == Outcome.ALREADY
    assert enrol(campaign, ana, at=at, again=True) == Outcome.ENROLLED
    assert list(CampaignEnrollment.objects.order_by("pk").values_list("rotation", "state")) == [
        (1, "stopped"),
        (2, "active"),
    ]


def test_an_event_enrols_a_lead_once_for_ever(campaign: Campaign, ana: Lead, at: datetime) -> None:
    assert enrol(campaign, ana, at=at, event="stage:1") == Outcome.ENROLLED
    enrolment.stop(Q(lead=ana), reason="removed", at=at)
    assert enrol(campaign, ana, at=at, event="stage:1") == Outcome.ALREADY
    assert enrol(campaign, ana, at=at, event="stage:2") == Outcome.ENROLLED


def test_the_database_holds_an_event_to_once(campaign: Campaign, ana: Lead, at: datetime) -> None:
    enrol(campaign, ana, at=at, event="stage:1")
    run = CampaignEnrollment.objects.get()
    run.pk, run.rotation, run.state = None, 2, "finished"
    with pytest.raises(IntegrityError), transaction.atomic():
        run.save(force_insert=True)


@pytest.mark.parametrize("stage", ["ganado", "perdido"])
def test_a_closed_lead_is_not_enrolled(
    campaign: Campaign, prospect: Callable[..., Lead], stage: str, at: datetime
) -> None:
    status = {"ganado": "converted", "perdido": "lost"}[stage]
    assert enrol(campaign, prospect(pipeline_stage=stage, status=status), at=at) == Outcome.CLOSED


def test_a_lead_of_another_broker_is_not_enrolled(
    campaign: Campaign, rival: Broker, at: datetime
) -> None:
    assert enrol(campaign, LeadFactory(broker=rival), at=at) == Outcome.CLOSED


@pytest.mark.parametrize("status", ["draft", "paused", "finished"])
def test_only_an_active_campaign_enrols(
    campaign_of: Callable[..., Campaign], ana: Lead, status: str, at: datetime
) -> None:
    assert enrol(campaign_of(status=status), ana, at=at) == Outcome.NOT_ACTIVE


def test_a_campaign_without_steps_enrols_nobody(
    campaign: Campaign, ana: Lead, at: datetime
) -> None:
    campaign.steps.all().delete()
    assert enrol(campaign, ana, at=at) == Outcome.NOT_ACTIVE


def test_max_contacts_is_exact_within_one_call(
    campaign_of: Callable[..., Campaign], prospect: Callable[..., Lead], at: datetime
) -> None:
    campaign, leads = campaign_of(max_contacts=2), [prospect().pk for _ in range(3)]
    outcomes = enrolment.enrol_all(campaign, leads, at=at)
    assert list(outcomes.values()) == ["enrolled", "enrolled", "max_contacts"]


@pytest.mark.django_db(transaction=True)
def test_twenty_who_enrol_at_once_into_five_places_are_five(
    broker: Broker, campaign_of: Callable[..., Campaign], at: datetime
) -> None:
    campaign = campaign_of(max_contacts=5)
    leads = [LeadFactory(broker=broker) for _ in range(20)]
    outcomes = race(20, lambda number: enrol(campaign, leads[number], at=at))
    campaign.refresh_from_db()
    assert sorted(outcomes) == ["enrolled"] * 5 + ["max_contacts"] * 15
    assert campaign.contacts_made == CampaignEnrollment.objects.count() == 5
    assert CampaignLog.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_same_lead_enrolled_eight_times_at_once_is_inside_once(
    campaign: Campaign, ana: Lead, at: datetime
) -> None:
    outcomes = race(8, lambda _: enrol(campaign, ana, at=at))
    assert sorted(outcomes) == ["already_enrolled"] * 7 + ["enrolled"]
    assert CampaignEnrollment.objects.count() == 1


def test_enrolling_costs_the_same_queries_for_two_and_for_twenty(
    broker: Broker, campaign: Campaign, at: datetime
) -> None:
    def cost(count: int) -> int:
        leads = [LeadFactory(broker=broker).pk for _ in range(count)]
        with CaptureQueriesContext(connection) as queries:
            enrolment.enrol_all(campaign, leads, at=at)
        return sum("activity_log" not in query["sql"] for query in queries)

    assert cost(2) == cost(20)


def test_stopping_skips_what_is_due_and_tells_why(
    run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    assert enrolment.stop(Q(lead=ana), reason="removed", at=at) == 1
    assert told(ana) == [(1, "skipped", "removed")]
    assert standing(ana) == [("stopped", "removed")]
    ana.refresh_from_db()
    assert ana.next_action_at is None
    assert ActivityLog.objects.filter(action_type="campaign_stopped").count() == 1


def test_stopping_withdraws_the_message_that_waits(
    run: CampaignEnrollment, ana: Lead, telegram: object, at: datetime
) -> None:
    steps.run(CampaignLog.objects.get().pk, at=at)
    enrolment.stop(Q(lead=ana), reason="removed", at=at)
    message = ana.messages.get(author="campaign")
    assert (message.status, message.reason) == ("blocked", "removed")
    assert told(ana) == [(1, "skipped", "removed")]


def test_after_the_last_step_the_lead_is_through(
    run: CampaignEnrollment, ana: Lead, telegram: object, at: datetime
) -> None:
    sweep(at)
    sweep(at + DAY)
    assert told(ana) == [(1, "sent", ""), (2, "sent", "")]
    assert standing(ana) == [("finished", "completed")]
    ana.refresh_from_db()
    assert ana.next_action_at is None
    assert ana.campaign_history[0]["steps_completed"] == 2


def test_hearing_a_lead_ends_nothing_by_itself(
    run: CampaignEnrollment, ana: Lead, at: datetime
) -> None:
    """The rules do, in ``stopping``; the message only asks for them."""
    hear(ana, "hola", at + timedelta(minutes=1))
    assert standing(ana) == [("active", "")]
