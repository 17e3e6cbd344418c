"""The conversations of an evaluation: what a lead writes, and what should come of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from leads.facts import Facts

OWN = Path(__file__).parent / "conversations.json"

Step = Literal["ask", "inform", "offer_hours", "book", "person", "opt_out"]


class Answer(BaseModel):
    """A question that the lead asked, and what a right answer has in it, one of ``says``."""

    model_config = ConfigDict(extra="forbid")

    question: str
    says: list[str] = Field(min_length=1)


class Expected(BaseModel):
    """``next_step`` names every step that is right in the end; ``never`` is in no reply.

    ``may`` are facts that may be read into what was said, and need not be.
    """

    model_config = ConfigDict(extra="forbid")

    facts: Facts = Field(default_factory=Facts)
    may: Facts = Field(default_factory=Facts)
    next_step: list[Step] = Field(min_length=1)
    answers: list[Answer] = []
    never: list[str] = []


class Case(BaseModel):
    """Messages of one lead, each answered before the next comes."""

    model_config = ConfigDict(extra="forbid")

    id: str
    messages: list[str] = Field(min_length=1)
    expect: Expected


def read(path: Path = OWN, *, only: Sequence[str] = ()) -> list[Case]:
    """Raises pydantic's ValidationError where the file says what no evaluation understands."""
    found: list[Case] = TypeAdapter(list[Case]).validate_json(path.read_text(encoding="utf-8"))
    return [case for case in found if not only or case.id in only]


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
