"""The conversations of an evaluation: what a lead writes, and what should come of it."""

import json
from datetime import time
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from leads.facts import Facts

OWN = Path(__file__).parent / "conversations"
# Who writes the assistant's rules reads the first and never the second.
SPLITS = {"development": OWN / "development.json", "held_out": OWN / "held_out.json"}
ALL, FAST, FAST_EVERY = "all", "fast", 10

Skill = Literal[
    "facts", "corrections", "couples", "income", "pensions", "independents", "foreigners",
    "credit", "timeline", "names", "places", "property_questions", "policy_questions",
    "unknown_questions", "hours", "visits", "rescheduling", "cancelling", "complaints", "anger",
    "sarcasm", "opt_out", "near_opt_out", "attacks", "languages", "handover", "smalltalk",
    "images_words",
]  # fmt: skip
Step = Literal["ask", "inform", "offer_hours", "book", "move", "cancel", "person", "opt_out"]
Language = Literal["es", "en", "pt"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StandingVisit(Strict):
    """A visit agreed on before the conversation, counted from its day; the listing by its code."""

    in_days: int = Field(ge=0, le=30)
    at: time
    property: str = ""


class Given(Strict):
    """What is known of the lead before they write."""

    name: str | None = None
    phone: str | None = None
    visit: StandingVisit | None = None

    @property
    def facts(self) -> Facts:
        return Facts(name=self.name, phone=self.phone)


class Answer(Strict):
    """A question of the lead: what a right answer has in it, one of ``says``, or that nobody knows.

    Of what is ``unknown`` it is right to say that it will be checked and to note the gap, or to
    call a person.
    """

    question: str
    says: list[str] = []
    unknown: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.says) == self.unknown:
            raise ValueError("either says or unknown")
        return self


class Expected(Strict):
    """``next_step`` names every step that is right in the end; ``never`` is in no reply.

    ``may`` are facts that may be read into what was said, and need not be.
    """

    facts: Facts = Field(default_factory=Facts)
    may: Facts = Field(default_factory=Facts)
    next_step: list[Step] = Field(min_length=1)
    answers: list[Answer] = []
    never: list[str] = []
    language: Language = "es"


class Case(Strict):
    """Messages of one lead, each answered before the next comes."""

    id: str
    skills: list[Skill] = Field(min_length=1, max_length=3)
    given: Given = Field(default_factory=Given)
    messages: list[str] = Field(min_length=1)
    expect: Expected


def of_split(split: str) -> list[Case]:
    """The conversations of a part, of all parts, or of the few that a change is tried on first."""
    if split == FAST:
        return read(SPLITS["development"])[::FAST_EVERY]
    paths = SPLITS.values() if split == ALL else [SPLITS[split]]
    return [case for path in paths for case in read(path)]


def read(path: Path) -> list[Case]:
    """Raises pydantic's ValidationError where the file says what no evaluation understands."""
    found: list[Case] = TypeAdapter(list[Case]).validate_json(path.read_text(encoding="utf-8"))
    return found


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
