"""Whose visit it is, of the agents who are free."""

from datetime import datetime, timedelta

import pytest

from brokers.models import AssignmentMode, User
from leads.models import Lead
from scheduling.assignment import rank
from tests.factories import AppointmentFactory, LeadFactory, UserFactory

DAY = timedelta(days=1)


@pytest.fixture
def pool_lead(lead: Lead) -> Lead:
    return LeadFactory(broker=lead.broker)


def visits(agent: User, at: datetime, *days: int, **more: object) -> None:
    for day in days:
        start = at + day * DAY
        AppointmentFactory(
            broker=agent.broker,
            agent=agent,
            start_time=start,
            end_time=start + timedelta(hours=1),
            **more,
        )


def test_the_lead_s_own_agent_comes_first_however_busy(
    lead: Lead, agent: User, agent2: User, at: datetime
) -> None:
    visits(agent, at, 1, 2, 3)
    assert rank(lead, [agent2.pk, agent.pk], at=at) == [agent.pk, agent2.pk]


def test_only_free_agents_are_ranked(lead: Lead, agent2: User, at: datetime) -> None:
    assert rank(lead, [agent2.pk], at=at) == [agent2.pk]
    assert rank(lead, [], at=at) == []


def test_the_least_loaded_in_thirty_days_comes_first(
    pool_lead: Lead, agent: User, agent2: User, at: datetime
) -> None:
    visits(agent, at, 1, 2)
    visits(agent2, at, 1)
    visits(agent2, at, -40, 40)
    visits(agent2, at, 3, 4, 5, status="cancelled", cancelled_at=at)
    assert rank(pool_lead, [agent.pk, agent2.pk], at=at) == [agent2.pk, agent.pk]


def test_ties_go_round(pool_lead: Lead, agent: User, agent2: User, at: datetime) -> None:
    agents, turns = [agent.pk, agent2.pk], []
    for day in range(1, 5):
        first = rank(pool_lead, agents, at=at)[0]
        visits(User.objects.get(pk=first), at, day)
        turns.append(first)
    assert turns == [agent.pk, agent2.pk, agent.pk, agent2.pk]


def test_by_priority_the_lower_number_comes_first_and_none_last(
    pool_lead: Lead, agent: User, agent2: User, at: datetime
) -> None:
    first = UserFactory(broker=pool_lead.broker, assignment_priority=1)
    User.objects.filter(pk=agent2.pk).update(assignment_priority=2)
    pool_lead.broker.brokerleadconfig.assignment_mode = AssignmentMode.PRIORITY
    visits(first, at, 1, 2, 3)
    ranked = rank(pool_lead, [agent.pk, agent2.pk, first.pk], at=at)
    assert ranked == [first.pk, agent2.pk, agent.pk]
