"""Folds text for matching: case, accents and typographic signs go, every position stays where it was."""

import unicodedata

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


def clean(text: str) -> str:
    """NFC, so that an accent never counts as a position of its own."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Expects `clean` text; the answer has the same length."""
    return "".join(map(_fold_sign, text))


def _fold_sign(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign < "\x80":
        return sign.lower()
    decomposed = unicodedata.normalize("NFKD", sign)
    return decomposed[0].lower()[:1]
