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


@dataclass(frozen=True)
class Remains:
    """Rows that outlive an erasure; ``why`` is a code of ``words.KEPT``."""

    what: str
    count: int
    why: str


def _all_of(model: type[models.Model], lead: Lead) -> models.QuerySet[Any]:
    return model._default_manager.filter(lead=lead)


@dataclass(frozen=True)
class Deed:
    """Who merges or undoes, and when."""

    by: Any
    at: datetime


# What a merge did to a part, JSON-safe: the ids moved, or a mapping with them under "moved".
Record = Any
Merge = Callable[[Lead, Lead, Deed], Record]
Contacts = Callable[[Sequence[int], datetime, datetime, int | None], models.QuerySet[Any]]
Unmerge = Callable[[Lead, Lead, Any, Deed], list[str]]


def return_rows(model: type[models.Model]) -> Unmerge:
    """The usual undoing: the rows that moved go back, those that came later stay."""

    def unmerge(loser: Lead, survivor: Lead, record: Record, deed: Deed) -> list[str]:
        _all_of(model, survivor).filter(pk__in=moved_ids(record)).update(lead=loser)
        return []

    return unmerge


def moved_ids(record: Record) -> list[int]:
    return list(record["moved"] if isinstance(record, dict) else record)


@dataclass(frozen=True)
class LeadPart:
    """One model that refers to Lead.

    ``export`` gives JSON-safe rows, ``erase`` deletes (returns how many), ``panel`` shows it to a
    user, or None. ``merge`` moves from loser to survivor and returns what ``unmerge`` needs to
    bring it back; ``unmerge`` (the rows that moved, where it is None) says in words what it could
    not bring back. ``foresee`` says in words what a merge would do besides moving.
    ``next_due`` tells when rows of these leads are due (lead id, moment); ``contacts`` finds the rows
    from one moment to another by which they were contacted (likewise), but for the given id.
    ``remains`` is asked before erasing: what stays afterwards, here or with a vendor, and why.
    ``files`` names what the storage keeps of the lead: exported with it, and deleted once the
    erasure is committed. ``unlinks`` says that erasing keeps the rows, without the person.
    """

    name: str
    model: type[models.Model]
    export: Callable[[Lead], list[dict[str, Any]]]
    erase: Callable[[Lead], int]
    merge: Merge
    panel: Callable[[Lead, Any], Panel | None] | None = None
    next_due: Callable[[Sequence[int], datetime], Iterable[tuple[int, datetime]]] | None = None
    contacts: Contacts | None = None
    unmerge: Unmerge | None = None
    foresee: Callable[[Lead, Lead, Deed], list[str]] | None = None
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


def move_rows(model: type[models.Model], *once: str) -> Merge:
    """The usual merge: the loser's rows become the survivor's.

    A row whose columns ``once`` the survivor has already stays behind: it says nothing new.
    """

    def merge(loser: Lead, survivor: Lead, deed: Deed) -> list[int]:
        held = set(_all_of(model, survivor).values_list(*once)) if once else set()
        rows = _all_of(model, loser).values_list("pk", *once)
        moved = [pk for pk, *key in rows if tuple(key) not in held]
        _all_of(model, loser).filter(pk__in=moved).update(lead=survivor)
        return moved

    return merge
