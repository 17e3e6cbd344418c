"""Reads in a lead's words which of the hours offered they take, where they say nothing to the contrary."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from crm.patterns import Pattern
from leads.folding import clean, excerpt, fold
from leads.languages import Language
from llm.spanish.choices import find_choice, rejects
from llm.spanish.days import find_wish
from llm.spanish.meaning import Offer

_LONGEST = 600  # characters: who writes more is telling a story
_CLAUSE = re.compile(r"[^.!?;,\n]+[.!?;,\n]*")
_AND = re.compile(r"\s(?:y|and|e) [a-z]")
_WORD = re.compile(r"[a-z0-9:]+")
_HOUR = re.compile(r"\d{1,2}(?::\d\d)?(?:h|hr|hrs|hs|am|pm)?|:\d\d")
_FILLERS = frozenset(
    """
    la el las los lo a al de del en para por es esa ese esta este eso seria sea ser puede podria pueden podemos si sii sip ya
    ok oka okey okay dale perfecto genial super buenisimo excelente listo bueno bien vale claro entonces mejor porfa porfavor
    porfis favor gracias muchas me nos te sirve acomoda queda tinca gusta parece prefiero quiero tomo elijo escojo reserva
    reservame reservemos reservo agenda agendame agendemos agendo anota anotame confirmo confirmado confirmada confirmame voy
    vamos hola holi buenas buenos tardes noches que con yo opcion alternativa numero hora horas hrs hr horario nos vemos ahi
    the at on for one please ok yes yep sure great perfect works would be good i ll take thanks thank you fine lets let s it
    um o os as das dos da do pode sim obrigado obrigada melhor entao fica otimo quero
    """.split()  # noqa: SIM905 - a table of words
)
_CHOICES = frozenset(
    """
    lunes martes miercoles jueves viernes sabado domingo hoy manana pasado mediodia medio dia media cuarto tarde am pm
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    una dos tres cuatro cinco seis siete ocho nueve diez once doce
    primera primero primer segunda segundo tercera tercero tercer cuarta ultima ultimo
    """.split()  # noqa: SIM905
)
_IN_SPANISH: dict[Language, dict[str, str]] = {
    "en": {
        "monday": "lunes", "tuesday": "martes", "wednesday": "miercoles", "thursday": "jueves", "friday": "viernes",
        "saturday": "sabado", "sunday": "domingo", "today": "hoy", "tomorrow": "manana", "noon": "mediodia",
        "first": "primera", "second": "segunda", "third": "tercera", "fourth": "cuarta", "last": "ultima",
        "the": "la", "at": "a las", "january": "enero", "february": "febrero", "march": "marzo", "april": "abril",
        "may": "mayo", "june": "junio", "july": "julio", "august": "agosto", "september": "septiembre",
        "october": "octubre", "november": "noviembre", "december": "diciembre",
    },
    "pt": {
        "segunda-feira": "lunes", "terca-feira": "martes", "quarta-feira": "miercoles", "quinta-feira": "jueves",
        "sexta-feira": "viernes", "terca": "martes", "quarta": "miercoles", "quinta": "jueves", "sexta": "viernes",
        "hoje": "hoy", "amanha": "manana", "primeira": "primera", "terceira": "tercera", "das": "de las",
        "as": "a las", "dezembro": "diciembre", "novembro": "noviembre", "outubro": "octubre", "setembro": "septiembre",
        "janeiro": "enero", "fevereiro": "febrero", "marco": "marzo", "maio": "mayo", "junho": "junio", "julho": "julio",
    },
    "es": {},
}  # fmt: skip
_WORD_OR_DAY = re.compile(r"[a-z]+(?:-feira)?|\d+(?::\d\d)?")
# "The 11 one", "11am": an hour without the word that says so.
_ENGLISH_HOUR = re.compile(r"\b(?:at |the )?(\d{1,2}(?::\d\d)?) ?(am|pm|one|o'?clock)\b")
_PORTUGUESE_MONDAY = re.compile(r"\bsegunda\b(?!-feira)")
# What else is said takes the choice back, or makes it depend on something.
_UNSURE = Pattern(
    r"\b(?:no|nao|not|si|se|if|creo|quizas?|talvez|tal vez|maybe|depende|aviso|avisar|veo|ver si|pero|mas|but|salvo|excepto"
    r"|mejor|otr[ao]s?|cambi\w+|cancel\w+|antes|despues|or|ou|o)\b"
)
_POINTED = Pattern(r"\b(?:la|las|esa|ese|el) (?:de|del|a)\b")


@dataclass(frozen=True)
class Choice:
    """The hour chosen, and what else was said, which still wants an answer."""

    offer_id: int
    rest: str = ""


def may_choose(text: str, language: Language = "es") -> bool:
    """Whether any of it could name an hour: asked before the offers are read."""
    return any(_is_choice(spanish) for _words, spanish in _clauses(text, language))


def choice(
    text: str, offers: Sequence[Offer], today: date, *, asked: bool, language: Language = "es"
) -> Choice | None:
    """None where nothing, more than one hour or something unsure is said.

    ``asked`` says that our last message offered the hours: then "la segunda" and "el jueves" mean
    them; later, the hour itself must be named.
    """
    chosen, rest = [], []
    for words, spanish in _clauses(text, language):
        if _is_choice(spanish):
            chosen.append(spanish)
        elif not _is_filler(spanish):
            rest.append((words, spanish))
    named = ", ".join(chosen)
    if not named or any(_takes_back(spanish, today) for _words, spanish in rest):
        return None
    if not asked and not _names_the_hour(named, today):
        return None
    if language == "pt" and _PORTUGUESE_MONDAY.search(named) and _has_monday(offers):
        return None
    found = find_choice(named, offers, today, asked=asked)
    return None if found is None else Choice(found, " ".join(words for words, _spanish in rest))


def _clauses(text: str, language: Language) -> Iterator[tuple[str, str]]:
    """Each clause as it was written, and folded, in Spanish words."""
    read = clean(excerpt(text))
    if len(read) > _LONGEST:
        return
    for match in _CLAUSE.finditer(read):
        for part in _parted(match.group()):
            if part.strip():
                yield part.strip(), _in_spanish(fold(part.strip()), language)


def _parted(clause: str) -> list[str]:
    """ "La de las 11 y tiene estacionamiento" are two; "a las 4 y media" is one."""
    match = _AND.search(fold(clause))
    if match is None or fold(clause)[match.start() :].split()[1] in ("media", "cuarto", "pico"):
        return [clause]
    cut = match.end() - 1
    return [clause[: match.start()], clause[cut:]]


def _in_spanish(folded: str, language: Language) -> str:
    known = _IN_SPANISH[language]
    if not known:
        return folded
    if language == "en":
        folded = _ENGLISH_HOUR.sub(_spanish_hour, folded)
    return _WORD_OR_DAY.sub(lambda word: known.get(word.group(), word.group()), folded)


def _spanish_hour(match: re.Match[str]) -> str:
    half = {"am": " am", "pm": " pm"}.get(match[2], "")
    return f"la de las {match[1]}{half}"


def _is_choice(spanish: str) -> bool:
    words = _WORD.findall(spanish)
    named = [word for word in words if word in _CHOICES or _HOUR.fullmatch(word)]
    return bool(named) and all(word in _FILLERS for word in words if word not in named)


def _is_filler(spanish: str) -> bool:
    return all(word in _FILLERS for word in _WORD.findall(spanish))


def _takes_back(spanish: str, today: date) -> bool:
    is_question = "?" in spanish
    unsure = _UNSURE.search(spanish) and not is_question
    return bool(unsure or rejects(spanish) or find_wish(spanish, today))


def _names_the_hour(named: str, today: date) -> bool:
    wish = find_wish(named, today)
    if wish is None or not wish.hours:
        return False
    return wish.date_from is not None or bool(_POINTED.search(named))


def _has_monday(offers: Sequence[Offer]) -> bool:
    return any(offer.start.weekday() == 0 for offer in offers)
