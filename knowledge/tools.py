"""What the assistant may look up: the knowledge base, by tool and for the question, and what suits the lead."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from knowledge import gaps, matching, refusals, words
from knowledge.models import KnowledgeEntry, SourceType
from knowledge.search import Hit, search
from llm.tools import NoArguments, Tool, Turn, register, register_provider

HITS = 4
CONTEXT_HITS = 3
LETTERS_PER_HIT = 1_200
_ENOUGH_WORDS = 2


class Query(BaseModel):
    query: str = Field(max_length=1_000, description="What to look up, in the lead's own words")


def search_knowledge(turn: Turn, asked: Query) -> dict[str, Any]:
    """Search the brokerage's own information: properties with price and comuna, subsidies DS1 and
    DS19, policies (reservation, down payment, commission, pets), office and frequent questions.
    Answer only with what it returns and name the source; no hits means that it is not known."""
    hits = search(turn.broker, asked.query, limit=HITS, at=turn.at)
    if not hits:
        gaps.note_gap(turn.broker, asked.query, turn.message, at=turn.at)
    return {"hits": [shown(hit) for hit in hits]}


def for_the_question(turn: Turn) -> dict[str, Any]:
    """What may answer the lead's latest words, where they ask something at all."""
    if not asks(turn.question):
        return {}
    hits = search(turn.broker, turn.question, limit=CONTEXT_HITS, at=turn.at)
    return {"knowledge": [shown(hit) for hit in hits]}


def asks(text: str) -> bool:
    """Whether a text is worth a search: a question, or more than a word or two of content."""
    content = list(words.words(text[:1_000]))
    return bool(content) and ("?" in text or len(content) > _ENOUGH_WORDS)


def shown(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.entry_id,
        "title": hit.title,
        "text": hit.text[:LETTERS_PER_HIT],
        "source_type": hit.source_type,
        "date": hit.date.isoformat(),
    }


def match_properties(turn: Turn, asked: NoArguments) -> dict[str, Any]:
    """The properties of the stock that suit this lead best, at most three, each with why it fits and
    what it lacks: offer these, and tell both. None until a comuna or a budget is known."""
    found = matching.for_lead(turn.lead, at=turn.at)
    return {
        "matches": [
            {
                "id": match.entry_id,
                "title": match.title,
                "price": str(match.listing.price or ""),
                "fits": [each.text for each in match.fits],
                "lacks": [each.text for each in match.lacks],
            }
            for match in found
        ]
    }


class Refused(BaseModel):
    id: int = Field(description="The property's id, as a search or a match gave it", ge=1, lt=2**63)
    reason: Literal["price", "place", "size", "kind", "delivery", "pets", "other"]
    note: str = Field(default="", max_length=refusals.NOTE, description="In the lead's own words")


def note_refusal(turn: Turn, asked: Refused) -> dict[str, Any]:
    """Keep that the lead does not want a property that was offered, and why: too dear, the area, too
    small, another kind, ready too late, no pets, or other. The next offers learn of it."""
    properties = KnowledgeEntry.objects.filter(
        broker=turn.broker, source_type=SourceType.PROPERTY
    ).defer("embedding", "search")
    entry = properties.filter(pk=asked.id).first()
    if entry is None:
        return {"noted": False, "why": "no property has this id"}
    refusals.refuse(turn.lead, entry, reason=asked.reason, note=asked.note, at=turn.at)
    return {"noted": True}


# Embedding the question may ask a vendor: no transaction is open meanwhile.
register(Tool("search_knowledge", search_knowledge, Query, transactional=False))
register(Tool("match_properties", match_properties))
register(Tool("note_refusal", note_refusal, Refused))
register_provider("knowledge", for_the_question)
