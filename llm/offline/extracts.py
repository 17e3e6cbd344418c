"""Picks from knowledge hits the sentences that answer a question, and knows when none does."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from crm.patterns import Pattern
from leads.comunas import find_comunas
from leads.folding import clean, excerpt, fold
from llm.offline.context import Hit

_LONGEST = 320
_READ, _MOST_SENTENCES = 4_000, 60  # of one entry: more is no short answer
_WORD = re.compile(r"[a-z0-9]+")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.](?=\d)[^.!?\n]+)*[.!?]?")
_MARKUP = re.compile(r"[*_#`|>]+|\[([^\]]{0,200})\]\([^)]{0,500}\)")
_PROMISE = Pattern(r"\b(?:pre-?\s?)?(?:aprobad\w*|aprobac\w*|aprueb\w*|garantiz\w*|asegurad\w*)\b")
_WORD_SIGN = re.compile(r"\w")
_STOP = frozenset(
    """
    a al algo ahi aun asi como con cual cuales cuando de del desde donde e el ella en entre era es esa ese eso esta este
    esto estan hay la las le lo los mas me mi muy no nos o para pero por porque que quien se si sin sobre son su sus
    tal te tiene tienen tienes tengo todo tu un una uno unos unas va y ya yo hola buenas buenos dias tardes gracias
    porfa favor quiero quisiera saber info informacion puedo puede pueden podria ustedes usted busco algun alguna
    necesito gustaria interesa acepta aceptan incluye viene disponible
    """.split()  # noqa: SIM905 - a table of words
)
_CONCEPTS: tuple[tuple[str, str], ...] = (
    ("=mascota", r"mascota|perr[oa]s?$|perrit|gat[oa]s?$|gatit|pet"),
    ("=precio", r"preci|valor|cuanto|cuest|vale$|uf$|cost|sale$"),
    ("=estacionamiento", r"estacionam|parking|auto$"),
    ("=gastos", r"gasto|comunes|ggcc|gc$"),
    ("=entrega", r"entreg|plazo"),
    ("=ubicacion", r"ubic|direcc|queda$|cerca|metro$|avenida|calle"),
    ("=financiamiento", r"credit|hipotec|financ|banc|dividend|leasing|tasa"),
    ("=pie", r"pie$"),
    ("=subsidio", r"subsid|ds1$|ds19$|ds49$|ds01$"),
    ("=documentos", r"document|requisit|papel|liquidac|antecedent"),
    ("=piscina", r"piscin"),
    ("=gimnasio", r"gimnas|gym"),
    ("=seguridad", r"segur|conserj"),
    ("=tamano", r"metros|m2$|superfic|tamano"),
    ("=dicom", r"dicom|moros"),
    ("=reserva", r"reserv"),
    ("~tipo", r"depto|dpto|depart|depa|casa|propied|proyect|edific|parcel|terren|oficin|inmueb|bodeg"),
    ("~dormitorios", r"dorm|piez|habitac|\d+d\d*b?$|\d+b$"),
)  # fmt: skip
_CONCEPT_PATTERNS = tuple((name, re.compile(rf"(?:{pattern})")) for name, pattern in _CONCEPTS)


@dataclass(frozen=True, slots=True)
class Extract:
    text: str
    title: str


def best_extract(query: str, hits: Sequence[Hit], *, cautious: bool = False) -> Extract | None:
    """`cautious` leaves out every sentence that could sound like a promise of credit."""
    query = excerpt(query, _LONGEST)
    asked = set(find_comunas(query))
    wanted = _concepts(query, asked)
    usable = []
    for hit in hits:
        read = Hit(excerpt(hit.title, _LONGEST), excerpt(hit.text, _READ))
        places = set(find_comunas(f"{read.title}. {read.text}"))
        if not asked or not places or asked & places:
            usable.append((read, _concepts(f"{read.title} {read.text}", places)))
    for hit, concepts in sorted(usable, key=lambda each: -_score(wanted, each[1])):
        if _answers(wanted, concepts) and (text := _sentences(wanted, hit, cautious=cautious)):
            return Extract(text, hit.title)
    return None


def _concepts(text: str, comunas: Collection[str]) -> set[str]:
    words = [word for word in _WORD.findall(fold(clean(text))) if word not in _STOP]
    named = {_concept(word) for word in words}
    parts = {stem for comuna in comunas for stem in map(_stem, fold(comuna).split())}
    return {each for each in named if each not in parts} | {f"~{comuna}" for comuna in comunas}


@lru_cache(maxsize=4096)
def _concept(word: str) -> str:
    return next((name for name, pattern in _CONCEPT_PATTERNS if pattern.match(word)), _stem(word))


def _stem(word: str) -> str:
    return word[:5] if len(word) > 5 else word.rstrip("s")


def _score(wanted: set[str], found: set[str]) -> int:
    return sum(1 if each.startswith("~") else 3 for each in wanted & found)


def _answers(wanted: set[str], found: set[str]) -> bool:
    """What sets the question apart (pets, not "the flat") must be in the text."""
    special = {each for each in wanted if not each.startswith("~")}
    named = {each for each in special if each.startswith("=")}
    return bool((named or special or wanted) & found)


def _sentences(wanted: set[str], hit: Hit, *, cautious: bool) -> str:
    sentences = [
        sentence
        for sentence in _split(hit.text)[:_MOST_SENTENCES]
        if not (cautious and _PROMISE.search(fold(clean(sentence))))
    ]
    scores = [_score(wanted, _concepts(each, find_comunas(each))) for each in sentences]
    best = sorted(range(len(sentences)), key=lambda index: (-scores[index], index))[:2]
    worth = [index for index in best if index == best[0] or scores[index] > 0]
    return _fitting(sentences[index] for index in sorted(worth))


def _split(text: str) -> list[str]:
    plain = _MARKUP.sub(lambda match: match.group(1) or "", text)
    return [
        " ".join(sentence.split())
        for sentence in _SENTENCE.findall(plain)
        if _WORD_SIGN.search(sentence)
    ]


def _fitting(sentences: Iterable[str]) -> str:
    kept = ""
    for sentence in sentences:
        ended = sentence if sentence[-1] in ".!?" else sentence + "."
        if len(kept) + len(ended) <= _LONGEST:
            kept = f"{kept} {ended}".strip()
        elif not kept:
            kept = ended[:_LONGEST].rsplit(" ", 1)[0] + "…"
    return kept
