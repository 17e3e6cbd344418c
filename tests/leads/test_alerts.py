"""Alerts: written with their cause, mailed once to the right people, tried again when mail fails."""

import smtplib
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.test import Client
from django.urls import reverse

from brokers.models import Broker, User
from leads import alerts, facts, scoring
from leads.enums import AlertKind, AlertState
from leads.models import Lead, LeadAlert
from leads.tasks import sweep_alerts
from tests.api import signed_in
from tests.factories import LeadAlertFactory, LeadFactory
from tests.racing import race

pytestmark = pytest.mark.django_db


class Down(EmailBackend):
    def send_messages(self, messages: object) -> int:
        raise smtplib.SMTPServerDisconnected("down")


@pytest.fixture
def down(settings) -> None:
    settings.EMAIL_BACKEND = "tests.leads.test_alerts.Down"


def kinds() -> list[str]:
    return list(LeadAlert.objects.order_by("id").values_list("kind", flat=True))


def heat(lead: Lead, at: datetime, **more: object) -> None:
    """Facts of a lead who clearly may buy: 65 points."""
    told = facts.Facts.model_validate({
        "email": "camila@example.com",
        "location": ["Ñuñoa"],
        "budget": {"amount": 3500, "currency": "UF"},
        "income": {"amount": 4_000_000, "currency": "CLP"},
        "dicom": "clean",
        "timeline": {"horizon": "now", "text": "ya"},
        "asked_financing": True,
        **more,
    })  # fmt: skip
    facts.record(lead, told, source=facts.Source.LEAD, at=at)


@pytest.fixture
def reachable(broker: Broker, agent: User) -> Lead:
    return LeadFactory(broker=broker, assigned_to=agent, name="Camila Rojas")


def test_a_lead_is_hot_once_on_crossing_the_threshold_upward(reachable, at) -> None:
    heat(reachable, at)
    assert reachable.lead_score >= 60
    assert kinds() == ["hot_lead", "qualified"]
    scoring.note(reachable, "opted_out", source_key="all", at=at)
    scoring.rescore(reachable, at=at)
    scoring.note(reachable, "opted_out", source_key="all", at=at, active=False)
    scoring.rescore(reachable, at=at)
    assert kinds() == ["hot_lead", "qualified"]


def test_a_bulk_evaluation_raises_no_alert(reachable, at) -> None:
    alerts.on_score(reachable, 10, 90, at=at, bulk=True)
    assert kinds() == []


@pytest.mark.parametrize(("before", "after"), [(60, 90), (59.9, 59.9), (90, 20)])
def test_what_does_not_cross_upward_is_no_alert(reachable, at, before, after) -> None:
    alerts.on_score(reachable, before, after, at=at, bulk=False)
    assert kinds() == []


def test_a_broker_may_do_without_alerts(reachable, broker, at) -> None:
    config = broker.brokerleadconfig
    config.alert_on_hot_lead = config.alert_on_qualified = False
    config.save()
    heat(Lead.objects.get(pk=reachable.pk), at)
    assert kinds() == []


def test_an_alert_is_undone_with_its_cause(reachable, at) -> None:
    with transaction.atomic():
        heat(reachable, at)
        transaction.set_rollback(True)
    assert kinds() == []


def test_the_agent_and_the_brokers_address_are_told_once(reachable, agent, broker, at) -> None:
    config = broker.brokerleadconfig
    config.alert_email = "avisos@andes.cl"
    config.save()
    alerts.raise_for(broker.pk, AlertKind.HOT_LEAD, lead=reachable, at=at, score=72.5)
    alert = LeadAlert.objects.get()
    assert alerts.deliver(alert.pk, at=at) is True
    assert alerts.deliver(alert.pk, at=at) is False
    alert.refresh_from_db()
    assert (alert.state, alert.sent_to) == ("sent", [agent.email, "avisos@andes.cl"])
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("Lead caliente: Camila Rojas", alert.sent_to)
    assert "72.5 puntos" in message.body


def test_without_an_agent_or_address_the_admins_are_told(broker, admin, at) -> None:
    lead = LeadFactory(broker=broker)
    alerts.raise_for(broker.pk, AlertKind.HANDOFF_REMINDER, lead=lead, at=at)
    alerts.deliver(LeadAlert.objects.get().pk, at=at)
    assert [message.to for message in mail.outbox] == [[admin.email]]


def test_a_deactivated_agent_is_not_told(reachable, agent, admin, at) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)
    alerts.raise_for(reachable.broker_id, AlertKind.QUALIFIED, lead=reachable, at=at)
    alerts.deliver(LeadAlert.objects.get().pk, at=at)
    assert [message.to for message in mail.outbox] == [[admin.email]]


def test_an_alert_for_nobody_fails_visibly(broker, at) -> None:
    alerts.raise_for(broker.pk, AlertKind.LLM_BUDGET, key="2026-11", at=at)
    alert = LeadAlert.objects.get()
    alerts.deliver(alert.pk, at=at)
    alert.refresh_from_db()
    assert (alert.state, alert.error) == ("failed", "no_recipient")


