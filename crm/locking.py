"""Verbs that lock several rows: begun again when another one that locks them too was first."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

from crm.errors import Conflict

ATTEMPTS = 3
LOST_A_RACE = ("40P01", "40001")  # deadlock detected, serialization failure

P = ParamSpec("P")
T = TypeVar("T")


def in_one_transaction(verb: Callable[P, T]) -> Callable[P, T]:
    """Run the verb in a transaction of its own, again after a deadlock."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") not in LOST_A_RACE:
                    raise
        raise Conflict

    return run
