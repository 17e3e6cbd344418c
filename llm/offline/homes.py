"""Answers about a property: from its data, else from the piece of its text that has what is asked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from crm.patterns import Pattern
from leads.folding import clean, excerpt, fold
from leads.languages import Language
from leads.money_words import WORDS
from llm.offline.asking import Asked, Kind
from llm.offline.attributes import ATTRIBUTES, BY_NAME, Attribute
from llm.offline.concepts import concepts, stem

_ALIKE_FROM, _ALIKE = 5, 0.75
_LONGEST = 110  # letters of a sentence that is said whole
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.](?=\d)[^.!?\n]+)*")
_WORD = re.compile(r"[a-z0-9]+")
_DIGIT = re.compile(r"\d|\b(?:un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez)\b")
_MONEY = re.compile(r"\$ ?\d|\buf \d")
_SIZED = re.compile(r"\d ?m(?:2|²)")
_KINDS = {
    "departamento": ("el", "departamento"),
    "casa": ("la", "casa"),
    "estudio": ("el", "estudio"),
}
_NO = Pattern(r"\b(?:sin|no (?:tiene|incluye|cuenta|admite|acepta|hay))\b")
_COMMA = re.compile(r",\s+|;\s+|:\s+")
_BRIEF = 26  # letters: a part so short says little by itself
_GENERIC = re.compile(
    r"^(departamento|depto|casa|estudio|parcela|oficina|terreno)\b\s*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Home:
    """A property as the context shows it; ``fields`` are short texts by name."""

    id: int
    title: str
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The first part of its title."""
        return re.split(r"[,;:|(]| - ", self.title)[0].strip()


# Words by which the same thing is asked in another way.
_SAME = {
    "sta": "sant", "piez": "dormitori", "pieza": "dormitori", "cuarto": "dormitori", "habitacion": "dormitori", "mueble": "amobl", "muebl": "amobl", "amoblad": "amobl",
    "ampli": "ampli", "ampliable": "ampli", "eventos": "event", "salon": "sala", "nino": "infantil", "nin": "infantil",
}  # fmt: skip
_ASIDES = Pattern(r"\b(?:llam|nombre)\w*")


@dataclass(frozen=True, slots=True)
class Answer:
    """Words for the lead; ``home`` where they are about one, so that it is named once."""

    text: str
    home: Home | None = None
    is_whole: bool = False  # a sentence of its own, in place of a predicate


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
    said = _meant(concepts(fold(clean(excerpt(text)))))
    counts = [len(said & _stems(f"{home.title} {home.text}")) for home in candidates]
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
    said = attribute.says[language].format(value)
    if value == "1":
        said = said.replace("baños", "baño").replace("dormitorios", "dormitorio")
        said = (
            said.replace("rooms", "room")
            .replace("banheiros", "banheiro")
            .replace("quartos", "quarto")
        )
    numbers = [
        int(word) if word.isdigit() else WORDS.get(word) for word in _WORD.findall(asked.folded)
    ]
    named = [each for each in numbers if each]
    if asked.kind is not Kind.WHETHER or not named:
        return said
    yes = {"es": ("No, ", "Sí, "), "en": ("No, ", "Yes, "), "pt": ("Não, ", "Sim, ")}
    return yes[language][str(named[0]) == value] + said


# --- From the text ------------------------------------------------------------------------------


def _from_text(
    attribute: Attribute, asked: Asked, home: Home, language: Language, *, described: bool
) -> Answer | None:
    assert attribute.evidence is not None
    piece = _piece(home, attribute.evidence, asked)
    if not piece or not _has_kind(asked, piece, attribute):
        return None
    others = frozenset() if _is_sure(asked) else _others(asked, home, attribute)
    near = f"{home.text} {home.title}" if described else f"{piece} {home.title}"
    if not others <= _stems(near):
        return None
    if attribute.name == "delivery" and language == "es" and asked.kind is Kind.WHETHER:
        return Answer(_ready(piece, home), home, is_whole=True)
    if language == "es":
        return Answer(_quoted(piece, asked), home, is_whole=True)
    return _in_words_of(language, attribute, piece, home)


def _feature(asked: Asked, home: Home, language: Language) -> Answer | None:
    """Something that has no name here: all its words must stand in one piece of the text."""
    wanted = _others(asked, home, None)
    if not wanted or language != "es" or asked.kind in (Kind.NAME, Kind.AMOUNT, Kind.WHERE):
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
        denies = any(_NO.search(fold(clean(each))) for each in parts)
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
    yes = "No" if _NO.search(folded) or _is_short_of(asked, folded) else "Sí"
    return f"{yes}, {piece[0].lower()}{piece[1:]}."


