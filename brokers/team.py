"""Entering and leaving the team: who leaves is out at once, and their work goes to others."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from brokers import linking
from brokers.duties import duties
from brokers.models import User
from brokers.tasks import hand_on_duties
from crm.errors import NotAllowed
from crm.tasks import enqueue


@transaction.atomic
def deactivate(user: User, *, by: Any, at: datetime) -> None:
    """End the person's sessions and tokens; their open work is handed on once this commits."""
    if user.pk == by.pk:
        raise NotAllowed(_("No puedes desactivar tu propia cuenta."))
    _set(user, active=False, at=at)
    linking.unlink(user, at=at)
    enqueue(hand_on_duties, user.pk)


@transaction.atomic
def activate(user: User, *, at: datetime) -> None:
    _set(user, active=True, at=at)


def _set(user: User, *, active: bool, at: datetime) -> None:
    User.objects.filter(pk=user.pk).update(is_active=active, updated_at=at)
    user.is_active = active


def looks_after(user: User, *, at: datetime) -> list[tuple[str, int]]:
    """What would be handed on, in words, with how many of each."""
    counted = [(str(duty.title), duty.count(user, at)) for duty in duties()]
    return [(title, count) for title, count in counted if count]
