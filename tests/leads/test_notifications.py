"""Notifications: written for each person with their cause, read one by one or all."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.models import Broker, User
from leads import alerts, assignment, handoff, notifications
from leads.enums import AlertKind
from leads.models import Lead, Notification
from leads.tasks import forget_notifications
from tests.api import signed_in
from tests.factories import ConversationFactory, LeadFactory, NotificationFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/notifications/"


def kinds_of(user: User) -> list[str]:
    rows = Notification.objects.filter(user=user).order_by("id")
    return list(rows.values_list("kind", flat=True))


def test_who_looks_after_the_lead_is_told_of_it_once(
    lead: Lead, agent: User, agent2: User, admin: User, at: datetime
) -> None:
    for _ in range(2):
        alerts.raise_for(lead.broker_id, AlertKind.HOT_LEAD, lead=lead, at=at, score=71)
    assert (kinds_of(agent), kinds_of(agent2), kinds_of(admin)) == (["hot_lead"], [], [])


def test_of_the_pool_every_agent_is_told_and_of_the_broker_its_admins(
    broker: Broker, agent: User, agent2: User, admin: User, rival_admin: User, at: datetime
) -> None:
    assignment.announce(LeadFactory(broker=broker), at=at)
    alerts.raise_for(broker.pk, AlertKind.LLM_BUDGET, at=at)
    assert [kinds_of(each) for each in (agent, agent2, admin, rival_admin)] == [
        ["new_lead"], ["new_lead"], ["llm_budget"], [],
    ]  # fmt: skip


def test_a_lead_who_asks_for_a_person_is_a_notification(
    lead: Lead, agent: User, at: datetime
) -> None:
    ConversationFactory(broker=lead.broker, lead=lead)
    handoff.ask_for_person(lead, reason="requested", at=at)
    assert kinds_of(agent) == ["handoff_waiting"]


def test_the_list_is_the_callers_own_the_newest_first(
    lead: Lead, agent: User, admin: User, at: datetime
) -> None:
    known = {"broker": lead.broker, "lead": lead, "user": agent}
    first, second = (NotificationFactory(**known, details={"score": 71}) for _ in range(2))
    NotificationFactory(broker=lead.broker, lead=lead, user=admin)
    page = signed_in(agent).get(LIST).json()
    assert [row["id"] for row in page["results"]] == [second.pk, first.pk]
    assert page["results"][0]["title"] == f"Lead caliente: {lead}"
    assert "71" in page["results"][0]["text"]


def test_one_is_read_and_then_all_that_were_shown(lead: Lead, agent: User) -> None:
    rows = NotificationFactory.create_batch(4, broker=lead.broker, lead=lead, user=agent)
    client = signed_in(agent)

    def unread() -> int:
        return int(client.get(f"{LIST}counts/").json()["unread"])

    assert unread() == 4
    first = client.post(f"{LIST}{rows[0].pk}/read/").json()
    assert first["read_at"]
    assert client.post(f"{LIST}{rows[0].pk}/read/").json()["read_at"] == first["read_at"]
    assert unread() == 3
    assert client.post(f"{LIST}read/", {"up_to": rows[2].pk}).json() == {"unread": 1}
    left = client.get(LIST, {"unread": "true"}).json()["results"]
    assert [row["id"] for row in left] == [rows[3].pk]


def test_nobody_reads_for_another_person(lead: Lead, agent: User, admin: User) -> None:
    row = NotificationFactory(broker=lead.broker, lead=lead, user=agent)
    client = signed_in(admin)
    assert client.post(f"{LIST}{row.pk}/read/").status_code == 404
    assert client.post(f"{LIST}read/", {"up_to": row.pk}).json() == {"unread": 0}
    row.refresh_from_db()
    assert row.read_at is None


def test_of_a_lead_that_went_to_somebody_else_nothing_is_told(
    lead: Lead, agent: User, agent2: User, admin: User, at: datetime
) -> None:
    NotificationFactory(broker=lead.broker, lead=lead, user=agent)
    assignment.assign(lead, to=agent2, by=admin, at=at)
    assert signed_in(agent).get(LIST).json()["count"] == 0
    assert notifications.unread(agent).count() == 0


def test_a_hundred_cost_what_one_costs(
    broker: Broker, agent: User, django_assert_max_num_queries: Any
) -> None:
    client, counts = signed_in(agent), []
    for size in (1, 100):
        for lead in LeadFactory.create_batch(size, broker=broker, assigned_to=agent):
            NotificationFactory(broker=broker, lead=lead, user=agent)
        with django_assert_max_num_queries(4) as captured:
            client.get(LIST, {"page_size": 200})
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_is_old_goes(lead: Lead, agent: User, at: datetime) -> None:
    NotificationFactory(broker=lead.broker, lead=lead, user=agent, at=at - timedelta(days=400))
    assert forget_notifications() == 1
