"""Answers about a property: from its data, else from the piece of its text that has what is asked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from crm.patterns import Pattern
from leads.folding import clean, excerpt, fold
from leads.languages import Language
from leads.money_words import WORDS
from llm.offline.asking import Asked, Kind
from llm.offline.attributes import ATTRIBUTES, BY_NAME, Attribute
from llm.offline.concepts import concepts, stem
from llm.offline.home import Answer, Home
from llm.offline.home_sentences import subject
from llm.offline.home_translations import DENIES, in_words_of

_ALIKE_FROM, _ALIKE = 5, 0.75
_LONGEST = 110  # letters of a sentence that is said whole
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.](?=\d)[^.!?\n]+)*")
_WORD = re.compile(r"[a-z0-9]+")
_DIGIT = re.compile(r"\d|\b(?:un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez)\b")
_MONEY = re.compile(r"\$ ?\d|\buf \d")
_SIZED = re.compile(r"\d ?m(?:2|²)")
_COMMA = re.compile(r",\s+|;\s+|:\s+")
_BRIEF = 26  # letters: a part so short says little by itself


# Words by which the same thing is asked in another way.
_SAME = {
    "sta": "sant", "piez": "dormitori", "pieza": "dormitori", "cuarto": "dormitori", "habitacion": "dormitori", "mueble": "amobl", "muebl": "amobl", "amoblad": "amobl",
    "ampli": "ampli", "ampliable": "ampli", "eventos": "event", "salon": "sala", "nino": "infantil", "nin": "infantil",
}  # fmt: skip
# Said of many things beside the property.
_NEAR_NOTHING = frozenset({"price", "state", "place", "metro", "m2", "bedrooms", "home_mortgage"})
_FIGURE = re.compile(r"\b\d{2,}\b")
_ASIDES = Pattern(r"\b(?:llam|nombre)\w*")


def attribute_asked(asked: Asked) -> Attribute | None:
    """What the question is like among examples, else the first that its words name."""
    if asked.guess in BY_NAME:
        return BY_NAME[asked.guess]
    return next((each for each in ATTRIBUTES if each.asks.search(asked.folded)), None)


def _is_sure(asked: Asked) -> bool:
    """Whether the examples say so: then the words around it, a greeting or a reason, ask nothing more."""
    return asked.guess in BY_NAME


def meant_in(text: str, candidates: Sequence[Home]) -> Sequence[Home]:
    """The one of several of whose text a message has the most words, else all of them."""
    words = _meant(concepts(fold(clean(excerpt(text)))))
    counts = [len(words & _stems(f"{home.title} {home.text}")) for home in candidates]
    best = [home for home, count in zip(candidates, counts, strict=True) if count == max(counts)]
    return best if len(best) == 1 else candidates


def answer(
    asked: Asked, home: Home, language: Language, *, described: bool = False
) -> Answer | None:
    """None where the property's data and text do not have it.

    ``described`` is a property that the question may mean by what its text says of it.
    """
    found = _answer(asked, home, language, described=described)
    if found is None and _is_sure(asked):  # a finer thing of its kind: "logia" of the laundry
        found = _answer(replace(asked, guess=""), home, language, described=described)
    return found


def _answer(asked: Asked, home: Home, language: Language, *, described: bool) -> Answer | None:
    attribute = attribute_asked(asked)
    if attribute is None:
        return _feature(asked, home, language)
    if asked.kind is Kind.NAME:
        return None
    itself = f"{home.title} {home.text}" if described else home.title
    unexplained = not _is_sure(asked) and not _others(asked, home, attribute) <= _stems(itself)
    if attribute.evidence is None and unexplained:
        return None
    if attribute.key and (found := _from_field(attribute, asked, home, language)):
        return found
    if attribute.evidence is None:
        return None
    return _from_text(attribute, asked, home, language, described=described)


def nearest(asked: Asked, home: Home, language: Language) -> Answer | None:
    """What is known of the thing that a finer point is asked of, said plainly: neither yes nor no."""
    attribute = attribute_asked(asked) or BY_NAME.get(asked.likely)
    plain = replace(asked, kind=Kind.WHICH)
    if attribute is None or attribute.name in _NEAR_NOTHING:
        return None
    if attribute.evidence is not None and (piece := _piece(home, attribute.evidence, plain)):
        if language == "es":
            return Answer(_quoted(piece, plain), home, is_whole=True)
        return in_words_of(language, attribute, piece, home)
    return _from_field(attribute, plain, home, language) if attribute.key else None


# --- From the data ------------------------------------------------------------------------------


def _from_field(
    attribute: Attribute, asked: Asked, home: Home, language: Language
) -> Answer | None:
    value = home.fields.get(attribute.key, "")
    if attribute.name == "state":
        return _availability(home, language)
    if not value:
        return None
    if attribute.name == "expenses" and value == "$0":
        none = {
            "es": "no tiene gastos comunes",
            "en": "has no common expenses",
            "pt": "não tem condomínio",
        }
        return Answer(none[language], home)
    if attribute.name == "price" and asked.kind is Kind.COUNT:
        return None
    if attribute.name in ("bedrooms", "bathrooms"):
        return Answer(_counted(attribute, asked, value, language), home)
    if attribute.name == "m2" and language != "es":
        value = value.removesuffix(" útiles")
    if attribute.name == "place":
        return Answer(attribute.says[language].format(value), home)
    return Answer(attribute.says[language].format(value), home)


def summary(home: Home, language: Language) -> Answer:
    """What there is to say of a property when "info" is asked for."""
    given = home.fields
    expenses = given.get("expenses", "")
    words = {
        "es": ("{} dormitorios", "{} baños", "gastos comunes de unos {} al mes"),
        "en": ("{} bedrooms", "{} bathrooms", "common expenses of about {} a month"),
        "pt": ("{} quartos", "{} banheiros", "condomínio de cerca de {} por mês"),
    }[language]
    values = (
        given.get("bedrooms", ""),
        given.get("bathrooms", ""),
        "" if expenses == "$0" else expenses,
    )
    parts = [given.get("price", ""), given.get("place", "")]
    parts += [word.format(value) for word, value in zip(words, values, strict=True) if value]
    parts.append(
        given.get("m2", "") if language == "es" else given.get("m2", "").removesuffix(" útiles")
    )
    text = f"{subject(home, language)}: {', '.join(filter(None, parts))}."
    text = text.replace("1 dormitorios", "1 dormitorio").replace("1 baños", "1 baño")
    return Answer(f"{text[0].upper()}{text[1:]}", home, is_whole=True)


def _availability(home: Home, language: Language) -> Answer:
    gone = home.fields.get("state") == "no disponible"
    texts: Mapping[Language, tuple[str, str]] = {
        "es": ("Sí, sigue publicado: {}, {}.", "No, {} ya no está disponible."),
        "en": ("Yes, it is still listed: {}, {}.", "No, {} is no longer available."),
        "pt": ("Sim, continua anunciado: {}, {}.", "Não, {} não está mais disponível."),
    }
    text = texts[language][gone].format(home.name, home.fields.get("price", ""))
    return Answer(text.replace(", .", "."), home, is_whole=True)


def _counted(attribute: Attribute, asked: Asked, value: str, language: Language) -> str:
    """ "¿Tiene 3 dormitorios?" is answered by yes or no first."""
    text = attribute.says[language].format(value)
    if value == "1":
        text = text.replace("baños", "baño").replace("dormitorios", "dormitorio")
        text = (
            text.replace("rooms", "room")
            .replace("banheiros", "banheiro")
            .replace("quartos", "quarto")
        )
    numbers = [
        int(word) if word.isdigit() else WORDS.get(word) for word in _WORD.findall(asked.folded)
    ]
    named = [each for each in numbers if each]
    if asked.kind is not Kind.WHETHER or not named:
        return text
    yes = {"es": ("No, ", "Sí, "), "en": ("No, ", "Yes, "), "pt": ("Não, ", "Sim, ")}
    return yes[language][str(named[0]) == value] + text


# --- From the text ------------------------------------------------------------------------------


def _from_text(
    attribute: Attribute, asked: Asked, home: Home, language: Language, *, described: bool
) -> Answer | None:
    assert attribute.evidence is not None
    piece = _piece(home, attribute.evidence, asked)
    if not piece or not _has_kind(asked, piece, attribute):
        return None
    if asked.kind is Kind.WHETHER and not _has_figures(asked, piece):
        return None
    others = frozenset() if _is_sure(asked) else _others(asked, home, attribute)
    near = f"{home.text} {home.title}" if described else f"{piece} {home.title}"
    if not others <= _stems(near):
        return None
    if attribute.name == "delivery" and language == "es" and asked.kind is Kind.WHETHER:
        return Answer(_ready(piece, home), home, is_whole=True)
    if language == "es":
        return Answer(_quoted(piece, asked), home, is_whole=True)
    return in_words_of(language, attribute, piece, home)


def _has_figures(asked: Asked, piece: str) -> bool:
    """ "¿La guardia es 24/7?" is not answered by a guard without hours."""
    there = fold(clean(piece))
    return all(figure in there for figure in _FIGURE.findall(asked.folded))


def _feature(asked: Asked, home: Home, language: Language) -> Answer | None:
    """Something that has no name here: all its words must stand in one piece of the text."""
    words = _others(asked, home, None)
    if not words or language != "es" or asked.kind in (Kind.NAME, Kind.AMOUNT, Kind.WHERE):
        return None
    for alternative in _alternatives(asked.folded):
        words = _meant(concepts(alternative)) - _stems(home.title)
        for piece in _pieces(home.text):
            if words and words <= _stems(piece) and _has_kind(asked, piece, None):
                return Answer(_quoted(piece, asked), home, is_whole=True)
    return None


def _alternatives(folded: str) -> list[str]:
    return [each for each in re.split(r"\bo\b", folded) if concepts(each)]


def _others(asked: Asked, home: Home, attribute: Attribute | None) -> frozenset[str]:
    """The words of the question beside what is asked, the property's name and its place."""
    folded = asked.folded
    if attribute is not None:
        for match in attribute.asks.findall(folded):
            folded = folded.replace(match, " ")
    named = _stems(f"{home.title} {home.fields.get('place', '')} {home.fields.get('code', '')}")
    words = _meant(concepts(folded)) - named - _LIGHT
    return frozenset(word for word in words if not _is_like(word, named))


