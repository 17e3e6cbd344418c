"""Which of the stock suits a lead, and which leads a property suits: why it fits and what it lacks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import or_
from typing import Any, cast

from django.db.models import Q, QuerySet

from brokers.models import Broker
from knowledge import figures, wishes
from knowledge.judging import OVER_BUDGET, UNDER_BUDGET, Finding, judge
from knowledge.listings import Listing, of_stored
from knowledge.models import KnowledgeEntry, ListingRefusal, SourceType
from knowledge.wishes import Lessons, Price, Wish, price_of
from leads import neighbours
from leads.models import Lead

OFFERED = 3
NAMED = 50
# Judged one by one: of a brokerage's stock the newest, of its leads those with the best scores.
LISTINGS_JUDGED, LEADS_JUDGED = 300, 500


@dataclass(frozen=True)
class Match:
    """A property for a lead: findings that fit first, the heaviest of each first."""

    entry_id: int
    title: str
    listing: Listing
    findings: tuple[Finding, ...]

    @property
    def fits(self) -> list[Finding]:
        return [each for each in self.findings if each.fits]

    @property
    def lacks(self) -> list[Finding]:
        return [each for each in self.findings if not each.fits]

    @property
    def score(self) -> float:
        return round(sum(each.weight for each in self.findings), 2)


@dataclass(frozen=True)
class LeadMatch:
    lead: Lead
    match: Match


# --- Both ways ----------------------------------------------------------------------------------


def for_lead(lead: Lead, *, at: datetime, limit: int = OFFERED) -> list[Match]:
    """The properties of the stock that suit a lead best; none where it has not said enough."""
    wish = wishes.of_facts(lead.metadata)
    if not wish.says_enough:
        return []
    uf = figures.of(lead.broker).uf
    learned = wishes.lessons(ListingRefusal.objects.filter(lead=lead))
    found = _narrowed(stock(lead.broker, at=at), wish, uf)
    judged = (_match(entry, wish, learned, uf) for entry in found[:LISTINGS_JUDGED])
    return sorted(filter(None, judged), key=_best_first)[:limit]


def for_entry(
    entry: KnowledgeEntry, leads: QuerySet[Lead], *, at: datetime, limit: int = NAMED
) -> list[LeadMatch]:
    """The leads, among these, that a property suits best; none for what is no longer to be had.

    They are found in an index without opening their facts, which are read of the best scores only.
    """
    if not stock(entry.broker, at=at).filter(pk=entry.pk).exists():
        return []
    uf, listing = figures.of(entry.broker).uf, of_stored(entry.listing)
    sought = _seeking(leads.filter(broker=entry.broker_id), listing, uf)
    ids = list(sought.order_by("-lead_score", "-id").values_list("pk", flat=True)[:LEADS_JUDGED])
    refusals: dict[int, list[ListingRefusal]] = {}
    for row in ListingRefusal.objects.filter(lead__in=ids):
        refusals.setdefault(row.lead_id, []).append(row)
    found: list[tuple[float, float, int, Match]] = []
    facts = Lead.objects.filter(pk__in=ids).values_list("pk", "lead_score", "metadata")
    for pk, lead_score, told in facts:
        learned = wishes.lessons(refusals.get(pk, ()))
        if match := _match(entry, wishes.of_facts(told), learned, uf):
            found.append((-match.score, -lead_score, -pk, match))
    best = sorted(found, key=lambda each: each[:3])[:limit]
    rows = Lead.objects.in_bulk([-pk for _score, _lead_score, pk, _match in best])
    return [LeadMatch(rows[-pk], match) for _score, _lead_score, pk, match in best if -pk in rows]


def stock(broker: Broker, *, at: datetime) -> QuerySet[KnowledgeEntry]:
    """The brokerage's properties that are valid today."""
    today = at.astimezone(broker.zone).date()
    entries: QuerySet[KnowledgeEntry] = KnowledgeEntry.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=today),
        Q(valid_until__isnull=True) | Q(valid_until__gte=today),
        broker=broker,
        source_type=SourceType.PROPERTY,
        listing__isnull=False,
    )
    return entries


def _narrowed(
    entries: QuerySet[KnowledgeEntry], wish: Wish, uf: float | None
) -> QuerySet[KnowledgeEntry]:
    if wish.places:
        entries = entries.filter(listed_place__in=[*wish.places, *wish.near])
    if wish.budget:
        entries = entries.filter(_priced_for(wish.budget, uf))
    return entries.order_by("-id").only("id", "title", "listing")


def _priced_for(budget: Price, uf: float | None) -> Q:
    """Prices that the budget may reach, in either currency, and those that are not known."""
    unknown = Q(listed_uf__isnull=True, listed_clp__isnull=True)
    in_uf = budget.in_uf(uf)
    in_clp = budget.amount if budget.currency == "CLP" else in_uf and uf and in_uf * uf
    columns = {"listed_uf": in_uf, "listed_clp": in_clp}
    return unknown | _any(
        Q(**{f"{name}__lte": most * OVER_BUDGET, f"{name}__gte": most * UNDER_BUDGET})
        if most
        else Q(**{f"{name}__isnull": False})
        for name, most in columns.items()
    )


def _seeking(leads: QuerySet[Lead], listing: Listing, uf: float | None) -> QuerySet[Lead]:
    """Open leads who look in its comuna or beside it, and whose budget may reach its price."""
    places = [listing.place, *neighbours.around([listing.place])] if listing.place else []
    beside = _any(Q(sought_in__contains=f'"{place}"') for place in places)
    found: Any = leads.living().open().filter(sought_in__isnull=False)  # type: ignore[attr-defined]
    found = found.filter(beside) if places else found.none()
    price = price_of(listing)
    return cast("QuerySet[Lead]", found.filter(_able_to_pay(price, uf)) if price else found)


def _able_to_pay(price: Price, uf: float | None) -> Q:
    in_uf = price.in_uf(uf)
    in_clp = price.amount if price.currency == "CLP" else in_uf and uf and in_uf * uf
    unknown = Q(sought_amount__isnull=True)
    return unknown | _any(
        Q(
            sought_currency=currency,
            sought_amount__gte=amount / OVER_BUDGET,
            sought_amount__lte=amount / UNDER_BUDGET,
        )
        if amount
        else Q(sought_currency=currency)
        for currency, amount in (("UF", in_uf), ("CLP", in_clp))
    )


def _any(conditions: Iterable[Q]) -> Q:
    found = Q()
    for each in conditions:
        found = or_(found, each)
    return found


def _match(entry: KnowledgeEntry, wish: Wish, learned: Lessons, uf: float | None) -> Match | None:
    listing = of_stored(entry.listing)
    findings = judge(entry.pk, listing, wish, learned, uf)
    return Match(entry.pk, entry.title, listing, tuple(findings)) if findings else None


def _best_first(match: Match) -> tuple[float, int]:
    return -match.score, -match.entry_id
