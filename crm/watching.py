"""The registry of what may be wrong: each trouble says what, since when, and what a person does.

Apps fill it from a module of theirs named ``troubles``; the page of the operation shows it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, transaction
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from crm.tenancy import Role


@dataclass(frozen=True)
class Thresholds:
    """From when on it is red: here, and in ``deploy/prometheus-rules.yml`` alike."""

    sweep_late: timedelta = timedelta(seconds=90)  # what beat, queue and worker may take together
    disk_free_share: float = 0.10
    connections_share: float = 0.85
    backup_age: timedelta = timedelta(hours=26)  # a night's, and two hours for it to run


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Trouble:
    """``broker_id`` is whose it is; None is the installation's, which only superadmins look after."""

    kind: str
    what: str
    todo: str
    page: str = ""
    since: datetime | None = None
    broker_id: int | None = None


Check = Callable[[datetime], Iterable[Trouble]]

_checks: list[Check] = []


def register(check: Check) -> Check:
    _checks.append(check)
    return check


def troubles(user: Any, at: datetime) -> list[Trouble]:
    """What concerns the user, the oldest first: everything, or what is of their brokerage."""
    found = [trouble for check in _checks for trouble in _made(check, at)]
    if user.role != Role.SUPERADMIN:
        found = [each for each in found if each.broker_id and each.broker_id == user.broker_id]
    return sorted(found, key=lambda each: each.since or at)


def _made(check: Check, at: datetime) -> list[Trouble]:
    """One check that cannot be made is a trouble of its own, and hides no other."""
    try:
        with transaction.atomic():
            return list(check(at))
    except (Error, RedisError, OSError) as error:
        what = _("No se pudo revisar «%(check)s»: %(error)s.")
        words = {"check": check.__name__, "error": type(error).__name__}
        todo = _("Mira si la base de datos, Redis y el disco responden.")
        return [Trouble("unchecked", what % words, todo)]
