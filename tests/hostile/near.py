"""Near matches of a regular expression: what it takes for a beginning, up to each place where it may run on."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from re import _constants as op
from re import _parser as parser
from typing import Any

ENDLESS = 1 << 16
MOST = 400


def near_matches(source: str) -> list[str]:
    """Each way in to an endless repeat, and a whole match by the first branches; each also cut short."""
    tree = parser.parse(source)
    found = dict.fromkeys(islice(_openings(tree, ""), MOST))
    found[_sample(tree)] = None
    for text in list(found):
        found[text[:-1]] = None
    return [text for text in found if text.strip()]


def _openings(items: Sequence[Any], before: str) -> Iterator[str]:
    """What stands before and in every endless repeat, one after another."""
    for name, value in items:
        for inner in _inside(name, value):
            yield from _openings(inner, before)
        if name in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and value[1] >= ENDLESS:
            once = _sample(value[2])
            yield from (before + once, before + once * 3, f"{before} {once}", f"{before} ")
        before += _sample([(name, value)])


def _inside(name: Any, value: Any) -> Iterator[Sequence[Any]]:
    if name in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        yield value[2]
    elif name is op.SUBPATTERN:
        yield value[-1]
    elif name is op.ATOMIC_GROUP:
        yield value
    elif name is op.BRANCH:
        yield from value[1]
    elif name in (op.ASSERT, op.ASSERT_NOT):
        yield value[1]


def _sample(items: Sequence[Any]) -> str:
    """One text that the items match, look-arounds aside."""
    return "".join(_one(name, value) for name, value in items)


def _one(name: Any, value: Any) -> str:
    if name is op.LITERAL:
        return chr(value)
    if name is op.NOT_LITERAL:
        return "x" if value != ord("x") else "y"
    if name is op.ANY:
        return "x"
    if name is op.IN:
        return _member(value)
    if name is op.BRANCH:
        return _sample(value[1][0])
    if name in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return _sample(value[2]) * max(value[0], 1)
    if name is op.SUBPATTERN:
        return _sample(value[-1])
    if name is op.ATOMIC_GROUP:
        return _sample(value)
    return ""


_CLASSES = {
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_NOT_WORD: " ",
}


def _member(value: Sequence[Any]) -> str:
    """A sign of the class; of one that is told by what it leaves out, the likeliest."""
    if value[0][0] is op.NEGATE:
        shut = re.compile("[" + "".join(map(_written, value[1:])) + "]")
        return next(sign for sign in "a 1,\n-_é€" if not shut.fullmatch(sign))
    kind, what = value[0]
    if kind is op.LITERAL:
        return chr(what)
    if kind is op.RANGE:
        return chr(what[0])
    return _CLASSES[what]


_WRITTEN = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_NOT_WORD: r"\W",
}


def _written(item: Any) -> str:
    kind, what = item
    if kind is op.LITERAL:
        return re.escape(chr(what))
    if kind is op.RANGE:
        return f"{re.escape(chr(what[0]))}-{re.escape(chr(what[1]))}"
    return _WRITTEN[what]
