"""A text as the places of its words and letter groups in a table of fixed size."""

import re
from functools import lru_cache
from zlib import crc32

from leads.folding import clean, excerpt, fold

BUCKETS = 1 << 15
GROUPS = (2, 3, 4, 5)  # letters of a group: endings, stems and misspelt words
READ = 800  # characters: what people want stands at the beginning and the end
MOST_SENTENCES = 12
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|\?|[^\w\s.,;:!¡¿'\"()-]")
_SENTENCE = re.compile(r"[^.!?\n;]+[?]?")
_REPEATED = re.compile(r"(\w)\1{2,}")


def sentences(text: str) -> list[str]:
    """The whole text first, then each of its sentences where there are several."""
    folded = _REPEATED.sub(r"\1\1", fold(clean(excerpt(text, READ))))
    found = [each for each in _SENTENCE.findall(folded) if not each.isspace()][:MOST_SENTENCES]
    return [folded, *found] if len(found) > 1 else [folded]


def places(folded: str) -> list[int]:
    """Each place once, in order."""
    words = ["0" if word.isdigit() else word for word in _WORD.findall(folded)]
    found = {place for word in words for place in _of_word(word)}
    found.update(map(_of_pair, zip(["^", *words], [*words, "$"], strict=True)))
    return sorted(found)


@lru_cache(maxsize=8192)
def _of_word(word: str) -> tuple[int, ...]:
    marked = f" {word} "[:40]
    groups = {
        marked[start : start + size]
        for size in GROUPS
        for start in range(max(len(marked) - size + 1, 0))
    }
    return tuple(_place(each) for each in {f"={word}", *groups})


@lru_cache(maxsize=8192)
def _of_pair(pair: tuple[str, str]) -> int:
    return _place(f"{pair[0]}+{pair[1]}"[:40])


def _place(feature: str) -> int:
    return crc32(feature.encode(errors="replace")) % BUCKETS  # half a surrogate pair is no letter
