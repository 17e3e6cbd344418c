"""Who looks after a lead: by hand, by claim, or by the broker's mode."""

from datetime import timedelta

import pytest

from crm.errors import NotAllowed
from leads import assignment
from leads.errors import AlreadyClaimed, NotAssignable
from leads.models import ActivityLog, Lead
from leads.stages import Stage
from tests.factories import LeadFactory, UserFactory
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def pooled(broker) -> Lead:
    return LeadFactory(broker=broker, assigned_to=None)


def test_a_lead_is_given_and_taken_back(pooled, agent, admin, at) -> None:
    for owner in (agent, None):
        assignment.assign(pooled, to=owner, by=admin, at=at)
        assert Lead.objects.get(pk=pooled.pk).assigned_to == owner
    assert Lead.objects.get(pk=pooled.pk).version == 3
    log = ActivityLog.objects.filter(action_type="assigned").order_by("id")
    assert [(each.user, each.details) for each in log] == [
        (admin, {"to": agent.pk}),
        (admin, {"to": None}),
    ]


def test_only_active_people_of_the_broker_receive_leads(pooled, broker, rival_agent, admin, at):
    for nobody in (rival_agent, UserFactory(broker=broker, is_active=False)):
        with pytest.raises(NotAssignable):
            assignment.assign(pooled, to=nobody, by=admin, at=at)
    assert Lead.objects.get(pk=pooled.pk).assigned_to is None


def test_a_claimed_lead_is_not_claimed_again(pooled, agent, agent2, at) -> None:
    assignment.claim(pooled, by=agent, at=at)
    with pytest.raises(AlreadyClaimed) as refusal:
        assignment.claim(pooled, by=agent2, at=at)
    assert (refusal.value.status, refusal.value.code) == (409, "already_claimed")
    assert refusal.value.data["owner"] == agent.name
    assert Lead.objects.get(pk=pooled.pk).assigned_to == agent


def test_a_rival_claims_nothing(pooled, rival_agent, at) -> None:
    with pytest.raises((NotAssignable, NotAllowed)):
        assignment.claim(pooled, by=rival_agent, at=at)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_claim_at_once_one_gets_the_lead(pooled, broker, at) -> None:
    agents = [UserFactory(broker=broker) for _ in range(20)]
    seen = [Lead.objects.get(pk=pooled.pk) for _ in agents]
    got = race(20, lambda n: assignment.claim(seen[n], by=agents[n], at=at))
    assert sum(isinstance(each, AlreadyClaimed) for each in got) == 19
    winner = next(n for n, each in enumerate(got) if isinstance(each, Lead))
    assert Lead.objects.get(pk=pooled.pk).assigned_to == agents[winner]
    assert ActivityLog.objects.filter(action_type="assigned").count() == 1


def test_booking_gives_an_unassigned_lead_only(pooled, lead, agent2, at) -> None:
    assert assignment.give_if_unassigned(pooled, to=agent2, at=at) is True
    assert assignment.give_if_unassigned(lead, to=agent2, at=at) is False


def mode(broker, name: str) -> None:
    broker.brokerleadconfig.assignment_mode = name
    broker.brokerleadconfig.save()


def test_by_hand_nobody_is_chosen(broker, at) -> None:
    UserFactory(broker=broker, assignment_priority=1)
    assert assignment.choose(broker, at=at) is None


@pytest.mark.parametrize("name", ["round_robin", "priority"])
def test_only_active_agents_in_the_queue_are_chosen(broker, rival, name, at) -> None:
    mode(broker, name)
    UserFactory(broker=rival, assignment_priority=1)
    UserFactory(broker=broker, assignment_priority=None)
    UserFactory(broker=broker, assignment_priority=1, is_active=False)
    UserFactory(broker=broker, assignment_priority=1, role="ADMIN")
    assert assignment.choose(broker, at=at) is None
    agent = UserFactory(broker=broker, assignment_priority=9)
    assert assignment.choose(broker, at=at) == agent


def test_turns_go_to_the_fewest_open_leads_and_then_to_who_waited_longest(broker, at) -> None:
    mode(broker, "round_robin")
    first, second, third = (UserFactory(broker=broker, assignment_priority=n) for n in (3, 2, 1))
    for _ in range(2):
        LeadFactory(broker=broker, assigned_to=third)
    LeadFactory(broker=broker, assigned_to=first, created_at=at)
    LeadFactory(broker=broker, assigned_to=second, created_at=at - timedelta(days=1))
    assert assignment.choose(broker, at=at) == second
    LeadFactory(broker=broker, assigned_to=second, created_at=at - timedelta(days=2))
    assert assignment.choose(broker, at=at) == first
    Lead.objects.filter(assigned_to=third).update(pipeline_stage=Stage.LOST, status="lost")
    assert assignment.choose(broker, at=at) == third


def test_by_priority_the_lowest_number_comes_first_however_busy(broker, at) -> None:
    mode(broker, "priority")
    UserFactory(broker=broker, assignment_priority=2)
    first = UserFactory(broker=broker, assignment_priority=1)
    LeadFactory(broker=broker, assigned_to=first)
    assert assignment.choose(broker, at=at) == first


def test_priority_ties_take_turns(broker, at) -> None:
    mode(broker, "priority")
    agents = [UserFactory(broker=broker, assignment_priority=1) for _ in range(3)]
    given = []
    for minute in range(6):
        chosen = assignment.choose(broker, at=at)
        LeadFactory(broker=broker, assigned_to=chosen, created_at=at + timedelta(minutes=minute))
        given.append(chosen)
    assert given == agents * 2
