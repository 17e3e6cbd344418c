"""What the assistant may look up: the knowledge base, by tool and for the question, and what suits the lead."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from crm.patterns import Pattern
from knowledge import discussed, gaps, matching, refusals, stock, sums, words
from knowledge.models import KnowledgeEntry, SourceType
from knowledge.search import Hit, search
from leads.folding import clean, fold
from llm.offline.asking import questions_in
from llm.tools import NoArguments, Tool, Turn, register, register_provider

HITS = 4
CONTEXT_HITS = 3
LETTERS_PER_HIT = 1_200
_ENOUGH_WORDS = 2


class Query(BaseModel):
    query: str = Field(max_length=1_000, description="What to look up, in the lead's own words")
    also: list[str] = Field(
        default_factory=list,
        max_length=10,
        description="Its subjects in the words of the brokerage",
    )


def search_knowledge(turn: Turn, asked: Query) -> dict[str, Any]:
    """Search the brokerage's own information: properties with price and comuna, subsidies DS1 and
    DS19, policies (reservation, down payment, commission, pets), office and frequent questions.
    Answer only with what it returns and name the source; no hits means that it is not known."""
    query = " ".join([asked.query, *asked.also])
    hits = search(turn.broker, query, limit=HITS, at=turn.at)
    if not hits:
        gaps.note_gap(turn.broker, asked.query, turn.message, at=turn.at)
    return {"hits": [shown(hit) for hit in hits]}


def for_the_question(turn: Turn) -> dict[str, Any]:
    """What may answer the lead's latest words, where they ask something at all."""
    if not asks(turn.question):
        return {}
    hits = search(turn.broker, turn.question, limit=CONTEXT_HITS, at=turn.at)
    return {"knowledge": [shown(hit) for hit in hits]}


def under_discussion(turn: Turn) -> dict[str, Any]:
    """The property that the lead asks about or would see, by its data and text; several where it may be any.

    Nothing is looked up for words that can be about none: most messages tell facts of the lead.
    """
    if not _OF_A_HOME.search(fold(clean(turn.question))) and not questions_in(turn.question):
        return {}
    found = discussed.all_of(turn)
    room = LETTERS_PER_HIT // max(len(found), 1)
    return {"discussed": [{**stock.shown(entry), "text": entry.content[:room]} for entry in found]}


# Words of seeing one, or one that is there: who searches for "un departamento" means none of them.
_OF_A_HOME = Pattern(
    r"\b(?:ver|verl[oa]s?|visit\w*|conoc\w*|recorr\w*|agend\w*|coordin\w*|reserv\w*|see|view\w*)\b"
    r"|\b(?:el|la|del|al|the|that|o|ao) (?:depto|dpto|departamento|depa|casa|casita|estudio|parcela|propiedad|apartment|house|flat|apartamento|apto|imovel|de)\b"
    r"|\b(?:ese|esa|es[eao] de)\b"
)


class Unanswered(BaseModel):
    question: str = Field(max_length=500, description="The question, in the lead's own words")


def note_question(turn: Turn, asked: Unanswered) -> dict[str, Any]:
    """Note a question that nothing here answers, for people to answer and add. Call it whenever you
    say that you will check, and tell the lead that you will get back to them."""
    gaps.note_gap(turn.broker, asked.question, turn.message, at=turn.at)
    turn.progressed = True
    return {"noted": True}


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
        **hit.fields,
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
register(Tool("find_properties", stock.find_properties, stock.Search))
register(Tool("uf_value", sums.uf_value))
register(Tool("estimate_dividend", sums.estimate_dividend, sums.Household))
register(Tool("note_question", note_question, Unanswered))
register_provider("knowledge", for_the_question)
register_provider("discussed", under_discussion)
