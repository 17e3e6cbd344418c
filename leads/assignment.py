"""Who looks after a lead: by hand, by claim from the pool, or by the broker's mode."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from heapq import heapify, heapreplace
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils.translation import gettext as _

from brokers.models import AssignmentMode, Broker, User
from crm.errors import NotAllowed
from crm.tenancy import Role
from leads import alerts, cards, next_actions
from leads.activity import log
from leads.enums import Actor, AlertKind
from leads.errors import AlreadyClaimed, NotAssignable
from leads.models import Lead
from leads.stages import Stage

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def choose(broker: Broker, *, at: datetime) -> User | None:
    """The agent that the broker's mode gives a new lead to; None leaves it in the pool.

    Turns: the agent with the fewest open leads, ties to whoever waited longest. Priority: the
    lowest ``assignment_priority``, ties likewise.
    """
    return choose_many(broker, 1, at=at)[0]


def choose_many(broker: Broker, count: int, *, at: datetime) -> list[User | None]:
    """As ``choose`` for so many new leads in a row, each counted before the next is given."""
    mode = broker.brokerleadconfig.assignment_mode
    queue = [] if mode == AssignmentMode.MANUAL else list(_queue(broker))
    if not queue:
        return [None] * count
    by_priority = mode == AssignmentMode.PRIORITY
    turns = [
        (
            agent.assignment_priority if by_priority else 0,
            agent.load,
            agent.latest or NEVER,
            agent.pk,
        )
        for agent in queue
    ]
    agents = {agent.pk: agent for agent in queue}
    heapify(turns)
    chosen: list[User | None] = []
    for number in range(count):
        priority, load, _latest, pk = turns[0]
        chosen.append(agents[pk])
        heapreplace(turns, (priority, load + 1, at + number * TICK, pk))
    return chosen


def _queue(broker: Broker) -> Any:
    team = User.objects.filter(
        broker=broker, role=Role.AGENT, is_active=True, assignment_priority__isnull=False
    )
    return team.annotate(
        load=Count("leads", filter=~Q(leads__pipeline_stage__in=[Stage.WON, Stage.LOST])),
        latest=Max("leads__created_at"),
    )


def hand_on(user: User, *, at: datetime) -> None:
    """Give the open leads of somebody who left to others by the broker's mode, or to the pool."""
    assert user.broker is not None  # nobody assigns leads to a superadmin
    theirs = list(Lead.objects.open().living().filter(assigned_to=user).order_by("pk"))
    shares: Counter[User | None] = Counter()
    for lead, to in zip(theirs, choose_many(user.broker, len(theirs), at=at), strict=True):
        if _give(lead, to, by=None, at=at, only_if=Q(assigned_to=user)):
            shares[to] += 1
    alerts.on_handed_on(user, "leads", shares, at=at)


@transaction.atomic
def assign(lead: Lead, *, to: User | None, by: Any, at: datetime) -> Lead:
    """Give a lead to somebody, or back to the pool with ``to=None``; who did not do it is told."""
    if to is not None and (to.broker_id != lead.broker_id or not to.may_enter):
        raise NotAssignable(field="assigned_to")
    before = lead.assigned_to_id
    _give(lead, to, by=by, at=at, only_if=Q())
    if lead.assigned_to_id != before and to != by:
        announce(lead, at=at, key=at.isoformat())
    return lead


def announce(lead: Lead, *, at: datetime, key: str = "", after: timedelta = timedelta(0)) -> None:
    """Tell whom a lead came to: its person, or all who may claim it."""
    to = [lead.assigned_to] if lead.assigned_to else None
    kind = AlertKind.ASSIGNED if to else AlertKind.NEW_LEAD
    cards.deal(lead.broker_id, kind, lead=lead, to=to, key=key, at=at, after=after)


def claim(lead: Lead, *, by: User, at: datetime) -> Lead:
    """Take a lead from the pool; of two at once one wins, the other gets AlreadyClaimed."""
    if by.broker_id != lead.broker_id:
        raise NotAllowed(_("Solo las personas de la corredora toman sus leads."))
    if not _give(lead, by, by=by, at=at, only_if=Q(assigned_to__isnull=True)):
        raise _claimed(lead.pk)
    return lead


def _claimed(lead_id: int) -> AlreadyClaimed:
    """Names who has the lead, and nothing more of it."""
    owner = User.objects.filter(leads=lead_id).values_list("name", flat=True).first()
    told = _("Este lead ya es de %(owner)s.") % {"owner": owner} if owner else None
    return AlreadyClaimed(told, owner=owner)


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
        next_actions.follow_lead(lead, to)
        actor = Actor.HUMAN if by else Actor.SYSTEM
        log(lead, "assigned", actor=actor, at=at, user=by, to=to.pk if to else None)
        cards.refresh(lead.pk, at=at)
    return bool(given)
