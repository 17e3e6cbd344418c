"""The open leads and tasks that a person looks after, for whoever leaves the team."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from brokers.duties import Duty, register
from brokers.models import User
from leads import assignment, next_actions
from leads.enums import TaskState
from leads.models import Lead, Task
from leads.models.lead import LeadQuerySet


def _open() -> LeadQuerySet:
    leads: LeadQuerySet = Lead.objects.open().living()
    return leads


def _count(user: User, at: datetime) -> int:
    return int(_open().filter(assigned_to=user).count())


def _owing(at: datetime) -> Iterable[int]:
    left = _open().filter(assigned_to__is_active=False, broker__is_active=True)
    return set(left.order_by().values_list("assigned_to", flat=True))


def _hand_on(user: User, at: datetime) -> None:
    assignment.hand_on(user, at=at)


register(Duty("leads", _("leads abiertos"), _count, _hand_on, _owing))


def _count_tasks(user: User, at: datetime) -> int:
    return next_actions.open_of(user).count()


def _owing_tasks(at: datetime) -> Iterable[int]:
    left = Task.objects.filter(state=TaskState.OPEN, owner__is_active=False, broker__is_active=True)
    return set(left.order_by().values_list("owner", flat=True))


def _hand_on_tasks(user: User, at: datetime) -> None:
    next_actions.hand_on(user)


# After the leads, with which most of them go.
register(Duty("tasks", _("tareas pendientes"), _count_tasks, _hand_on_tasks, _owing_tasks))
