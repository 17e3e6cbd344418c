"""Which property a visit is of, where it is, and why the lead wants to see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from knowledge.models import KnowledgeEntry, SourceType
from leads.folding import clean, excerpt, fold
from llm.tools import Turn
from scheduling.models import REQUESTED, Appointment

ADDRESS = ("direccion", "address", "direccion exacta", "calle", "domicilio")
_COLUMNS = ("id", "broker_id", "title", "metadata", "listed_place")


@dataclass(frozen=True)
class VisitSubject:
    """A property to see, and the lead's own words; either may be unknown."""

    listing: KnowledgeEntry | None = None
    requested: str = ""


NO_SUBJECT = VisitSubject()
Row = TypeVar("Row", bound=Model)


def subject_of(turn: Turn, property_id: int | None) -> VisitSubject:
    """The property that a model names, where it is this brokerage's; else the one under discussion."""
    requested = excerpt(" ".join(turn.question.split()), REQUESTED)[:REQUESTED]
    for each in (property_id, _discussed(turn)):
        if each and (entry := _entry(turn, each)):
            return VisitSubject(entry, requested)
    return VisitSubject(None, requested)


def joined(rows: "QuerySet[Row]") -> "QuerySet[Row]":
    """Appointments or offers with the property, but for what of an entry only a search needs."""
    heavy = (f"listing__{name}" for name in ("content", "embedding", "search"))
    return rows.select_related("listing").defer(*heavy)


def _discussed(turn: Turn) -> int | None:
    """As the turn's context says; with several, none is meant."""
    found: Sequence[Any] = turn.context.get("discussed") or ()
    return int(found[0]["id"]) if len(found) == 1 else None


def _entry(turn: Turn, property_id: int) -> KnowledgeEntry | None:
    mine = KnowledgeEntry.objects.filter(broker=turn.broker, source_type=SourceType.PROPERTY)
    entry: KnowledgeEntry | None = mine.only(*_COLUMNS).filter(pk=property_id).first()
    return entry


def address(entry: KnowledgeEntry) -> str:
    """The street with its comuna; empty where the entry does not say one."""
    data = entry.metadata if isinstance(entry.metadata, dict) else {}
    given = {" ".join(fold(clean(str(key)[:40])).replace("_", " ").split()): key for key in data}
    written = next((str(data[given[name]]).strip() for name in ADDRESS if name in given), "")
    place = entry.listed_place
    if not written or not place or fold(clean(place)) in fold(clean(written)):
        return written[:200]
    return f"{written[:200]}, {place}"


def name(entry: KnowledgeEntry) -> str:
    """Its title, with the comuna where the title does not say it."""
    place = entry.listed_place
    if not place or fold(clean(place)) in fold(clean(entry.title)):
        return entry.title
    return f"{entry.title}, {place}"


def reason(appointment: Appointment) -> str:
    """For the agent: which property, and the words with which the lead asked; empty where unknown."""
    parts = [name(appointment.listing)] if appointment.listing else []
    if appointment.requested:
        parts.append(f"«{appointment.requested}»")
    return " · ".join(parts)