def _is_like(word: str, named: frozenset[str]) -> bool:
    """A misspelling of a word of its name: "irarazabal"."""
    return len(word) >= _ALIKE_FROM and any(
        SequenceMatcher(None, word, each).ratio() >= _ALIKE
        for each in named
        if abs(len(each) - len(word)) <= 2 and each[0] == word[0]
    )


# Beside an attribute they ask for nothing more: "¿a cuántas cuadras…?" is asked for by its kind.
_LIGHT = frozenset(
    """
    =costo =duracion =oficina =horario =credito cuadr cuadra cerc cerca grand metr m2 mide medid aprox
    aproximad mensual total util present much ampli privad propi tien hoy actual video vide fot foto
    public aviso anunci vi vist ver gust encant interes =nuevo inmediat directament list listo term
    terminad dorm dormitori bano cab auto aun todavi inclu
    """.split()  # noqa: SIM905 - a table of words
)  # fmt: skip


def _meant(words: frozenset[str]) -> frozenset[str]:
    return frozenset(_SAME.get(each, each) for each in words)


def _stems(text: str) -> frozenset[str]:
    folded = fold(clean(text))
    every = frozenset(stem(word) for word in _WORD.findall(folded))
    return _meant(concepts(folded)) | _meant(every)


def _piece(home: Home, evidence: Pattern, asked: Asked) -> str:
    """The part of a sentence that has it, with the rest of the sentence where the part is short."""
    found = [each for each in _pieces(home.text) if evidence.search(fold(clean(each)))]
    sized = [each for each in found if _SIZED.search(fold(clean(each)))]
    if asked.kind is Kind.COUNT or "grande" in asked.folded or "mide" in asked.folded:
        found = sized or found
    if found:
        return found[0]
    return home.title if evidence.search(fold(clean(home.title))) else ""


