"""The one door of alerts: raised with their cause, mailed once, tried again when mail is down."""

import logging
import smtplib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import translation

from brokers import linking
from brokers.models import Broker, User
from crm import connections
from crm.queues import in_turn
from crm.tenancy import Role
from leads import cards, notices, signals
from leads.channels import email
from leads.enums import AlertKind, AlertState
from leads.models import Lead, LeadAlert

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
LEASE = timedelta(minutes=2)
BACK_OFF_SECONDS = (60, 300, 900, 3600, 3600)
ESCALATED = (AlertKind.HOT_LEAD, AlertKind.QUALIFIED, AlertKind.HANDOFF_ALERT)
FAILURES = (smtplib.SMTPException, OSError)


@transaction.atomic
def raise_for(
    broker_id: int,
    kind: AlertKind,
    *,
    at: datetime,
    key: str = "",
    lead: Lead | None = None,
    **details: Any,
) -> bool:
    """Write an alert in the caller's transaction; False when it was raised before."""
    alert, is_new = LeadAlert.objects.get_or_create(
        broker_id=broker_id,
        lead=lead,
        kind=kind,
        key=key,
        defaults={"details": details, "due_at": at},
    )
    if is_new:
        signals.announce(signals.alert_raised, alert_id=alert.pk)
        to = _named(broker_id, details["user"]) if "user" in details else None
        cards.deal(broker_id, kind, lead=lead, key=key, to=to, at=at, **details)
    return is_new


def _named(broker_id: int, user_id: int) -> QuerySet[User]:
    """Whom an alert is for alone, while they are in the team."""
    named: QuerySet[User] = User.objects.filter(pk=user_id, broker=broker_id, is_active=True)
    return named


def on_score(lead: Lead, before: float, after: float, *, at: datetime, bulk: bool) -> None:
    """A lead is hot once: when its score first reaches the broker's threshold from below."""
    config = lead.broker.brokerleadconfig
    if bulk or not config.alert_on_hot_lead:
        return
    if before < config.alert_score_threshold <= after:
        raise_for(lead.broker_id, AlertKind.HOT_LEAD, lead=lead, at=at, score=after)


def on_qualified(lead: Lead, *, key: str, at: datetime) -> None:
    if lead.broker.brokerleadconfig.alert_on_qualified:
        raise_for(lead.broker_id, AlertKind.QUALIFIED, lead=lead, key=key, at=at)


def on_handed_on(
    person: User, what: str, shares: Mapping[User | None, int], *, at: datetime
) -> None:
    """Tell the broker who got what of somebody who left, and each of them what came to them."""
    if not shares:
        return
    key = f"{what}:{person.pk}:{at.isoformat()}"
    about: dict[str, Any] = {"person": person.name, "what": what, "at": at}
    kind, owner = AlertKind.LEADS_HANDED_OVER, person.broker_id
    assert owner is not None  # nobody hands leads or visits to a superadmin
    told = [[to.name if to else None, count] for to, count in shares.items()]
    raise_for(owner, kind, key=key, shares=told, **about)
    for to, count in shares.items():
        if to is not None:
            own = [[to.name, count]]
            raise_for(owner, kind, key=f"{key}:{to.pk}", user=to.pk, shares=own, **about)


@transaction.atomic
def on_blocked(person: User, *, at: datetime) -> None:
    """A person of the team blocked the bot: noted, and told to the broker once."""
    if not linking.block(person, at=at):
        return
    owner, key = person.broker_id, f"{person.pk}:{at.isoformat()}"
    assert owner is not None  # only people of a broker are linked
    raise_for(owner, AlertKind.AGENT_UNREACHABLE, key=key, person=person.name, at=at)


def due(*, at: datetime, limit: int = 500) -> list[int]:
    return list(in_turn(owed(at), "due_at").values_list("id", flat=True)[:limit])


