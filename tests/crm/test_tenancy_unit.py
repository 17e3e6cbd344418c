"""Tenancy's one word, role by role, on models of every kind."""

import pytest

from brokers.models import Broker, BrokerLeadConfig, User
from campaigns.models import Campaign
from crm import tenancy
from crm.models import FailedTask, PeriodicRun
from leads.models import ActivityLog, Lead, MessageTemplate
from scheduling.models import Appointment
from tests.factories import ActivityLogFactory, FailedTaskFactory, LeadFactory, make_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(admin, agent, agent2, rival_admin, rival_agent, superadmin) -> dict[str, User]:
    return {
        "admin": admin,
        "agent": agent,
        "agent2": agent2,
        "rival_admin": rival_admin,
        "rival_agent": rival_agent,
        "superadmin": superadmin,
    }


def seen_by(people: dict[str, User], row) -> set[str]:
    model = type(row)
    return {
        name
        for name, person in people.items()
        if tenancy.visible(model, person).filter(pk=row.pk).exists()
    }


def test_leads_are_seen_by_admins_by_their_agent_and_from_the_pool_by_all_agents(
    people, broker
) -> None:
    own = LeadFactory(broker=broker, assigned_to=people["agent"])
    pooled = LeadFactory(broker=broker, assigned_to=None)
    assert seen_by(people, own) == {"admin", "agent", "superadmin"}
    assert seen_by(people, pooled) == {"admin", "agent", "agent2", "superadmin"}
    for lead, others in ((own, set()), (pooled, {"agent2"})):
        entry = ActivityLogFactory(broker=broker, lead=lead)
        assert seen_by(people, entry) == {"admin", "agent", "superadmin"} | others


@pytest.mark.parametrize(
    ("model", "seen"),
    [
        (Campaign, {"admin", "superadmin"}),
        (BrokerLeadConfig, {"admin", "superadmin"}),
        (MessageTemplate, {"admin", "agent", "agent2", "superadmin"}),
        (Broker, {"admin", "agent", "agent2", "superadmin"}),
    ],
)
def test_other_rows_are_seen_by_role(people, broker, model, seen) -> None:
    assert seen_by(people, make_row(model, broker)) == seen


def test_users_are_seen_by_admins_and_by_themselves(people) -> None:
    assert seen_by(people, people["agent2"]) == {"admin", "agent2", "superadmin"}
    assert seen_by(people, people["superadmin"]) == {"superadmin"}


def test_a_row_of_no_broker_is_the_superadmin_s(people) -> None:
    assert seen_by(people, FailedTaskFactory(broker=None)) == {"superadmin"}
    assert seen_by(people, PeriodicRun.objects.create(task="x")) == {"superadmin"}


@pytest.mark.parametrize("off", ["user", "broker"])
def test_who_is_deactivated_sees_and_may_nothing(people, broker, lead, off) -> None:
    admin = people["admin"]
    if off == "user":
        User.objects.filter(pk=admin.pk).update(is_active=False)
    else:
        Broker.objects.filter(pk=broker.pk).update(is_active=False)
    admin = User.objects.get(pk=admin.pk)
    assert not Lead.objects.visible_to(admin).exists()
    assert not tenancy.allows(admin, Lead, "r")


@pytest.mark.parametrize("stranger", [None, object()])
def test_a_stranger_sees_and_may_nothing(lead, stranger) -> None:
    assert not tenancy.enters(stranger)
    assert not tenancy.visible(Lead, stranger).exists()
    assert not tenancy.allows(stranger, Lead, "r")


@pytest.mark.parametrize(
    ("model", "by_superadmin", "by_admin", "by_agent"),
    [
        (Lead, "crud", "crud", "cru"),
        (ActivityLog, "r", "r", "r"),
        (Campaign, "crud", "crud", ""),
        (BrokerLeadConfig, "ru", "ru", ""),
        (Broker, "cru", "ru", "r"),
        (User, "cru", "cru", "r"),
        (PeriodicRun, "r", "", ""),
        (FailedTask, "r", "r", ""),
    ],
)
def test_what_each_role_may_do(people, model, by_superadmin, by_admin, by_agent) -> None:
    for role, may in (("superadmin", by_superadmin), ("admin", by_admin), ("agent", by_agent)):
        letters = "".join(x for x in "crud" if tenancy.allows(people[role], model, x))
        assert (role, letters) == (role, may)


def test_an_unguarded_model_is_shown_to_no_tenant(people) -> None:
    from django.contrib.sessions.models import Session

    assert not tenancy.allows(people["admin"], Session, "r")
    assert tenancy.visible(Session, people["admin"]).query.is_empty()
    assert not tenancy.visible(Session, people["superadmin"]).query.is_empty()


def test_scopes_may_narrow_by_any_path(people, lead) -> None:
    agent = people["agent"]
    assert tenancy.of_their_leads("call__lead__")(agent) == (
        tenancy.Q(call__lead__assigned_to=agent.pk)
        | tenancy.Q(call__lead__assigned_to__isnull=True)
    )
    assert tenancy.own("agent")(agent) == tenancy.Q(agent=agent.pk)
    assert tenancy.own("agent", or_shared=True)(agent) == (
        tenancy.Q(agent=agent.pk) | tenancy.Q(agent__isnull=True)
    )
    assert Appointment.objects.visible_to(agent).count() == 0
