"""The registry of what hangs on a lead in upper apps: exported, erased, merged and shown with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from leads.models import Lead


@dataclass(frozen=True)
class Panel:
    """A piece of the lead's Admin page."""

    title: Any
    template: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Remains:
    """Rows that outlive an erasure; ``why`` is a code of ``words.KEPT``."""

    what: str
    count: int
    why: str


def _all_of(model: type[models.Model], lead: Lead) -> models.QuerySet[Any]:
    return model._default_manager.filter(lead=lead)


@dataclass(frozen=True)
class LeadPart:
    """One model that refers to Lead.

    ``export`` gives JSON-safe rows, ``erase`` deletes (returns how many), ``merge`` moves from
    loser to survivor (returns the ids moved), ``panel`` shows it to a user, or None.
    ``remains`` is asked before erasing: what stays afterwards, here or with a vendor, and why.
    ``files`` names what the storage keeps of the lead: exported with it, and deleted once the
    erasure is committed. ``unlinks`` says that erasing keeps the rows, without the person.
    """

    name: str
    model: type[models.Model]
    export: Callable[[Lead], list[dict[str, Any]]]
    erase: Callable[[Lead], int]
    merge: Callable[[Lead, Lead], list[int]]
    panel: Callable[[Lead, Any], Panel | None] | None = None
    remains: Callable[[Lead], list[Remains]] | None = None
    files: Callable[[Lead], list[str]] | None = None
    unlinks: bool = False


_parts: dict[str, LeadPart] = {}


def register(part: LeadPart) -> None:
    _parts[part.name] = part


def parts() -> list[LeadPart]:
    return list(_parts.values())


def panels(lead: Lead, user: Any) -> list[Panel]:
    """What upper apps show of the lead to this user."""
    shown = (part.panel(lead, user) for part in parts() if part.panel)
    return [panel for panel in shown if panel]


def export_rows(model: type[models.Model], fields: list[str]) -> Callable[[Lead], Any]:
    """The usual export: the rows of the lead with these columns."""

    def export(lead: Lead) -> list[dict[str, Any]]:
        return list(_all_of(model, lead).order_by("pk").values(*fields))

    return export


def erase_rows(model: type[models.Model]) -> Callable[[Lead], int]:
    """The usual erasure: the rows of the lead are deleted."""

    def erase(lead: Lead) -> int:
        return _all_of(model, lead).delete()[0]

    return erase


def move_rows(model: type[models.Model]) -> Callable[[Lead, Lead], list[int]]:
    """The usual merge: the loser's rows become the survivor's."""

    def merge(loser: Lead, survivor: Lead) -> list[int]:
        moved = list(_all_of(model, loser).values_list("pk", flat=True))
        _all_of(model, loser).update(lead=survivor)
        return moved

    return merge
