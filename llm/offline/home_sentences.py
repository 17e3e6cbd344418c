"""Puts answers about properties into sentences: each property is named once, what begins alike is joined."""

import re
from collections.abc import Sequence

from leads.folding import clean, fold
from leads.languages import Language
from llm.offline.home import Answer, Home

_KINDS = {
    "departamento": ("el", "departamento"),
    "casa": ("la", "casa"),
    "estudio": ("el", "estudio"),
}
_GENERIC = re.compile(
    r"^(departamento|depto|casa|estudio|parcela|oficina|terreno)\b\s*", re.IGNORECASE
)


def said_of(answers: Sequence[Answer], language: Language, *, named: bool) -> str:
    """Several answers about one property, which is named once; what begins alike is one sentence."""
    sentences: list[str] = []
    verb = ""
    for number, each in enumerate(_distinct(answers)):
        first, _space, rest = each.text.partition(" ")
        if number and not each.is_whole and first == verb:
            sentences[-1] = f"{sentences[-1][:-1]} {_AND[language]} {rest}."
        else:
            sentences.append(_sentence(each, language, names=not named and number == 0))
        verb = "" if each.is_whole else first
    return " ".join(sentences)


def _distinct(answers: Sequence[Answer]) -> list[Answer]:
    """Of two that quote the same the later, which says yes or no to it."""
    bodies = [fold(clean(each.text)).split(", ", 1)[-1] for each in answers]
    whole = [fold(clean(each.text)) for each in answers]
    return [
        each
        for number, each in enumerate(answers)
        if not any(
            bodies[later] in whole[number] or whole[number] in whole[later]
            for later in range(number + 1, len(answers))
        )
    ]


_AND = {"es": "y", "en": "and", "pt": "e"}


def _sentence(each: Answer, language: Language, *, names: bool) -> str:
    home = each.home
    if home is None or (each.is_whole and not names):
        return each.text
    if each.is_whole:
        return _named(each.text, home, language)
    first, _comma, rest = each.text.partition(", ")
    if first in ("Sí", "No", "Yes", "Sim", "Não"):
        return f"{first}, {subject(home, language)} {rest}." if names else f"{first}, {rest}."
    if names:
        name = subject(home, language)
        return f"{name[0].upper()}{name[1:]} {each.text}."
    if language == "en":
        return f"It {each.text}."
    return f"{each.text[0].upper()}{each.text[1:]}."


def _named(text: str, home: Home, language: Language) -> str:
    """A sentence with the property that it is about."""
    name = subject(home, language)
    if fold(clean(name)) in fold(clean(text)) or fold(clean(home.name)) in fold(clean(text)):
        return text
    first, _comma, rest = text.partition(", ")
    if first in ("Sí", "No", "Todavía no", "Yes", "Sim", "Não"):
        place = {"es": f"en {name}", "en": name, "pt": name}[language]
        return f"{first}, {place}: {rest}"
    return f"{name[0].upper()}{name[1:]}: {text[0].lower()}{text[1:]}"


def subject(home: Home, language: Language) -> str:
    """ "el departamento Plaza Ñuñoa", in another language its name alone."""
    found = _GENERIC.match(home.name)
    if found is None or language != "es":
        return _GENERIC.sub("", home.name).strip() or home.name
    article, kind = _KINDS.get(fold(found.group(1)), ("", ""))
    return f"{article} {kind}{home.name[len(kind) :]}" if article else home.name
