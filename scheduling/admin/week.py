"""The page of an agent's week: who may look at whose, and which week was asked for."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from brokers.models import User
from crm.admin.doors import person
from crm.tenancy import Role, visible
from scheduling import week
from scheduling.availability import DAY, zone_of

MOST = 200


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page shows; without anybody to show, only that."""
    user, at = person(request), timezone.now()
    agents = _agents(user)
    agent = _chosen(request.GET.get("agente", ""), agents, user)
    if agent is None or agent.broker is None:
        return {"agents": [], "week": week.Week([], range(0))}
    monday = _monday(request.GET.get("semana", ""), at.astimezone(zone_of(agent.broker)).date())
    return {
        "agents": agents,
        "agent": agent,
        "many_brokers": user.broker_id is None,
        "monday": monday,
        "span": _span(monday, monday + 6 * DAY),
        "week": week.of(agent, monday=monday, seen_by=user, at=at),
        "zone_name": agent.broker.timezone.rpartition("/")[2].replace("_", " "),
    }


def _agents(user: Any) -> list[User]:
    """Agents first: whoever else is of the broker may receive visits too."""
    if user.role == Role.AGENT:
        return [user]
    rows = visible(User, user).filter(is_active=True, broker__isnull=False)
    people = list(rows.select_related("broker").order_by("name", "pk")[:MOST])
    return sorted(people, key=lambda each: each.role != Role.AGENT)


def _chosen(asked: str, agents: list[User], user: Any) -> User | None:
    named = [each for each in agents if str(each.pk) == asked]
    return next(iter(named or agents), None)


def _monday(asked: str, today: date) -> date:
    """The Monday of the week asked for; of this one where the date makes no sense."""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = today
    return week.monday_of(day if 2000 <= day.year <= 2100 else today)


def _span(first: date, last: date) -> str:
    """«23 al 29 de noviembre de 2026»."""
    same = first.month == last.month
    begins = str(first.day) if same else date_format(first, "MONTH_DAY_FORMAT")
    return _("%(first)s al %(last)s") % {
        "first": begins,
        "last": date_format(last, "DATE_FORMAT"),
    }
