"""Who leaves the team: their open leads and future visits go to others, and people are told."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from brokers import tasks
from brokers.models import Broker, User
from leads import alerts
from leads.models import ActivityLog, Lead
from leads.stages import Stage
from scheduling.models import Appointment
from tests.api import signed_in
from tests.factories import AppointmentFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def leaving(broker: Broker, agent: User, at: datetime) -> User:
    """Ana has three open leads, a closed one, and a past and a future visit with the first."""
    first, *_ = LeadFactory.create_batch(3, broker=broker, assigned_to=agent)
    LeadFactory(broker=broker, assigned_to=agent, pipeline_stage=Stage.WON, status="converted")
    for days, status in ((-1, "completed"), (1, "scheduled")):
        start = at + timedelta(days=days)
        end = start + timedelta(hours=1)
        AppointmentFactory(
            broker=broker, lead=first, agent=agent, start_time=start, end_time=end, status=status
        )
    return agent


def by_turns(broker: Broker) -> list[User]:
    broker.brokerleadconfig.assignment_mode = "round_robin"
    broker.brokerleadconfig.save()
    return [UserFactory(broker=broker, assignment_priority=1, name=name) for name in ("Eva", "Leo")]


def leave(user: User, at: datetime) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    tasks.hand_on_duties(user.pk, at.isoformat())


def loads(*people: User | None) -> list[int]:
    return [Lead.objects.open().filter(assigned_to=person).count() for person in people]


def test_open_leads_go_round_and_a_visit_follows_its_lead(
    broker: Broker, leaving: User, at: datetime
) -> None:
    first, second = by_turns(broker)
    leave(leaving, at)
    assert loads(leaving, first, second, None) == [0, 2, 1, 0]
    assert Lead.objects.get(assigned_to=leaving).pipeline_stage == Stage.WON
    past, coming = Appointment.objects.order_by("start_time")
    assert (past.agent_id, coming.agent_id) == (leaving.pk, coming.lead.assigned_to_id)
    logged = ActivityLog.objects.filter(lead=coming.lead).values_list("action_type", flat=True)
    assert sorted(logged) == ["appointment_reassigned", "assigned"]


def test_by_hand_leads_and_visits_wait_in_the_pool(
    broker: Broker, leaving: User, agent2: User, at: datetime
) -> None:
    leave(leaving, at)
    assert loads(leaving, agent2, None) == [0, 0, 3]
    assert Appointment.objects.get(start_time__gt=at).agent is None


def test_a_visit_at_whose_hour_everybody_is_busy_waits_in_the_pool(
    broker: Broker, leaving: User, at: datetime
) -> None:
    coming = Appointment.objects.get(start_time__gt=at)
    for busy in by_turns(broker):
        AppointmentFactory(
            broker=broker, agent=busy, start_time=coming.start_time, end_time=coming.end_time
        )
    leave(leaving, at)
    coming.refresh_from_db()
    assert coming.agent is None


def test_admins_and_who_received_something_are_told_once(
    broker: Broker, leaving: User, admin: User, at: datetime
) -> None:
    first, _second = by_turns(broker)
    leave(leaving, at)
    leave(leaving, at)
    for alert in alerts.due(at=at):
        alerts.deliver(alert, at=at)
    told = [(message.to, message.body) for message in mail.outbox]
    everything = "Ana Pérez dejó el equipo. Se repartieron sus leads abiertos: Eva (2), Leo (1)."
    assert ([admin.email], everything) in told
    assert ([first.email], everything.replace(", Leo (1)", "")) in told
    assert len(told) == 5  # leads: the admin, Eva, Leo; visits: the admin, and Eva


def test_what_a_lost_task_left_undone_is_found_by_the_sweep(
    leaving: User, at: datetime, agent2: User
) -> None:
    assert tasks.sweep_duties(at.isoformat()) == 0
    User.objects.filter(pk=leaving.pk).update(is_active=False)
    assert tasks.sweep_duties(at.isoformat()) == 1
    tasks.hand_on_duties(leaving.pk, at.isoformat())
    assert tasks.sweep_duties(at.isoformat()) == 0


def test_somebody_who_is_back_keeps_their_leads(leaving: User, at: datetime) -> None:
    tasks.hand_on_duties(leaving.pk, at.isoformat())
    assert loads(leaving) == [3]


def test_before_confirming_an_admin_reads_how_much_will_move(
    leaving: User, admin: User, client: Client
) -> None:
    client.force_login(admin)
    page = client.get(reverse("admin:brokers_user_deactivate", args=[leaving.pk]))
    assert "3 leads abiertos" in page.content.decode()


def test_leaving_by_the_api_hands_the_work_on_too(
    leaving: User,
    admin: User,
    django_capture_on_commit_callbacks: Callable[..., list[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[tuple[int, ...]] = []
    monkeypatch.setattr(tasks.hand_on_duties, "apply_async", lambda args, **_: started.append(args))
    address = f"/api/v1/users/{leaving.pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in(admin).patch(address, {"is_active": False, "name": "Ana P."}).json()
    assert (answer["is_active"], answer["name"], started) == (False, "Ana P.", [(leaving.pk,)])
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in(admin).patch(address, {"is_active": True}).json()["is_active"]
    assert len(started) == 1
