"""The registry of what hangs on a lead in upper apps: exported, erased, merged and shown with it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from leads.models import Lead


@dataclass(frozen=True)
class Panel:
    """A piece of the lead's Admin page."""

    title: Any
    template: str
    context: dict[str, Any] = field(default_factory=dict)


def _all_of(model: type[models.Model], lead: Lead) -> models.QuerySet[Any]:
    return model._default_manager.filter(lead=lead)


@dataclass(frozen=True)
class LeadPart:
    """One model that refers to Lead.

    ``export`` gives JSON-safe rows, ``erase`` deletes (returns how many), ``merge`` moves from
    loser to survivor (returns the ids moved), ``panel`` shows it to a user, or None. ``next_due``
    tells when rows of these leads are due (lead id, moment); ``contacts`` counts the rows from one
    moment to another by which the lead was contacted, but for the one with the given id.
    """

    name: str
    model: type[models.Model]
    export: Callable[[Lead], list[dict[str, Any]]]
    erase: Callable[[Lead], int]
    merge: Callable[[Lead, Lead], list[int]]
    panel: Callable[[Lead, Any], Panel | None] | None = None
    next_due: Callable[[Sequence[int], datetime], Iterable[tuple[int, datetime]]] | None = None
    contacts: Callable[[Lead, datetime, datetime, int | None], int] | None = None


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
