"""Whose rows the database shows: one broker's, all by a declared way, or, unless somebody says, none.

PostgreSQL's row-level security asks for the tenant of each statement; ``crm.postgres`` sends it along.
This wall stands behind ``crm.tenancy``: a filter that is forgotten there finds nothing of others here.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models

NOBODY = ""
EVERYBODY = "*"

# Every way past the wall, and why it is one. What is not listed here does not get past.
WAYS = {
    "superadmin": "a superadmin looks after all brokers",
    "sign-in": "who signs in, or shows a token, is not known yet",
    "address": "a slug, key or token in a public address tells which broker is meant",
    "task": "a row's id tells a task which broker it works for",
    "sweep": "a sweep looks for what is due, whoever's it is",
    "operations": "health, metrics and work that gave up are the whole product's",
    "unique": "an e-mail, a key or a Telegram account is unique among all brokers",
    "command": "a person at the server runs manage.py",
    "migration": "tables are changed whole",
}

T = TypeVar("T")

_tenant: ContextVar[str] = ContextVar("tenant", default=NOBODY)


def current() -> str:
    """A broker's id in digits, EVERYBODY or NOBODY: what ``crm.tenant`` is set to."""
    return _tenant.get()


@contextmanager
def _as(tenant: str) -> Iterator[None]:
    token = _tenant.set(tenant)
    try:
        yield
    finally:
        _tenant.reset(token)


def nobody() -> Any:
    """Within it no rows are anybody's."""
    return _as(NOBODY)


def of(broker_id: int) -> Any:
    """Within it the rows are this broker's."""
    return _as(str(int(broker_id)))


def across(way: str) -> Any:
    """Within it the rows are everybody's."""
    if way not in WAYS:
        raise ImproperlyConfigured(f"{way!r} is no declared way across brokers")
    return _as(EVERYBODY)


def for_user(user: Any) -> Any:
    """Within it the rows are those of the broker of whoever asks."""
    return _as(_of_user(user))


def enter(broker_id: int) -> None:
    """From here to the end of the request the rows are this broker's, unless they are everybody's."""
    if current() != EVERYBODY:
        _tenant.set(str(int(broker_id)))


def enter_as(user: Any) -> None:
    """From here to the end of the request the rows are those that this user's broker has."""
    if current() != EVERYBODY:
        _tenant.set(_of_user(user))


def _of_user(user: Any) -> str:
    if not getattr(user, "may_enter", False):
        return NOBODY
    if user.role == "SUPERADMIN":  # crm.tenancy.Role: this module is there before the models are
        return EVERYBODY
    return str(int(user.broker_id))


def find(look_up: Callable[[], T]) -> T:
    """What a public address names, looked up across brokers; the rest of the request is its broker's."""
    with across("address"):
        found = look_up()
    if isinstance(found, models.Model):
        enter(getattr(found, "broker_id", None) or found.pk)
    return found


def kept(call: Callable[..., T]) -> Callable[..., T]:
    """The call as it would be made now, for later."""
    return partial(_later, current(), call)


def _later(tenant: str, call: Callable[..., T], *args: Any) -> T:
    with _as(tenant):
        return call(*args)


def of_row(model: type[models.Model], pk: Any) -> Any:
    """Within it the rows are those of the broker whose row it is; nobody's where it is gone.

    What a superadmin has no broker for is everybody's: a task about the superadmin's own account.
    """
    found = owners(model, pk)
    if not found:
        return nobody()
    return across("superadmin") if found[0] is None else of(found[0])


def owners(model: type[models.Model], pk: Any) -> list[int | None]:
    """The broker whose row it is, as a list of one; an empty one where the row is gone."""
    column = "broker_id" if any(f.attname == "broker_id" for f in model._meta.fields) else "pk"
    with across("task"):
        return list(model._base_manager.filter(pk=pk).values_list(column, flat=True)[:1])


def streamed(chunks: Iterable[T]) -> Iterator[T]:
    """An answer that is made while it is sent, for the tenant at work now, at the call.

    Not at the first chunk: by then the request is over and its tenant is gone.
    """
    return _streamed(current(), iter(chunks))


def _streamed(tenant: str, rest: Iterator[T]) -> Iterator[T]:
    while True:
        with _as(tenant):  # not around the yield: between two chunks the thread is its server's
            try:
                chunk = next(rest)
            except StopIteration:
                return
        yield chunk