_OPTIONAL = Pattern(r"\b(?:opcional\w*|aparte|adicional\w*|no incluid\w+)\b")
_CARS = re.compile(r"\b(\d|dos|tres|cuatro|cinco) (?:autos?|vehiculos|estacionamientos)")
_SPACES = re.compile(r"\b(\d|un|dos|tres|cuatro|cinco) estacionamientos?")


def _is_short_of(asked: Asked, folded: str) -> bool:
    """Three cars where there are two places."""
    cars, spaces = _CARS.search(asked.folded), _SPACES.search(folded)
    if not cars or not spaces:
        return False
    wanted, there = (
        int(each) if each.isdigit() else WORDS.get(each, 0) for each in (cars[1], spaces[1])
    )
    return wanted > there


def _ready(piece: str, home: Home) -> str:
    """ "¿Está listo?" of what will be delivered later is answered by no."""
    first = "Sí" if home.fields.get("delivery") == "immediate" else "Todavía no"
    return f"{first}, {piece[0].lower()}{piece[1:]}."


_NUMBERED = {"es": {}, "en": {"un": "one", "una": "one", "dos": "two", "tres": "three", "cuatro": "four", "cinco": "five", "seis": "six", "diez": "ten"},
             "pt": {"un": "um", "una": "uma", "dos": "dois", "tres": "três", "cuatro": "quatro", "cinco": "cinco", "seis": "seis", "diez": "dez"}}  # fmt: skip


def _in_words_of(language: Language, attribute: Attribute, piece: str, home: Home) -> Answer | None:
    """The same in the lead's language, as far as a template has it."""
    folded = fold(clean(piece))
    if (made := _TRANSLATED.get(attribute.name)) and (text := made(folded, language)):
        return Answer(text, home)
    feature = attribute.yes.get(language)
    if not feature or _NO.search(folded):
        return None
    count = re.search(r"\b(dos|tres|cuatro|\d)(?= estacionamientos)", folded)
    if count and attribute.name == "parking":
        number = _NUMBERED[language].get(count.group(1), count.group(1))
        feature = f"{number} {'parking spaces' if language == 'en' else 'vagas'}"
    yes = {"en": "Yes, it has {}.", "pt": "Sim, tem {}."}
    return Answer(yes[language].format(feature), home, is_whole=True)


def _delivery_in(folded: str, language: Language) -> str:
    if "inmediata" in folded:
        return {"en": "is ready for immediate delivery", "pt": "tem entrega imediata"}[language]
    semester = re.search(r"\b(primer|segundo) semestre(?: de (\d{4}))?", folded)
    if not semester:
        return ""
    words = {
        "en": {"primer": "the first half of the year", "segundo": "the second half of the year"},
        "pt": {"primer": "no primeiro semestre", "segundo": "no segundo semestre"},
    }[language][semester.group(1)]
    return (f"will be delivered in {words}" if language == "en" else f"será entregue {words}") + (
        f" {semester.group(2)}" if semester.group(2) else ""
    )


def _floor_in(folded: str, language: Language) -> str:
    found = re.search(r"\bpiso (\d{1,2})\b", folded)
    return {"en": "is on floor {}", "pt": "fica no andar {}"}[language].format(found.group(1)) if found else ""  # fmt: skip


def _rent_in(folded: str, language: Language) -> str:
    found = re.search(r"\$ ?(\d[\d.]*\d)", folded)
    texts = {
        "en": "brings in a rent of about ${} a month",
        "pt": "rende um aluguel de cerca de ${} por mês",
    }
    return texts[language].format(found.group(1)) if found else ""


def _distance_in(folded: str, language: Language) -> str:
    found = re.search(
        r"\b(?P<n>\w+) (?P<unit>cuadras|minutos) (?:del|de la|de) (?P<what>metro|playa)", folded
    )
    if not found:
        return ""
    number = _NUMBERED[language].get(found["n"], found["n"])
    unit = {
        "en": {"cuadras": "blocks", "minutos": "minutes"},
        "pt": {"cuadras": "quadras", "minutos": "minutos"},
    }[language][found["unit"]]
    what = {
        "en": {"metro": "the metro", "playa": "the beach"},
        "pt": {"metro": "do metrô", "playa": "da praia"},
    }[language][found["what"]]
    return (
        f"is {number} {unit} from {what}" if language == "en" else f"fica a {number} {unit} {what}"
    )


_TRANSLATED = {
    "delivery": _delivery_in, "floor": _floor_in, "rent": _rent_in, "metro": _distance_in, "beach": _distance_in,
}  # fmt: skip


# --- Said together ------------------------------------------------------------------------------


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
