"""A property as the context shows it, and an answer about one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Home:
    """A property as the context shows it; ``fields`` are short texts by name."""

    id: int
    title: str
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The first part of its title."""
        return re.split(r"[,;:|(]| - ", self.title)[0].strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """Words for the lead; ``home`` where they are about one, so that it is named once."""

    text: str
    home: Home | None = None
    is_whole: bool = False  # a sentence of its own, in place of a predicate
