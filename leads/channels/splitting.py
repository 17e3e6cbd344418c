"""Cuts a long text into messages that a channel takes, where a reader would pause."""

import re

_PAUSES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+"),
    re.compile(r"\s+"),
)


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most ``limit`` UTF-16 units, as the vendors count, without loss of words."""
    parts, rest = [], text.strip()
    while length(rest) > limit:
        head = _head(rest, limit)
        cut = _pause(head, rest) or len(head)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest or not parts else parts


def length(text: str) -> int:
    """In UTF-16 units: most emoji are two."""
    return len(text.encode("utf-16-le")) // 2


def _head(text: str, limit: int) -> str:
    return text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", errors="ignore")


def _pause(head: str, text: str) -> int:
    """Where the head is best cut: the last paragraph, line, sentence or word of its second half."""
    reach = text[: len(head) + 1]
    for pause in _PAUSES:
        ends = [found.start() for found in pause.finditer(reach) if found.start() <= len(head)]
        if ends and ends[-1] > len(head) // 2:
            return ends[-1]
    return 0
