"""What the assistant may look up: the knowledge base, by tool and for the question at hand."""

from typing import Any

from pydantic import BaseModel, Field

from knowledge import gaps, words
from knowledge.search import Hit, search
from llm.tools import Tool, Turn, register, register_provider

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


# Embedding the question may ask a vendor: no transaction is open meanwhile.
register(Tool("search_knowledge", search_knowledge, Query, transactional=False))
register_provider("knowledge", for_the_question)
