"""Answers from policies, subsidies and frequent questions: a passage of the subject with what is asked for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm.patterns import Pattern
from leads.folding import clean, excerpt, fold
from llm.offline.asking import Asked, Kind
from llm.offline.concepts import concepts, is_subject
from llm.offline.context import Hit

_AKIN, _SURE = 5, 6  # letters from which words may differ in their end, and by a letter
_READ, _MOST_SENTENCES, _LONGEST = 4_000, 60, 320
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.](?=\d)[^.!?\n]+)*[.!?]?")
_MARKUP = re.compile(r"[*_#`|>]+|\[([^\]]{0,200})\]\([^)]{0,500}\)")
_TOGETHER = 2
_FIGURE = re.compile(r"\$ ?\d|\buf ?\d|\d ?%")
_WORD = re.compile(r"[a-z0-9]+")
_LIMIT = re.compile(r"\btramo \d: (?:[a-z]+ ){0,4}hasta uf (\d[\d.]*\d)")
_PRICE = re.compile(r"\b(\d{3,5}|\d\.\d{3}) ?uf\b|\buf ?(\d{3,5}|\d\.\d{3})\b")
_WORD_SIGN = re.compile(r"\w")
_PROMISE = Pattern(r"\b(?:pre-?\s?)?(?:aprobad\w*|aprobac\w*|aprueb\w*|garantiz\w*|asegurad\w*)\b")
_NUMBER = r"(?:\d[\d.,]*|un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|medio|media)"
_HAS = {
    Kind.AMOUNT: Pattern(r"\$ ?\d|\buf ?\d|\d ?%|\b\d+ por ciento|\bmedio mes|\bgratis|\bgratuit\w*|\b(?:sin|no tienen?|ningun) costo|\bno (?:se )?(?:paga|cobra)\w*|\b(?:un|dos|tres) mes(?:es)? de"),
    Kind.DURATION: Pattern(rf"\b{_NUMBER} (?:\w+ )?(?:dias?|mes(?:es)?|anos?|horas?|semanas?|minutos?|cuotas)\b|\bcuotas\b"),
    Kind.COUNT: Pattern(rf"\b{_NUMBER}\b"),
    Kind.WHEN: Pattern(r"\d{1,2}:\d\d|\b(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|semestre|enero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)\b|\bal (?:firmar|momento)\b|\bveces al ano\b|\bdias? habiles\b|\banticipacion\b"),
    Kind.WHERE: Pattern(r"\b(?:avenida|av|calle|pasaje|oficina|metro|piso|proyecto|banco|notaria)\b"),
    Kind.NAME: Pattern(r"\bse llama\b|\bnombre\b"),
}  # fmt: skip
# Subjects that may stand for one another between a question and a passage.
_NEAR = {
    "=documento": frozenset({"=documento", "liquidacion", "liquid", "certificad", "cedul", "presentan", "=registro"}),
    "=horario": frozenset({"=horario", "=oficina"}),
    "=oficina": frozenset({"=oficina", "=horario"}),
    "=garantia": frozenset({"=garantia"}),
    "=independiente": frozenset({"=independiente"}),
    "=postular": frozenset({"=postular", "=ahorro"}),
    "=contado": frozenset({"=contado"}),
    "=duracion": frozenset({"=duracion"}),
}  # fmt: skip
# What a question's kind asks for already, and words beside a subject that narrow nothing down.
_ASIDE = frozenset(
    {"=costo", "=duracion", "=horario", "=oficina", "=anticipacion", "=interes", "=direccion"}
)
# A passage that is for some only, where the question says nothing of them, comes after one for all.
_NARROWS = frozenset({"=arriendo", "=usado", "=nuevo", "=subsidio", "=independiente", "=tramo"})
# One that was named before is meant on: "¿Qué es el DS19? ¿Hay que postular?"
_PROGRAMMES = frozenset({"=ds1", "=ds19", "=ds49"})
_SAY_NOTHING = frozenset({"tiene", "puede", "cuant", "sobre", "desde", "hasta"})
_SPLIT = frozenset({"=usado", "=nuevo", "=arriendo"})
_LATER = 0.05  # of a point for each sentence that comes before: what matters is said first
_YES = Pattern(
    r"\b(?:admiten?|aceptan?|permiten?|se (?:puede|acepta|devuelve|paga)|puede\w*|trabajamos|tenemos|hay|sirve|incluye\w*|devuelve\w*|descuentan?|atendemos|ayuda|permite|se pide|suele\w*)\b"
)
_NO = r"\bno (?:\w+ ){0,2}"
_DEPENDS = Pattern(r"\bdepende\w*\b")
_SOURCES = {"policy": "Según nuestra política, ", "subsidy": "Según la información del {title}, "}
_LOWERED = frozenset(
    ["el", "la", "los", "las", "un", "una", "en", "si", "lo", "para", "con", "se", "sirve", "atendemos", "trabajamos", "tramo", "del", "al", "no", "hay", "cada", "toda", "todo", "sobre", "por", "cuando"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    text: str
    hit: Hit
    yes: str = ""  # "Sí" or "No" where the question asks whether, and the passage decides it


def find(
    asked: Asked, hits: Sequence[Hit], *, cautious: bool, names: frozenset[str] = frozenset()
) -> Passage | None:
    """The passage that answers; ``cautious`` leaves out what could sound like a promise of credit.

    ``names`` are words of the properties under discussion, of which no policy speaks.
    """
    needed = _needed(asked) - names
    if not needed - _SPLIT:  # "arriendo" alone says nothing of what is asked
        return None
    stage = _stage(asked, hits)
    best: tuple[float, Passage] | None = None
    for place, hit in enumerate(hit for hit in hits if hit.source_type != "property"):
        sentences = _sentences(hit, cautious=cautious)
        title = concepts(fold(clean(excerpt(hit.title))))
        whole = title | frozenset().union(*(each for _text, each in sentences))
        for number, (text, here) in enumerate(sentences):
            if stage and _LIMIT.search(fold(clean(text))) and stage not in fold(clean(text)):
                continue
            score = _score(asked, needed, title, here, whole, text)
            score = None if score is None else score - number * _LATER
            if score is not None and (best is None or score - place / 100 > best[0]):
                chosen = _with_next(asked, sentences, number, needed)
                clause = _clause(chosen, needed, title)
                chosen = chosen[chosen.index(clause) :]
                yes = _polarity(asked, clause, needed - title)
                best = score - place / 100, Passage(chosen, hit, yes)
    return best[1] if best else None


def _stage(asked: Asked, hits: Sequence[Hit]) -> str:
    """Of stages with limits ("hasta UF 1.600") the lowest that holds the price in the question."""
    if not (found := _PRICE.search(asked.folded)):
        return ""
    price = _number(found.group(1) or found.group(2))
    limits = {
        match.group(1): _number(match.group(1))
        for hit in hits
        for match in _LIMIT.finditer(fold(clean(excerpt(hit.text, _READ))))
    }
    enough = [limit for limit, value in limits.items() if value >= price]
    return min(enough, key=lambda limit: limits[limit], default="")


def _number(written: str) -> int:
    return int(written.replace(".", ""))


def _said_of(clause: str, needed: frozenset[str]) -> str:
    """Of "trabajamos con bancos y la evaluación no tiene costo" the half that was asked about."""
    halves = re.split(r" y (?=(?:la|el|los|las|no|se|suma) )", clause)
    return max(halves, key=lambda half: len(needed & concepts(fold(clean(half)))))


def _clause(text: str, needed: frozenset[str], title: frozenset[str]) -> str:
    """Of a sentence in parts the one that has most of what sets the question apart."""
    parts = text.split("; ")

    def weight(part: str) -> tuple[int, int]:
        here = needed & concepts(fold(clean(part)))
        return len(here - title), len(here)

    return max(parts, key=weight)


def said_of(passage: Passage, *, sourced: bool) -> str:
    """The passage with its source in words, once a reply."""
    text = f"{passage.text[0].upper()}{passage.text[1:]}"
    lead = "" if sourced else _SOURCES.get(passage.hit.source_type, "")
    lead = lead.format(title=_short_title(passage.hit.title))
    first = text.split(" ", 1)[0]
    if fold(first).strip(",:") in _LOWERED and (lead or passage.yes):
        text = text[0].lower() + text[1:]
    if passage.yes:
        joined = ":" if text.startswith("si ") and not lead else ","
        return f"{passage.yes}{joined} {lead[:1].lower()}{lead[1:]}{text}"
    return f"{lead}{text}"


def _short_title(title: str) -> str:
    return " ".join(title.split()[:2])


# --- What is asked and what is there ---------------------------------------------------------------


def _needed(asked: Asked) -> frozenset[str]:
    """The concepts that a passage must have; of what was said before only subjects of the trade."""
    own = frozenset(each for each in asked.subject if each not in _ASIDE)
    if any(map(is_subject, own)):
        return own | (asked.about & _PROGRAMMES if not own & _PROGRAMMES else frozenset())
    before = frozenset(each for each in asked.about if is_subject(each) and each not in _ASIDE)
    if own or before:
        return own | before if before else own
    return frozenset(each for each in asked.subject if is_subject(each) and each != "=direccion")


def _score(
    asked: Asked,
    needed: frozenset[str],
    title: frozenset[str],
    here: frozenset[str],
    whole: frozenset[str],
    text: str,
) -> float | None:
    """None where a word that was asked for is missing, or the kind of value."""
    in_sentence = {each for each in needed if _is_in(each, here)}
    in_title = {each for each in needed if _is_in(each, title)}
    nearby = {each for each in needed if _is_in(each, whole)}
    if not in_sentence | in_title or needed - nearby:
        return None
    beside = needed - in_sentence - in_title
    if beside and not all(map(is_subject, beside)):
        return None
    if not any(map(is_subject, needed)) and not in_title and len(in_sentence) < _TOGETHER:
        return None  # one word that is no subject says little of what a passage is about
    if asked.kind is Kind.AMOUNT and not in_title and not _comes_before(in_sentence, text):
        return None
    has = _HAS.get(asked.kind)
    if has is not None and not has.search(fold(clean(text))):
        return None
    alike = len(_words(asked.folded) & _words(fold(clean(text))))
    beside_it = len({each for each in asked.about - needed if _is_in(each, here)})
    narrower = len((here & _NARROWS) - needed - asked.about)
    return (
        0.6 * alike
        + 0.8 * beside_it
        - 1.5 * narrower
        + 2.0 * len(in_sentence)
        + 0.5 * len(in_title - in_sentence)
        + 0.4 * len(in_title & in_sentence)
        - 0.5 * len(beside)
        - len(text) / 2_000
    )


def _comes_before(names: Iterable[str], text: str) -> bool:
    """Whether a subject stands before the first figure: what comes after it costs something else."""
    folded = fold(clean(text))
    figure = _FIGURE.search(folded)
    before = concepts(folded[: figure.start()] if figure else folded)
    return any(_is_in(each, before) for each in names)


def _words(folded: str) -> frozenset[str]:
    """Verbs and the like too: between two passages of a subject they decide."""
    words = (word for word in _WORD.findall(folded) if len(word) >= _AKIN)
    return frozenset(word[:_AKIN] for word in words if word[:_AKIN] not in _SAY_NOTHING)


def _is_in(name: str, there: frozenset[str]) -> bool:
    if name in there or _NEAR.get(name, frozenset()) & there:
        return True
    return not is_subject(name) and any(_is_akin(name, each) for each in there)


def _is_akin(one: str, other: str) -> bool:
    """The same word in another form, or misspelled at its end."""
    if any(map(str.isdigit, one)):
        return False
    least = min(len(one), len(other))
    shared = least if least < _SURE else least - 1
    return least >= _AKIN and one[:shared] == other[:shared] and abs(len(one) - len(other)) <= 3


def _polarity(asked: Asked, text: str, needed: frozenset[str]) -> str:
    if asked.kind not in (Kind.WHETHER, Kind.WHEN) or (
        asked.kind is Kind.WHEN and not _OPEN_ON.search(asked.folded)
    ):
        return ""
    folded = fold(clean(text))
    if _LOSES.search(asked.folded):
        return "No" if "devuelve" in folded and "no se devuelve" not in folded else ""
    if days := _WEEKDAY.findall(asked.folded):
        return "Sí" if all(_is_open(day, folded) for day in days) else "No"
    folded = fold(clean(_said_of(text, needed)))
    if _DEPENDS.search(folded):
        return "" if not _YES.search(folded.split("depende")[0]) else "Sí"
    if re.search(_NO + r"(?:paga|cobra|tiene|hay|se|debe|incluye|acept|admit|necesita)", folded):
        return "No"
    return "Sí" if _YES.search(folded) else ""


def _is_open(day: str, folded: str) -> bool:
    """Whether a day is named, or lies between Monday and Friday where those are."""
    weekday = day in ("lunes", "martes", "miercoles", "jueves", "viernes")
    return day in folded or (weekday and "lunes a viernes" in folded)


# "¿Atienden el domingo?" asks for hours, and is answered by yes or no.
_OPEN_ON = Pattern(
    r"\b(?:atienden|abren|abierto|estan) (?:el |los |en |un )?(?:dia )?(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)"
)
_LOSES = Pattern(r"\bpierd\w*|\bperder\w*")
_WEEKDAY = Pattern(r"\b(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)")


def _with_next(
    asked: Asked,
    sentences: Sequence[tuple[str, frozenset[str]]],
    number: int,
    needed: frozenset[str],
) -> str:
    """A list of requirements goes on in the next sentence, as does what is different for others."""
    text, here = sentences[number]
    if number + 1 < len(sentences) and (here & _SPLIT) - needed - asked.about:
        following, there = sentences[number + 1]  # what is so for some, then for the others
        if there & _SPLIT and not here & there & _SPLIT and len(text) + len(following) <= _LONGEST:
            return f"{text} {following}"
    goes_on = asked.kind is Kind.WHICH and number + 1 < len(sentences)
    if goes_on and text.count(",") > 1:
        following, here = sentences[number + 1]
        if (needed | asked.about) & here | ({"=independiente"} & here) and len(text) + len(
            following
        ) <= _LONGEST:
            text = f"{text} {following}"
    return text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + "…"


def _sentences(hit: Hit, *, cautious: bool) -> list[tuple[str, frozenset[str]]]:
    plain = _MARKUP.sub(lambda match: match.group(1) or "", excerpt(hit.text, _READ))
    found = []
    for sentence in _SENTENCE.findall(plain)[:_MOST_SENTENCES]:
        text = " ".join(sentence.split())
        if not _WORD_SIGN.search(text) or (cautious and _PROMISE.search(fold(clean(text)))):
            continue
        ended = text if text[-1] in ".!?" else f"{text}."
        found.append((ended, concepts(fold(clean(text)))))
    return found
