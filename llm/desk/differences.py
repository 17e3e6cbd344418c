"""What differs between two texts of the assistant: section by section, line by line, then word by word."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from llm.desk import sections
from llm.desk.sections import Section, Sections

_WORDS = re.compile(r"\s+|[^\s]+")
# Comparing word by word takes time with the square of the words: of longer pieces whole lines are shown.
MOST_WORDS = 3_000
MOST_MEETINGS = (
    50_000  # of a line with its likes: a text of equal lines takes time with their square
)
Kind = Literal["same", "removed", "added"]


@dataclass(frozen=True)
class Piece:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Difference:
    """One section of two versions; without pieces of either kind it is the same."""

    section: Section
    pieces: tuple[Piece, ...]

    @property
    def title(self) -> Any:
        return self.section.title

    @property
    def is_changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


def between(before: Sections, after: Sections) -> list[Difference]:
    """Every section that has a text in either."""
    every = [
        Difference(each, tuple(pieces(sections.read(each, before), sections.read(each, after))))
        for each in sections.ALL
    ]
    return [each for each in every if each.pieces]


def pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if before == after:
        yield from [Piece("same", before)] if before else []
        return
    if _meetings(old, new) > MOST_MEETINGS:
        yield from _plain("replace", before, after)
        return
    for kind, gone, come in _blocks(old, new):
        if kind != "replace":
            yield from _plain(kind, "".join(gone), "".join(come))
            continue
        words, others = _WORDS.findall("".join(gone)), _WORDS.findall("".join(come))
        if len(words) + len(others) > MOST_WORDS:
            yield from _plain("replace", "".join(gone), "".join(come))
            continue
        for inner, less, more in _blocks(words, others):
            yield from _plain(inner, "".join(less), "".join(more))


def _meetings(old: Sequence[str], new: Sequence[str]) -> int:
    """How often a line of one stands opposite an equal line of the other."""
    others = Counter(new)
    return sum(count * others[line] for line, count in Counter(old).items())


def _blocks(
    old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        yield kind, old[start:end], new[other_start:other_end]


def _plain(kind: str, gone: str, come: str) -> Iterator[Piece]:
    if kind == "equal":
        yield Piece("same", gone)
        return
    if gone:
        yield Piece("removed", gone)
    if come:
        yield Piece("added", come)
