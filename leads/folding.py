"""Folds text for matching: case, accents and typographic signs go, every position stays where it was."""

import unicodedata

LONGEST = 4_000  # characters that are read of one text
_SIGNS = {
    "\u00a0": " ",
    "\u2007": " ",
    "\u202f": " ",
    "\u2018": "'",
    "\u2019": "'",
    "\u00b4": "'",
    "`": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\u2013": "-",
    "\u2014": "-",
}
_MOST = 20_000  # signs that are remembered: of the million that there are a stranger could send all


class _Folded(dict[int, str]):
    """What each sign folds to, found when it is first met."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST:
            self.clear()
        self[code] = folded = _fold_sign(chr(code))
        return folded


def excerpt(text: str, longest: int = LONGEST) -> str:
    """What is read of a long text: its beginning and its end, where people say what they want.

    Whoever understands a text reads this much of it and no more; what is stored stays whole.
    """
    if len(text) <= longest:
        return text
    beginning = longest * 3 // 4
    return f"{text[:beginning]}\n{text[beginning + 1 - longest :]}"


def before(text: str, position: int, reach: int = 100) -> str:
    """The words right before a position, as many as any cue is long: not all that came before."""
    return text[max(position - reach, 0) : position]


def clean(text: str) -> str:
    """NFC, so that an accent never counts as a position of its own."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Expects `clean` text; the answer has the same length."""
    return text.translate(_FOLDED)


def _fold_sign(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign < "\x80":
        return sign.lower()
    decomposed = unicodedata.normalize("NFKD", sign)
    return decomposed[0].lower()[:1]


_FOLDED = _Folded()