def owed(at: datetime) -> QuerySet[LeadAlert]:
    return LeadAlert.objects.filter(state=AlertState.PENDING, due_at__lte=at)


def deliver(alert_id: int, *, at: datetime) -> bool:
    """Mail a due alert; False when it is not ours to mail now.

    A worker that dies over it leaves a lease that runs out: people rather read it twice.
    """
    mine = owed(at).filter(pk=alert_id)
    leased = LeadAlert.objects.filter(pk=alert_id, state=AlertState.PENDING, due_at=at + LEASE)
    connections.claimed(lambda: leased.update(due_at=at, attempts=F("attempts") - 1))
    if not mine.update(due_at=at + LEASE, attempts=F("attempts") + 1, updated_at=at):
        return False
    alert = LeadAlert.objects.select_related("broker__brokerleadconfig", "lead").get(pk=alert_id)
    to = recipients(alert)
    if not to:
        _settle(alert, at, state=AlertState.FAILED, error="no_recipient")
        return True
    try:
        _mail(alert, to)
    except FAILURES as error:
        _failed(alert, type(error).__name__, at)
    else:
        _settle(alert, at, state=AlertState.SENT, sent_at=at, sent_to=to, error="")
    return True


def _mail(alert: LeadAlert, to: list[str]) -> None:
    with translation.override(alert.broker.language):
        letter = EmailMessage(notices.subject(alert), notices.body(alert), None, to)
        email.attach_calendar(letter, alert.details)
        letter.send()


def _failed(alert: LeadAlert, error: str, at: datetime) -> None:
    log.warning("alert %s was not mailed: %s", alert.pk, error)
    if alert.attempts >= MAX_ATTEMPTS:
        _settle(alert, at, state=AlertState.FAILED, error=error)
        return
    wait = BACK_OFF_SECONDS[min(alert.attempts, len(BACK_OFF_SECONDS)) - 1]
    _settle(alert, at, due_at=at + timedelta(seconds=wait), error=error)


def _settle(alert: LeadAlert, at: datetime, **fields: Any) -> None:
    pending = LeadAlert.objects.filter(pk=alert.pk, state=AlertState.PENDING)
    # It may have been mailed: an outage of the database is waited for, rather than to mail twice.
    connections.persist(lambda: pending.update(updated_at=at, **fields))


def retry(alert: LeadAlert, *, at: datetime) -> bool:
    """Try a failed alert anew; False when it is no longer failed."""
    failed = LeadAlert.objects.filter(pk=alert.pk, state=AlertState.FAILED)
    changed = failed.update(state=AlertState.PENDING, attempts=0, due_at=at, updated_at=at)
    if changed:
        signals.announce(signals.alert_raised, alert_id=alert.pk)
    return bool(changed)


def see(alert: LeadAlert, *, by: User, at: datetime) -> LeadAlert:
    """Note who saw an alert first; seen again, the first one stands."""
    unseen = LeadAlert.objects.filter(pk=alert.pk, seen_at__isnull=True)
    unseen.update(seen_at=at, seen_by=by, updated_at=at)
    alert.refresh_from_db()
    return alert


def recipients(alert: LeadAlert) -> list[str]:
    """Who is told: the person in charge; of what may not wait, the broker's address as well.

    Without either, the broker's admins. An alert that names its ``user`` is for them alone.
    """
    if named := alert.details.get("user"):
        return list(_named(alert.broker_id, named).values_list("email", flat=True))
    person = cards.in_charge(alert.lead) if alert.lead else None
    own = alert.broker.brokerleadconfig.alert_email
    chosen = [person.email] if person else []
    if own and (alert.kind in ESCALATED or not chosen):
        chosen.append(own)
    return list(dict.fromkeys(chosen)) or _admins(alert.broker)


def _admins(broker: Broker) -> list[str]:
    admins = User.objects.filter(broker=broker, role=Role.ADMIN, is_active=True)
    return list(admins.order_by("pk").values_list("email", flat=True))
