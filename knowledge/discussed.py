"""Which property a conversation is about, by what the lead and we wrote, the latest first."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from brokers.models import Broker
from knowledge import matching, naming, words
from knowledge.models import KnowledgeEntry
from knowledge.naming import MOST_NAMED, Property, Stock
from leads.enums import Direction
from leads.models import ChatMessage, Lead
from llm.tools import Turn

_LOOKED_BACK = 12  # messages: what was named before that is forgotten by people, too
# Up to so many properties are all looked at; of a larger stock those that share words with the talk.
_STOCK, _SHARING = 300, 100


def of(turn: Turn) -> KnowledgeEntry | None:
    """The one property that the lead's latest words are about; None where it is none, or several."""
    found = all_of(turn)
    return found[0] if len(found) == 1 else None


def all_of(turn: Turn) -> list[KnowledgeEntry]:
    """Those that the latest words may be about, at most three; none where they ask for others."""
    shown = turn.context.get("discussed")
    if shown is not None:  # this turn has been through it
        ids = [each["id"] for each in shown]
    else:
        ids = [each.id for each in _resolved(turn)]
    if not ids:
        return []
    entries = KnowledgeEntry.objects.filter(broker=turn.broker).defer("embedding", "search")
    found = entries.in_bulk(ids)
    return [found[each] for each in ids if each in found]


def _resolved(turn: Turn) -> list[Property]:
    history = list(turn.history) or _history(turn)
    texts = [(False, turn.question)] + [
        (each.direction == Direction.OUT, each.message_text)
        for each in reversed(history[-_LOOKED_BACK:])
    ]
    return resolve(texts, _stock(turn.broker, texts, at=turn.at), turn.lead)


def resolve(texts: Sequence[tuple[bool, str]], stock: Stock, lead: Lead) -> list[Property]:
    """``texts`` are the latest first, each with whether it is ours."""
    latest = texts[0][1]
    if named := stock.named_in(latest):
        return named[:MOST_NAMED]
    before = _before(texts[1:], stock)
    if picked := naming.picked_in(latest, before):
        return picked
    if naming.is_other(latest) and len(before) == 2:
        current = _current(texts[1:], stock)
        return [each for each in before if each not in current]
    if naming.places_in(latest):
        described = stock.described_in(latest)
        again = [each for each in described if each in before]
        return again or _few(described)
    return _current(texts[1:], stock) or _few(_wished(stock, lead))


def _before(texts: Sequence[tuple[bool, str]], stock: Stock) -> list[Property]:
    """The latest that were shown or named side by side."""
    for _ours, text in texts:
        named = stock.named_in(text)
        if len(named) > 1:
            return sorted(named, key=lambda each: _place_in(text, each))[:10]
    return []


def _place_in(text: str, each: Property) -> int:
    at = text.find(each.title)
    return at if at >= 0 else len(text)


def _current(texts: Sequence[tuple[bool, str]], stock: Stock) -> list[Property]:
    for is_ours, text in texts:
        if named := stock.named_in(text):
            return named[:MOST_NAMED]
        if not is_ours and (described := stock.described_in(text)):
            return _few(described)
    return []


def _few(found: Sequence[Property]) -> list[Property]:
    return list(found) if len(found) <= MOST_NAMED else []


def _wished(stock: Stock, lead: Lead) -> list[Property]:
    """What fits the facts of the lead, who has named none."""
    facts = lead.metadata
    places = facts.get("location")
    if not isinstance(places, list):
        return []
    there = [each for each in stock.properties if each.listing.place in places]
    kind, bedrooms = facts.get("property_type"), facts.get("bedrooms")
    return naming.fitting(
        there,
        kind=kind if isinstance(kind, str) else "",
        bedrooms=bedrooms if isinstance(bedrooms, int) else None,
    )


def _history(turn: Turn) -> list[ChatMessage]:
    before = ChatMessage.objects.filter(lead=turn.lead, pk__lt=turn.message.pk)
    return list(before.order_by("-pk")[:_LOOKED_BACK])[::-1]


def _stock(broker: Broker, texts: Sequence[tuple[bool, str]], *, at: datetime) -> Stock:
    """All of a small stock; of a large one what shares a word or a comuna with the conversation."""
    entries = (
        matching.stock(broker, at=at).order_by("-id").only("id", "title", "listing", "content")
    )
    rows = list(entries[: _STOCK + 1])
    if len(rows) > _STOCK:
        rows = list(_sharing(entries, "\n".join(text for _ours, text in texts))[:_SHARING])
    return Stock(map(naming.of_entry, rows))


def _sharing(entries: QuerySet[KnowledgeEntry], text: str) -> QuerySet[KnowledgeEntry]:
    terms = list(dict.fromkeys(words.words(text[:4_000])))[:40]
    codes = Q(listing__code__in=[term.upper() for term in terms if any(map(str.isdigit, term))])
    there = Q(listed_place__in=naming.places_in(text)) | codes
    for term in terms:
        there |= Q(title__icontains=term)
    return entries.filter(there)
