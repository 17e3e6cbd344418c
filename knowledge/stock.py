"""Finds properties of the stock by what is asked for: place, price, size, rooms, a word of their text."""

import re
from datetime import datetime
from typing import Any, Literal

from django.db.models import Q
from pydantic import BaseModel, Field

from brokers.models import Broker
from knowledge import figures, matching, naming, words
from knowledge.fields import fields_of
from knowledge.models import KnowledgeEntry
from leads import comunas
from leads.folding import clean, fold
from llm.tools import Turn

SHOWN = 3
_LOOKED_AT = 300  # of those in the places that were asked for, the newest
_LETTERS = 2_000
_PART = re.compile(r"[.,;:]\s+|\.$")
Order = Literal["cheapest", "dearest", "largest", "smallest"]


class Search(BaseModel):
    """What a property must be like; blank where that is all the same."""

    places: list[str] = Field(default_factory=list, max_length=8, description="Comunas")
    kind: str = Field(default="", max_length=30, description="departamento, casa, parcela…")
    bedrooms: int | None = Field(default=None, ge=1, le=20, description="At least")
    bathrooms: int | None = Field(default=None, ge=1, le=20, description="At least")
    most: float | None = Field(default=None, gt=0, lt=1e12, description="Highest price")
    least: float | None = Field(default=None, gt=0, lt=1e12, description="Lowest price")
    currency: Literal["UF", "CLP"] = "UF"
    features: list[str] = Field(
        default_factory=list, max_length=5, description="Words its text must have: piscina, patio"
    )
    order: Order = "cheapest"


def find_properties(turn: Turn, asked: Search) -> dict[str, Any]:
    """Look up properties of the stock by place, price, rooms or a feature, the cheapest, dearest, largest
    or smallest first: for "what do you have in…", "anything cheaper", "which is the largest". At most
    three are shown, of `count` in all; none means that there is none, not that there may be one."""
    found = search(turn.broker, asked, at=turn.at)
    matches = [{**shown(each), "says": _saying(each, asked.features)} for each in found[:SHOWN]]
    return {"matches": matches, "count": len(found)}


def search(broker: Broker, asked: Search, *, at: datetime) -> list[KnowledgeEntry]:
    entries = matching.stock(broker, at=at).defer("embedding", "search")
    if asked.places:
        entries = entries.filter(listed_place__in=[_comuna(each) for each in asked.places])
    uf = figures.of(broker).uf if asked.currency == "CLP" and (asked.most or asked.least) else None
    entries = entries.filter(_priced(asked, uf))
    fitting = [each for each in entries.order_by("-id")[:_LOOKED_AT] if _fits(each, asked)]
    return sorted(fitting, key=_by(asked.order))


def shown(entry: KnowledgeEntry) -> dict[str, Any]:
    return {"id": entry.pk, "title": entry.title, "source_type": "property", **fields_of(entry)}


def _comuna(name: str) -> str:
    found = comunas.find_comunas(name)
    return comunas.canonical(name) or (found[0] if found else name)


def _priced(asked: Search, uf: float | None) -> Q:
    """Prices within the bounds, in the currency asked for, and in the other where the UF is known."""
    found = Q()
    bounds = {"lte": asked.most, "gte": asked.least}
    for lookup, bound in bounds.items():
        if bound is None:
            continue
        priced = Q(**{f"listed_{asked.currency.lower()}__{lookup}": bound})
        if asked.currency == "CLP" and uf:
            priced |= Q(**{f"listed_uf__{lookup}": bound / uf})
        found &= priced
    return found


def _fits(entry: KnowledgeEntry, asked: Search) -> bool:
    listing = naming.of_entry(entry).listing
    if not listing.is_available or (asked.kind and listing.kind not in ("", asked.kind)):
        return False
    if asked.bedrooms and (listing.bedrooms or 0) < asked.bedrooms:
        return False
    if asked.bathrooms and (listing.bathrooms or 0) < asked.bathrooms:
        return False
    return all(_has(f"{entry.title} {entry.content}", each) for each in asked.features)


def _has(text: str, feature: str) -> bool:
    """Under any of the spellings that mean the same."""
    folded = fold(clean(text))
    every = [spelling for word in words.words(feature) for spelling in words.variants(word)]
    return any(re.search(rf"\b{re.escape(fold(each))}", folded) for each in every)


def _saying(entry: KnowledgeEntry, features: list[str]) -> str:
    """What its text says of the features that were asked for, as it stands there."""
    parts = _PART.split(entry.content[:_LETTERS])
    return ", ".join(part.strip() for part in parts if any(_has(part, each) for each in features))


def _by(order: Order) -> Any:
    """Those without the figure that it goes by come last."""

    def key(entry: KnowledgeEntry) -> tuple[bool, float]:
        listing = naming.of_entry(entry).listing
        value = listing.m2 if order in ("largest", "smallest") else entry.listed_uf
        value = entry.listed_clp if value is None and order in ("cheapest", "dearest") else value
        sign = -1 if order in ("dearest", "largest") else 1
        return value is None, sign * (value or 0)

    return key
