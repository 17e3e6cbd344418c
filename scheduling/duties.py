"""The future visits that a person has, for whoever leaves the team."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from brokers.duties import Duty, register
from brokers.models import User
from scheduling import handover


def _count(user: User, at: datetime) -> int:
    return handover.future(at).filter(agent=user).count()


def _owing(at: datetime) -> Iterable[int]:
    left = handover.future(at).filter(agent__is_active=False, broker__is_active=True)
    return {visit.agent_id for visit in left.only("agent") if visit.agent_id}


def _hand_on(user: User, at: datetime) -> None:
    handover.hand_on(user, at=at)


register(Duty("visits", _("visitas futuras"), _count, _hand_on, _owing))
