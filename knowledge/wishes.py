"""What a lead looks for, from its facts, and what the properties that it refused teach."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from knowledge.listings import Listing, of_stored
from knowledge.models import ListingRefusal, RefusalReason
from leads import neighbours
from leads.folding import fold
from llm.spanish.homes import find_property_type


@dataclass(frozen=True)
class Price:
    """An amount in one currency, comparable once the UF's value is known."""

    amount: float
    currency: str

    def in_uf(self, uf: float | None) -> float | None:
        if self.currency == "UF":
            return self.amount
        return self.amount / uf if self.currency == "CLP" and uf else None

    def share_of(self, other: "Price", uf: float | None) -> float | None:
        """How many times the other it is; None where the two cannot be compared."""
        if self.currency == other.currency:
            return self.amount / other.amount if other.amount else None
        mine, theirs = self.in_uf(uf), other.in_uf(uf)
        return mine / theirs if mine is not None and theirs else None


def price_of(listing: Listing) -> Price | None:
    if listing.uf is not None:
        return Price(listing.uf, "UF")
    return None if listing.clp is None else Price(listing.clp, "CLP")


@dataclass(frozen=True)
class Wish:
    """The facts that a property can fit; None or blank where the lead has not said."""

    places: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    budget: Price | None = None
    bedrooms: int | None = None
    kind: str = ""
    operation: str = ""
    pets: bool | None = None
    at_once: bool = False
    subsidy: str = ""

    @property
    def says_enough(self) -> bool:
        """Whether there is anything to choose by: a place or a price."""
        return bool(self.places or self.budget)


def of_facts(facts: Mapping[str, Any]) -> Wish:
    """The wish in a lead's ``metadata``; a fact of an odd kind counts as not said."""
    places = _places(facts.get("location"))
    return Wish(
        places=places,
        near=neighbours.around(places),
        budget=_money(facts.get("budget")),
        bedrooms=_count(facts.get("bedrooms")),
        kind=_kind(facts.get("property_type")),
        operation=_word(facts.get("operation")),
        pets=facts.get("pets") if isinstance(facts.get("pets"), bool) else None,
        at_once=_at_once(facts),
        subsidy=_word(facts.get("subsidy")).replace("none", ""),
    )


def _places(fact: Any) -> frozenset[str]:
    return (
        frozenset(each for each in fact if isinstance(each, str))
        if isinstance(fact, list)
        else frozenset()
    )


def _money(fact: Any) -> Price | None:
    amount = fact.get("amount") if isinstance(fact, dict) else None
    if isinstance(amount, bool) or not isinstance(amount, int | float) or amount <= 0:
        return None
    return Price(float(amount), str(fact.get("currency", "CLP")))


def _count(fact: Any) -> int | None:
    return fact if isinstance(fact, int) and not isinstance(fact, bool) and fact > 0 else None


def _word(fact: Any) -> str:
    return fact if isinstance(fact, str) else ""


def _kind(fact: Any) -> str:
    """In the words of listings: a "depto" is a departamento."""
    return _named(_word(fact)[:50])


@lru_cache(maxsize=512)
def _named(kind: str) -> str:
    folded = fold(kind)
    return find_property_type(folded, asked=True) or folded


def _at_once(facts: Mapping[str, Any]) -> bool:
    """What the lead said of the delivery counts; else whoever wants to move now needs it ready."""
    if facts.get("delivery"):
        return bool(facts["delivery"] == "immediate")
    timeline = facts.get("timeline")
    return isinstance(timeline, dict) and timeline.get("horizon") == "now"


# --- What refusals teach ------------------------------------------------------------------------


@dataclass(frozen=True)
class Lessons:
    """What a lead's refusals say of the next property.

    ``refused`` holds, by entry, the price at which a lower one would be news, or None for never
    again. Prices are those at the time of the refusal.
    """

    refused: Mapping[int, Price | None] = field(default_factory=dict)
    too_dear: tuple[Price, ...] = ()
    places: Counter[str] = field(default_factory=Counter)
    kinds: frozenset[str] = frozenset()
    more_than_bedrooms: int = 0
    more_than_m2: float = 0
    at_once: bool = False
    pets: bool = False


def lessons(refusals: Iterable[ListingRefusal]) -> Lessons:
    rows = [(row, of_stored(row.listing)) for row in refusals]
    sizes = _of(rows, RefusalReason.SIZE)
    dear = [price for each in _of(rows, RefusalReason.PRICE) if (price := price_of(each))]
    return Lessons(
        refused=_refused(rows),
        too_dear=tuple(dear),
        places=Counter(each.place for each in _of(rows, RefusalReason.PLACE) if each.place),
        kinds=frozenset(each.kind for each in _of(rows, RefusalReason.KIND) if each.kind),
        more_than_bedrooms=max((each.bedrooms or 0 for each in sizes if not each.m2), default=0),
        more_than_m2=max((each.m2 or 0 for each in sizes), default=0),
        at_once=bool(_of(rows, RefusalReason.DELIVERY)),
        pets=bool(_of(rows, RefusalReason.PETS)),
    )


def _of(rows: list[tuple[ListingRefusal, Listing]], reason: RefusalReason) -> list[Listing]:
    return [listing for row, listing in rows if row.reason == reason]


def _refused(rows: list[tuple[ListingRefusal, Listing]]) -> dict[int, Price | None]:
    """Only a price can get better: refused for it alone, a cheaper property is offered again."""
    found: dict[int, Price | None] = {}
    for row, listing in rows:
        if row.entry_id is None:
            continue
        price = price_of(listing) if row.reason == RefusalReason.PRICE else None
        found[row.entry_id] = price if row.entry_id not in found else None
    return found