def test_a_name_cannot_break_the_mail(broker, admin, at) -> None:
    lead = LeadFactory(broker=broker, name="Camila\r\nBcc: todos@example.com")
    alerts.raise_for(broker.pk, AlertKind.QUALIFIED, lead=lead, at=at)
    alerts.deliver(LeadAlert.objects.get().pk, at=at)
    (message,) = mail.outbox
    assert message.subject == "Lead calificado: Camila Bcc: todos@example.com"


def test_with_mail_down_it_is_tried_again_later_and_fails_in_the_end(down, reachable, at) -> None:
    alerts.raise_for(reachable.broker_id, AlertKind.QUALIFIED, lead=reachable, at=at)
    alert, moment, waits = LeadAlert.objects.get(), at, []
    while alert.state == AlertState.PENDING:
        assert alerts.due(at=moment) == [alert.pk]
        alerts.deliver(alert.pk, at=moment)
        alert.refresh_from_db()
        waits.append((alert.due_at - moment).total_seconds())
        moment = alert.due_at
    assert waits[:5] == [60, 300, 900, 3600, 3600]
    assert (alert.state, alert.attempts, alert.error) == ("failed", 6, "SMTPServerDisconnected")
    assert mail.outbox == []


def test_a_worker_that_dies_over_an_alert_leaves_it_to_the_next(
    down, reachable, at, monkeypatch
) -> None:
    alerts.raise_for(reachable.broker_id, AlertKind.QUALIFIED, lead=reachable, at=at)
    alert = LeadAlert.objects.get()
    monkeypatch.setattr(Down, "send_messages", _dies)
    with pytest.raises(KeyboardInterrupt):
        alerts.deliver(alert.pk, at=at)
    assert alerts.due(at=at + timedelta(seconds=119)) == []
    assert alerts.due(at=at + timedelta(seconds=120)) == [alert.pk]


def _dies(self: Down, messages: object) -> int:
    raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_mail_an_alert_once(reachable, at) -> None:
    alert = LeadAlertFactory(broker=reachable.broker, lead=reachable, due_at=at)
    sent = race(4, lambda _: alerts.deliver(alert.pk, at=at))
    assert (sorted(sent), len(mail.outbox)) == ([False, False, False, True], 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_cause_at_the_same_moment_is_one_alert(reachable, at) -> None:
    kind = AlertKind.QUALIFIED
    raised = race(
        4, lambda _: alerts.raise_for(reachable.broker_id, kind, lead=reachable, key="1", at=at)
    )
    assert sorted(raised) == [False, False, False, True]


def test_the_sweep_starts_what_is_due(reachable, at, django_capture_on_commit_callbacks) -> None:
    LeadAlertFactory(broker=reachable.broker, lead=reachable, due_at=at)
    LeadAlertFactory(broker=reachable.broker, lead=reachable, due_at=at + timedelta(hours=1))
    with django_capture_on_commit_callbacks() as started:
        assert sweep_alerts(at=at.isoformat()) == 1
    assert len(started) == 1


def test_an_admin_sees_a_failed_alert_and_tries_it_again(
    client: Client, admin: User, reachable: Lead
) -> None:
    alert = LeadAlertFactory(
        broker=reachable.broker, lead=reachable, state="failed", attempts=6, error="SMTPException"
    )
    client.force_login(admin)
    assert (
        "SMTPException" in client.get(reverse("admin:leads_leadalert_changelist")).content.decode()
    )
    url = reverse("admin:leads_leadalert_retry", args=[alert.pk])
    assert client.post(url).status_code == 302
    alert.refresh_from_db()
    assert (alert.state, alert.attempts) == ("pending", 0)


def test_agents_see_the_alerts_of_their_leads_and_none_of_the_brokers(agent, agent2, reachable):
    own = LeadAlertFactory(broker=reachable.broker, lead=reachable)
    LeadAlertFactory(broker=reachable.broker, lead=None, kind="llm_budget")
    assert list(LeadAlert.objects.visible_to(agent)) == [own]
    assert list(LeadAlert.objects.visible_to(agent2)) == []


# --- Seen ------------------------------------------------------------------------------------------


def test_alerts_are_listed_and_seen_once_by_whoever_may_see_the_lead(
    lead, agent, agent2, admin, rival_admin, at
) -> None:
    Lead.objects.filter(pk=lead.pk).update(assigned_to=agent)
    alerts.raise_for(lead.broker_id, AlertKind.HOT_LEAD, lead=lead, at=at)
    alert = LeadAlert.objects.get()
    address = f"/api/v1/alerts/{alert.pk}/seen/"
    for stranger in (agent2, rival_admin):
        assert signed_in(stranger).get("/api/v1/alerts/").json()["count"] == 0
        assert signed_in(stranger).post(address).status_code == 404
    assert signed_in(agent).get("/api/v1/alerts/?seen=false").json()["count"] == 1
    assert signed_in(agent).post(address).json()["seen_by"] == agent.pk
    assert signed_in(admin).post(address).json()["seen_by"] == agent.pk
    assert signed_in(agent).get("/api/v1/alerts/?seen=false").json()["count"] == 0
    assert signed_in(agent).get("/api/v1/alerts/?seen=true").json()["count"] == 1
