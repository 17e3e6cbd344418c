"""A reply as its reader sees it: no sign that hides another, and nothing that only a machine reads."""

import re
import unicodedata
from functools import lru_cache

from leads.folding import clean, fold
from leads.languages import language_of
from llm.guards.known import Known, Rule, Violation

# Letters of other scripts that look like ours, as far as words are disguised with them.
_LOOK_ALIKE = str.maketrans(
    "аеорсхіјѕукАВЕКМНОРСТХІЈЅУαορνιΑΒΕΗΙΚΜΝΟΡΤΥΧ",
    "aeopcxijsykABEKMHOPCTXIJSYaopviABEHIKMNOPTYX",
)
_ZWJ, _EMOJI = "\u200d", "\ufe0f"  # what joins the parts of an emoji
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters by their kind, and nothing to see
_RAISED = ("<super>", "<sub>", "<fraction>")  # m² and n.º are read as they are written
_FEW = 3  # letters of another script: a sign for a unit, a name's letter
_CODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")  # no word of our languages is as long
_SPELLED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*·/]{1,2}){5,}[^\W\d_](?!\w)")
_EDGES = ".,;:!?()\"'«»"
_FOREIGN = {
    "fr": frozenset(["votre", "vous", "nous", "avec", "pour", "dans", "est", "et", "je", "oui", "pas", "les", "des", "cette", "banque", "pret"]),
    "it": frozenset(["il", "che", "della", "sono", "gli", "non", "vostro", "suo", "banca", "mutuo", "di", "questo", "anche", "siete"]),
    "de": frozenset(["und", "der", "die", "das", "ist", "nicht", "sie", "ihr", "ihre", "mit", "fur", "kredit", "wir", "haben", "von"]),
}  # fmt: skip
_SURE = 3  # words of a language that is none of ours


def legible(text: str) -> str:
    """The same words in plain signs: without what is not seen, and each letter the one it looks like."""
    return "".join(map(_seen, clean(text).translate(_LOOK_ALIKE)))


@lru_cache(maxsize=4096)
def _seen(sign: str) -> str:
    if sign.isascii() or sign in (_ZWJ, _EMOJI):
        return sign
    if sign in _BLANK or unicodedata.category(sign) in ("Cf", "Mn", "Me"):
        return ""
    plain = unicodedata.normalize("NFKC", sign)
    is_raised = unicodedata.decomposition(sign).startswith(_RAISED)
    return plain if len(plain) == 1 and plain.isascii() and not is_raised else sign


def illegible(text: str, known: Known) -> list[Violation]:
    """Another script, a language that is none of ours, a code, or a word letter by letter."""
    foreign = "".join(sign for sign in text if not sign.isascii() and _is_foreign(sign))
    if len(foreign) >= _FEW:
        return [Violation(Rule.ILLEGIBLE, foreign)]
    if found := _code(text) or _spelled(text) or _other_tongue(text):
        return [Violation(Rule.ILLEGIBLE, found)]
    return []


@lru_cache(maxsize=4096)
def _is_foreign(sign: str) -> bool:
    return sign.isalpha() and not unicodedata.name(sign, "").startswith(
        ("LATIN", "FEMININE", "MASCULINE", "MICRO")
    )


def _code(text: str) -> str:
    """A long run of letters and figures; of a link the guard of links decides."""
    words = (word.strip(_EDGES) for word in text.split() if len(word) > 23)
    return next((word for word in words if _CODED.fullmatch(word)), "")


def _spelled(text: str) -> str:
    found = _SPELLED.search(text)
    return found.group() if found else ""


def _other_tongue(text: str) -> str:
    if language_of(text, sure=1) is not None and len(text.split()) < 8:
        return ""
    words = re.findall(r"[a-z]+", fold(clean(text)))
    for known in _FOREIGN.values():
        found = [word for word in words if word in known]
        if len(set(found)) >= _SURE and len(found) * 5 >= len(words):
            return " ".join(found)
    return ""
