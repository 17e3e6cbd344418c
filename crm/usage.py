"""What still uses a row: asked before it is deleted, so that nobody is surprised by what breaks.

Apps register finders in their ``usage.py``; a lower app's row may be used by an upper one's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from crm.errors import Conflict

SHOWN = 20


@dataclass(frozen=True)
class Use:
    """One place that uses the row, in words; one that ``blocks`` would break without it."""

    kind: str
    id: int
    text: str
    blocks: bool = True


Finder = Callable[[Any], Iterable[Use]]
_finders: dict[type[models.Model], list[Finder]] = {}


class InUse(Conflict):
    """The row is used; ``data["uses"]`` says by what, and ``data["blocks"]`` whether that breaks."""

    code = "in_use"
    message = _("Todavía se usa. Cambia primero lo que lo usa: %(uses)s.")


class UsedElsewhere(InUse):
    """Nothing breaks without the row, but the caller should know before it goes."""

    message = _("Se usa en: %(uses)s. Repite con even_if_used=true para eliminarlo igual.")


def finds(model: type[models.Model]) -> Callable[[Finder], Finder]:
    """Register a finder of what uses a row of ``model``."""

    def register(finder: Finder) -> Finder:
        _finders.setdefault(model, []).append(finder)
        return finder

    return register


def used_models() -> list[type[models.Model]]:
    return list(_finders)


def uses(row: models.Model) -> list[Use]:
    """Everything that uses the row, what blocks first; the row's broker bounds the look."""
    found = [use for finder in _finders.get(type(row), ()) for use in finder(row)]
    return sorted(found, key=lambda use: not use.blocks)


def refuse_if_used(row: models.Model, *, even_if_used: bool = False) -> None:
    """Raises InUse or UsedElsewhere; the caller deletes in the same transaction.

    The row is locked first: whoever is about to refer to it waits until it is gone or stays.
    """
    if not _finders.get(type(row)):
        return
    with transaction.atomic():
        type(row)._default_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()
        found = uses(row)
    blocking = [use for use in found if use.blocks]
    if blocking:
        raise _refusal(InUse, blocking)
    if found and not even_if_used:
        raise _refusal(UsedElsewhere, found)


def _refusal(kind: type[InUse], found: list[Use]) -> InUse:
    shown = [{"kind": use.kind, "id": use.id, "text": str(use.text)} for use in found[:SHOWN]]
    words = "; ".join(str(use.text) for use in found[:SHOWN])
    return kind(str(kind.message) % {"uses": words}, uses=shown, count=len(found))