def _pieces(text: str) -> list[str]:
    """Short sentences whole, of others what stands between commas; a denial never with the rest."""
    pieces: list[str] = []
    for sentence in _SENTENCE.findall(text):
        plain = " ".join(sentence.split())
        parts = [each.strip() for each in _COMMA.split(plain) if each.strip()]
        denies = any(DENIES.search(fold(clean(each))) for each in parts)
        is_short = len(parts[0]) < _BRIEF if parts else False
        whole = len(plain) <= _LONGEST and not denies and is_short
        pieces += [plain] if whole or len(parts) == 1 else parts
    return [each for each in pieces if each]


def _has_kind(asked: Asked, piece: str, attribute: Attribute | None) -> bool:
    folded = fold(clean(piece))
    if asked.kind is Kind.NAME or (attribute is None and asked.kind is Kind.DURATION):
        return False
    if asked.kind is Kind.AMOUNT and attribute and attribute.name in ("rent", "parking", "storage"):
        return bool(_MONEY.search(folded))
    if re.search(r"\bcuadras|\bblocks|\bminutos\b", asked.folded):
        return bool(re.search(r"\bcuadras?\b|\bminutos\b|\bpasos\b", folded)) and bool(
            _DIGIT.search(folded) or "pasos" in folded
        )
    if re.search(r"(?:tan grande|mide|cuantos metros|m2|superficie|tamano)", asked.folded):
        return bool(_SIZED.search(folded))
    return True


def _quoted(piece: str, asked: Asked) -> str:
    if asked.kind is not Kind.WHETHER:
        return f"{piece[0].upper()}{piece[1:]}."
    folded = fold(clean(piece))
    if _OPTIONAL.search(folded):
        return f"{piece[0].upper()}{piece[1:]}."
    yes = "No" if DENIES.search(folded) or _is_short_of(asked, folded) else "Sí"
    return f"{yes}, {piece[0].lower()}{piece[1:]}."


_OPTIONAL = Pattern(r"\b(?:opcional\w*|aparte|adicional\w*|no incluid\w+)\b")
_CARS = re.compile(r"\b(\d|dos|tres|cuatro|cinco) (?:autos?|vehiculos|estacionamientos)")
_SPACES = re.compile(r"\b(\d|un|dos|tres|cuatro|cinco) estacionamientos?")


def _is_short_of(asked: Asked, folded: str) -> bool:
    """Three cars where there are two places."""
    cars, spaces = _CARS.search(asked.folded), _SPACES.search(folded)
    if not cars or not spaces:
        return False
    asked_for, there = (
        int(each) if each.isdigit() else WORDS.get(each, 0) for each in (cars[1], spaces[1])
    )
    return asked_for > there


def _ready(piece: str, home: Home) -> str:
    """ "¿Está listo?" of what will be delivered later is answered by no."""
    first = "Sí" if home.fields.get("delivery") == "immediate" else "Todavía no"
    return f"{first}, {piece[0].lower()}{piece[1:]}."
