"""Who looks after a lead: by hand, by claim from the pool, or by the broker's mode."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Q

from brokers.models import AssignmentMode, Broker, User
from crm.tenancy import Role
from leads import cards
from leads.activity import log
from leads.enums import Actor
from leads.errors import AlreadyClaimed, NotAssignable
from leads.models import Lead
from leads.stages import Stage


def choose(broker: Broker, *, at: datetime) -> User | None:
    """The agent that the broker's mode gives a new lead to; None leaves it in the pool.

    Turns: the agent with the fewest open leads, ties to whoever waited longest. Priority: the
    lowest ``assignment_priority``, ties likewise.
    """
    mode = broker.brokerleadconfig.assignment_mode
    if mode == AssignmentMode.MANUAL:
        return None
    queue = User.objects.filter(
        broker=broker, role=Role.AGENT, is_active=True, assignment_priority__isnull=False
    ).annotate(
        load=Count("leads", filter=~Q(leads__pipeline_stage__in=[Stage.WON, Stage.LOST])),
        latest=Max("leads__created_at"),
    )
    fair = ("load", F("latest").asc(nulls_first=True), "id")
    order = ("assignment_priority", *fair) if mode == AssignmentMode.PRIORITY else fair
    chosen: User | None = queue.order_by(*order).first()
    return chosen


def assign(lead: Lead, *, to: User | None, by: Any, at: datetime) -> Lead:
    """Give a lead to somebody, or back to the pool with ``to=None``."""
    if to is not None and (to.broker_id != lead.broker_id or not to.may_enter):
        raise NotAssignable(field="assigned_to")
    _give(lead, to, by=by, at=at, only_if=Q())
    return lead


def claim(lead: Lead, *, by: User, at: datetime) -> Lead:
    """Take a lead from the pool; of two at once one wins, the other gets AlreadyClaimed."""
    if by.broker_id != lead.broker_id:
        raise NotAssignable(field="assigned_to")
    if not _give(lead, by, by=by, at=at, only_if=Q(assigned_to__isnull=True)):
        raise AlreadyClaimed
    return lead


def give_if_unassigned(lead: Lead, *, to: User, at: datetime) -> bool:
    """Booking gives an unassigned lead to its agent."""
    return _give(lead, to, by=None, at=at, only_if=Q(assigned_to__isnull=True))


@transaction.atomic
def _give(lead: Lead, to: User | None, *, by: Any, at: datetime, only_if: Q) -> bool:
    given = Lead.objects.filter(only_if, pk=lead.pk).update(
        assigned_to=to, version=F("version") + 1, updated_at=at
    )
    if given:
        lead.assigned_to = to
        actor = Actor.HUMAN if by else Actor.SYSTEM
        log(lead, "assigned", actor=actor, at=at, user=by, to=to.pk if to else None)
        cards.refresh(lead.pk, at=at)
    return bool(given)
