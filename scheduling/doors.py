"""What every door of scheduling shares: one transaction, one order of locks, clear refusals."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from django.db import IntegrityError
from psycopg import Error

from brokers.models import User
from crm import rehearsal
from crm.errors import Conflict
from crm.locking import in_one_transaction
from leads.models import Lead
from scheduling.errors import AlreadyBooked, SlotTaken
from scheduling.models import Appointment

REFUSALS: dict[str | None, type[Conflict]] = {
    "appointments_no_overlap": SlotTaken,
    "appointments_one_active_per_type": AlreadyBooked,
}

P = ParamSpec("P")
T = TypeVar("T")


def door(verb: Callable[P, T]) -> Callable[P, T]:
    """Run the verb in one transaction; what the database refuses becomes an error of ours."""

    attempt = in_one_transaction(verb)

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return attempt(*args, **kwargs)
        except IntegrityError as error:
            refusal = REFUSALS.get(_cause(error).diag.constraint_name)
            if refusal is None:
                raise
            raise refusal from error

    return run


def _cause(error: Exception) -> Error:
    return cast(Error, error.__cause__)


def lock_lead(pk: int) -> Lead:
    """The lead as it is now, locked: always the first lock of a door."""
    rows = Lead.objects.select_for_update(of=("self",), no_key=True).select_related(
        "broker__brokerleadconfig", "broker__brokerpromptconfig", "assigned_to"
    )
    return rows.get(pk=pk)


def lock_appointment(appointment: Appointment) -> Appointment:
    """The appointment and its ``lead`` as they are now, the lead locked first."""
    lead = lock_lead(appointment.lead_id)
    rows = Appointment.objects.select_for_update(of=("self",), no_key=True).filter(lead=lead)
    fresh: Appointment | None = rows.select_related("agent").filter(pk=appointment.pk).first()
    if fresh is None:
        raise Conflict
    fresh.lead = lead
    return fresh


def lock_agents(agents: Iterable[int]) -> dict[int, User]:
    """The agents' rows, locked in order: who writes into a diary holds its owner.

    Without it, two overlapping inserts each wait for the other in the exclusion constraint. What
    is only tried and undone locks nobody: a real booking would wait until the model has thought.
    """
    rows = User.objects.select_related(None)
    if not rehearsal.is_on():
        rows = rows.select_for_update(no_key=True)
    return {user.pk: user for user in rows.filter(pk__in=list(agents)).order_by("pk")}
