"""A reply taken apart: its sentences, and the clauses of one."""

import re
from functools import lru_cache

from leads.folding import clean, fold

# A stop ends a sentence where a space follows: not in "4.250" and not in "andes.cl".
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s|$))+[.!?]*")
_CLAUSE = re.compile(
    r"[,;:](?=\s)|[()]|\b(?:pero|aunque|sin embargo|asi que|but|although|though|porem|embora)\b"
)
_YES = re.compile(r"\bsí\b|^\W*si(?=,)", re.IGNORECASE)
_ABBREVIATION = re.compile(
    r"\b(av|avda|pje|sr|sra|dr|dra|nro|aprox|depto|dpto|of|etc)\.(?= )", re.I
)


# Every guard takes the same reply apart.
@lru_cache(maxsize=8)
def sentences(text: str) -> tuple[str, ...]:
    whole = _ABBREVIATION.sub(r"\1", text)
    return tuple(found for each in _SENTENCE.findall(whole) if (found := each.strip()))


@lru_cache(maxsize=64)
def statement(sentence: str) -> str:
    """Folded, without a "sí" that folding would make the "si" of a condition."""
    return fold(_YES.sub("", clean(sentence)))


@lru_cache(maxsize=64)
def clauses(folded: str) -> tuple[str, ...]:
    """What stands between commas and before a "pero": each says yes or no by itself."""
    return tuple(found for each in _CLAUSE.split(folded) if (found := each.strip()))


def is_question(sentence: str) -> bool:
    return sentence.rstrip().endswith("?")
