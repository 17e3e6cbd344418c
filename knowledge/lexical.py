"""The embedding that needs no vendor: hashed word stems and letter groups, unit length."""

import math
import zlib
from collections import Counter
from functools import lru_cache

from knowledge import words
from knowledge.models import DIMENSIONS
from leads.folding import fold

MODEL = "local-lexical-v1"
_LETTERS = 0.7  # what the letter groups of a word weigh together, beside 1 for its stem
_GROUP_SIZE = 4
_PLACES = 4


def embed(text: str) -> list[float]:
    """768 numbers of unit length, also for a text without a word that counts."""
    vector = [0.0] * DIMENSIONS
    for word, times in Counter(words.words(text)).items():
        weight = 1 + math.log(times)
        for place, share in _features(word):
            vector[place] += weight * share
    length = math.sqrt(sum(value * value for value in vector))
    if not length:
        return [1.0, *vector[1:]]
    return [value / length for value in vector]


@lru_cache(maxsize=50_000)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    """Where a word counts: its stem in several places, so that one collision weighs little."""
    stem = words.root(word)
    share = 1 / math.sqrt(_PLACES)
    places = [_hashed(f"{place}:{stem}", share) for place in range(_PLACES)]
    groups = _letter_groups(fold(word))
    return (*places, *(_hashed(f"c:{g}", _LETTERS / math.sqrt(len(groups))) for g in groups))


def _letter_groups(folded: str) -> list[str]:
    """Overlapping groups of letters, which survive a typing mistake elsewhere in the word."""
    if not folded.isalpha():
        return []
    framed = f"<{folded}>"
    return [framed[at : at + _GROUP_SIZE] for at in range(max(1, len(framed) - _GROUP_SIZE + 1))]


def _hashed(feature: str, weight: float) -> tuple[int, float]:
    """A place and a sign by hash, so that features that collide cancel out on average."""
    code = zlib.crc32(feature.encode())
    return code % DIMENSIONS, weight if code & 0x8000_0000 else -weight
