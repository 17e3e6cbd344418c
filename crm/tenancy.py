"""Who sees which rows: the one word ``visible_to``, and the letters a role may do with a model.

Every broker-owned model says how an agent's view narrows (``agent_sees``) and what admins and
agents may do (``admin_can``, ``agent_can``: letters of "crud"). API and Admin bases ask here;
nothing else filters by broker.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol, Self, TypeVar

from django.db import models
from django.db.models import Q


class Role(models.TextChoices):
    SUPERADMIN = "SUPERADMIN", "Superadmin"
    ADMIN = "ADMIN", "Admin"
    AGENT = "AGENT", "Agent"


class Actor(Protocol):
    """Whoever asks: a signed-in user, or Django's anonymous user, which has no role."""

    pk: Any
    role: str
    broker_id: int | None

    @property
    def may_enter(self) -> bool: ...


AgentScope = Callable[[Actor], Q]


def nothing(user: Actor) -> Q:
    return Q(pk__in=[])


def everything(user: Actor) -> Q:
    return Q()


def of_their_leads(path: str = "lead__") -> AgentScope:
    """Rows hanging on leads that the agent sees: theirs and the unassigned pool."""

    def scope(user: Actor) -> Q:
        return Q(**{f"{path}assigned_to": user.pk}) | Q(**{f"{path}assigned_to__isnull": True})

    return scope


def own(field: str, *, or_shared: bool = False) -> AgentScope:
    """Rows that name the agent in ``field``; with ``or_shared`` also those that name nobody."""

    def scope(user: Actor) -> Q:
        mine = Q(**{field: user.pk})
        return mine | Q(**{f"{field}__isnull": True}) if or_shared else mine

    return scope


def enters(user: Any) -> bool:
    """Whether the user is signed in, active, and of an active broker."""
    return bool(getattr(user, "may_enter", False))


def scope(model: type[models.Model], user: Any) -> Q:
    """The filter of everything of ``model`` that ``user`` may know of."""
    if not enters(user):
        return nothing(user)
    if user.role == Role.SUPERADMIN:
        return Q()
    path = getattr(model, "broker_path", "broker")
    if not path:
        return nothing(user)
    broker = Q(**{path: user.broker_id})
    if user.role == Role.ADMIN:
        return broker
    narrow: AgentScope = getattr(model, "agent_sees", nothing)
    return broker & narrow(user)


def allows(user: Any, model: type[models.Model], letter: str) -> bool:
    """Whether the user's role may create, read, update or delete rows of ``model``."""
    if not enters(user):
        return False
    if user.role == Role.SUPERADMIN:
        return letter in getattr(model, "superadmin_can", getattr(model, "admin_can", "r"))
    letters = "admin_can" if user.role == Role.ADMIN else "agent_can"
    return letter in getattr(model, letters, "")


_M = TypeVar("_M", bound=models.Model)


class TenantQuerySet(models.QuerySet[_M]):
    """The queryset of every model that tenancy guards."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(scope(self.model, user))


class Tenanted(models.Model):
    """What tenancy needs to know of a model; the defaults refuse. Blank ``broker_path``: no tenant's."""

    broker_path: ClassVar[str] = "broker"
    admin_can: ClassVar[str] = "r"
    agent_can: ClassVar[str] = ""
    agent_sees: ClassVar["staticmethod[[Actor], Q]"] = staticmethod(nothing)

    class Meta:
        abstract = True


def visible(model: type[_M], user: Any) -> models.QuerySet[_M]:
    """Rows of a model, guarded or not, that the user may see; unguarded models show none."""
    queryset = model._default_manager.all()
    if not issubclass(model, Tenanted):
        return queryset.none() if not enters(user) or user.role != Role.SUPERADMIN else queryset
    return queryset.filter(scope(model, user))
