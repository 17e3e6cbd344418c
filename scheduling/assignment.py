"""Whose visit it is: the lead's agent, else the broker's priority, else the least loaded."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Q, QuerySet

from brokers.models import AssignmentMode, User
from leads.models import Lead
from scheduling.models import AppointmentStatus

LOAD_WINDOW = timedelta(days=30)


def rank(lead: Lead, agents: Collection[int], *, at: datetime) -> list[int]:
    """These free agents, first the one whom the visit goes to.

    Load is visits within 30 days of now that were not cancelled; ties go to whoever was given a
    visit longest ago.
    """
    if len(agents) < 2:
        return list(agents)
    fair = ("load", F("latest").asc(nulls_first=True), "id")
    order = (F("assignment_priority").asc(nulls_last=True), *fair) if _by_priority(lead) else fair
    ranked = _with_load(agents, at).order_by(*order).values_list("pk", flat=True)
    return sorted(ranked, key=lambda pk: pk != lead.assigned_to_id)


def _by_priority(lead: Lead) -> bool:
    mode: str = lead.broker.brokerleadconfig.assignment_mode
    return mode == AssignmentMode.PRIORITY


def _with_load(agents: Collection[int], at: datetime) -> QuerySet[User]:
    kept = ~Q(appointments__status=AppointmentStatus.CANCELLED)
    recent = Q(appointments__start_time__range=(at - LOAD_WINDOW, at + LOAD_WINDOW))
    users: QuerySet[User] = User.objects.select_related(None).filter(pk__in=agents)
    return users.annotate(
        load=Count("appointments", filter=kept & recent), latest=Max("appointments__id")
    )
