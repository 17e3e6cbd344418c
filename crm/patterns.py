"""Regular expressions for what strangers write: RE2, whose time grows with the text and no faster."""

import re

import re2

_MULTILINE = "(?m)"
_LOOK_AROUND = ("(?=", "(?!", "(?<=", "(?<!")
_MEMORY = (
    2 << 20
)  # bytes of one pattern's states: hostile texts make many, and then they begin anew


class Pattern:
    """A pattern without look-around. Its words and letters are ASCII's: it reads folded text."""

    def __init__(self, source: str) -> None:
        options = re2.Options()
        options.max_mem = _MEMORY
        self.pattern = source
        self._compiled = re2.compile(source, options)

    def search(self, text: str) -> bool:
        """Whether it occurs."""
        return self._compiled.search(_encoded(text)) is not None

    def findall(self, text: str) -> list[str]:
        """Every occurrence, whole."""
        return [each.group().decode() for each in self._compiled.finditer(_encoded(text))]


class Guarded:
    """A pattern with look-arounds, which RE2 lacks: re decides, where RE2 finds it without them.

    Every part of it that may run on has a bound, so that re, too, takes time by the length only.
    """

    def __init__(self, source: str) -> None:
        self.pattern = source
        self._loose = Pattern(_MULTILINE + _without_look_around(source))
        self._exact = re.compile(source, re.MULTILINE)

    def search(self, text: str) -> bool:
        return self._loose.search(text) and self._exact.search(text) is not None


def scanner(source: str) -> Pattern | Guarded:
    """A pattern that is asked whether it occurs; ``^`` and ``$`` are those of each line."""
    if any(mark in source for mark in _LOOK_AROUND):
        return Guarded(source)
    return Pattern(_MULTILINE + source)


def _without_look_around(source: str) -> str:
    """What occurs wherever the pattern does, and elsewhere too."""
    for mark in _LOOK_AROUND:
        while (start := source.find(mark)) >= 0:
            source = source[:start] + source[_closing(source, start) + 1 :]
    return source


def _closing(source: str, start: int) -> int:
    """Where the group ends that begins here; patterns have no brackets within classes."""
    depth = 0
    for place in range(start, len(source)):
        if source[place - 1] != "\\":
            depth += {"(": 1, ")": -1}.get(source[place], 0)
        if depth == 0:
            return place
    raise ValueError("a group is not closed")


def _encoded(text: str) -> bytes:
    """Lone halves of surrogate pairs are no text, and left out."""
    return text.encode(errors="ignore")
