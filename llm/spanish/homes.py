"""Reads what kind of home, and with how many bedrooms, a lead is looking for."""

import re

from leads.folding import before
from leads.money_words import WORDS

_TYPES: tuple[tuple[str, str], ...] = (
    ("departamento", r"(?:d[e]?pa?r?tam\w+|apa?r?tam\w+|deptos?|dptos?|depas?|dptitos?|deptitos?|depits?|depitas?|departamentitos?|apartamentitos?|aptos?|depts?|departametos?|monoambientes?"
                     r"|lofts?|penthouses?|duplex|dpto\.|apartments?|apartamentos?|flat)"),
    ("casa", r"(?:kay|[ck]asas?|[ck]asitas?|chalets?|houses?|townhouses?)"),
    ("parcela", r"parcelas?"),
    ("terreno", r"(?:terrenos?|sitios?|lotes?)"),
    ("oficina", r"oficinas?"),
    ("local comercial", r"locales?(?: comerciales?)?"),
    ("bodega", r"bodegas?"),
    ("estacionamiento", r"estacionamientos?"),
)  # fmt: skip
_TYPE_PATTERNS = tuple(
    (name, re.compile(rf"(?<![a-z]){pattern}(?![a-z])")) for name, pattern in _TYPES
)
_NOT_WANTED = re.compile(
    r"(?:\bno (?:quiero |busco |me gustan? |es )?(?:una? |las |los |el |la )?|\b(?:convers\w+|habl\w+|consult\w+|llego|llegar|vuelvo|estando)(?: [a-z]+){0,2} (?:en|a) (?:la |mi )?|\b(?:mi|tu|su|volver a|llegar a|a la|gastos de|duen[oa] de|olvid\w+ (?:las|los|la|el)|en vez de|nada de|ni) "
    r"|\b(?:vivo|vivimos|trabajo|estoy|arriendo|arrendamos) (?:\w+ ){0,2}?(?:en|de) (?:un |una |el |la |mi )?)$"
)
# A home that the lead has, sells, gives in exchange or must leave.
_THEIRS = re.compile(
    r"(?:\b(?:tengo|tenemos|tiene) (?:ya )?(?:una?|la|el|mi|dos|2|otr[oa]) (?:propia )?|\b(?:vend(?:o|er|emos|iendo|amos|iera|imos|i)|permut\w+|tasar|tasen|heredamos|herede|hered[oó]|entregar|desocupar|devolver)(?:me|nos)? (?:ya )?(?:una?|la|el|mi|nuestr[oa]|su|esta?|este|primero (?:la|el|mi)) (?:\w+ )?"
    r"|\b(?:piden|pidio|pidieron|quitan|pide) (?:la|el|de vuelta (?:la|el)) |\bnuestr[oa] )$"
)
_IN_MIND = re.compile(r"[a-z]+ (?:en mente|vist[oa]|en la mira|elegid[oa])\b")
_EXCHANGED = re.compile(r"\b(?:parte de pago|permuta\w*|canje\w*)\b")
_SOME = re.compile(r"\b(?:una?|mi|nuestr[oa]) $")
_NO = re.compile(r"\bno (?:una? )?$")
_WORD_NO = re.compile(r"[a-z]+ (?:no|tampoco)\b(?! (?:tan|muy|mas))")
_LIVED_IN = re.compile(
    r"[a-z]+ (?:donde|en (?:que|el que|la que)|que) (?:vivo|vivimos|arriendo|arrendamos|estoy|estamos|tengo)\b"
)
_SOUGHT = re.compile(r"\b(?:busc\w+|quiero|necesito|comprar|arrendar|interesa)(?: [a-z]+){0,2} $")
_SEVERAL = re.compile(r"\b(?:dos|tres|2|3|otr[oa]s?|mas) $")
_EXTRAS = {"bodega", "estacionamiento", "oficina"}
_COUNT = "|".join(
    sorted((word for word, value in WORDS.items() if 1 <= value <= 8), key=len, reverse=True)
)
_BEDROOMS = re.compile(
    rf"(?<![\w.,$])(?P<low>\d|{_COUNT})(?:\s*(?:-|o|a|y|/)\s*(?:\d|{_COUNT}))?\s*"
    r"(?:d(?=\s*[/+-]?\s*\d\s*b)|(?:d(?![a-z\d])|dor[mn]\w*|d?ormitorios?|piezas?|habitacion(?:es)?|cuartos?|alcobas?|bed(?:room)?s?|recamaras?|quartos?|chambres?)\b)"
)
_HOME = (
    r"(?:deptos?|dptos?|departamentos?|depas?|casas?|apartamentos?|apartments?|flats?|algo|un[oa]?)"
)
_DEFINITE = re.compile(
    r"\b(?:el|la|ese|esa|este|esta|aquel|del|al|los|las)(?: (?:depto|dpto|departamento|casa|depa|estudio|aviso|otro|otra))? (?:de|con) $"
)
_ROOMS = re.compile(rf"\b(?P<low>[2-6]|{_COUNT}) ambientes\b")  # one of them is no bedroom
_COUNTED = re.compile(
    rf"\b(?:dormitorios?|dorms?|piezas|habitaciones|alcobas|bedrooms?):? (?P<low>[1-6]|{_COUNT})\b"
)
_AFTER_HOME = re.compile(
    rf"\b{_HOME} (?:de|d|con|of) (?P<low>[1-6]|{_COUNT})(?:\s*(?:-|o|a|y|/)\s*(?:\d|{_COUNT}))?(?=\s*(?:[,.;!?\n]|$|en |por |hasta |maximo|para ))"
)
_PUT_RIGHT = re.compile(
    rf"\b(?:mejor|que sea[n]?|prefiero|perdon|mentira|en realidad|ahora|sino|o sea|digo|corrijo|equivoque|son|serian?)\b,? (?:uno |una |que sea |busco |son |es )?(?:de |con )?(?P<low>[1-6]|{_COUNT})(?:\s*(?:[,.;!\n]|$|en |no |por favor|porfa))"
)
_BARE = re.compile(rf"\b(?P<low>[1-8]|{_COUNT})\b")
_THE = re.compile(r"\b(?:el|la|ese|esa|este|esta|del|al|dl) (?:otr[oa] )?$")
_ASKS = re.compile(
    r"\b(?:cuant[oa]s?|que (?:tan|precio|valor)|precio|a cuanto|gastos comunes|ggcc|tiene|trae|viene con|incluye|sigue|disponible)\b"
)
_STUDIO = re.compile(r"\b(?:un ambiente|monoambiente|studio|home ?studio|mono ambiente)\b")


def find_property_type(folded: str, *, asked: bool) -> str | None:
    found = [
        (match.start(), name)
        for name, pattern in _TYPE_PATTERNS
        for match in pattern.finditer(folded)
        if asked or not _NOT_WANTED.search(before(folded, match.start()))
        if not _is_theirs(folded, match.start())
        if asked or not _is_asked_about(folded, match.start())
    ]
    wanted = [each for each in found if not _refused(folded, each[0])]
    homes = [each for each in wanted if each[1] not in _EXTRAS]
    extras = [each for each in wanted if asked or _is_sought(folded, each[0])]
    return min(homes or extras)[1] if homes or extras else None


def _is_asked_about(folded: str, start: int) -> bool:
    """ "¿Cuánto sale el depto de Los Leones?" names one that is there, and no kind that they look for."""
    if not _THE.search(before(folded, start)):
        return False
    first = max(folded.rfind(mark, 0, start) for mark in ".!\n") + 1
    ends = [end for mark in ".!\n" if (end := folded.find(mark, start)) >= 0]
    sentence = folded[first : min(ends, default=len(folded))]
    return "?" in sentence or bool(_ASKS.search(sentence))


def _is_theirs(folded: str, start: int) -> bool:
    """What they have or part with is not what they look for."""
    lead_in = before(folded, start)
    if _THEIRS.search(lead_in):
        return not _IN_MIND.match(folded, start)
    around = folded[max(start - 60, 0) : start + 60]
    given = _EXCHANGED.search(around) and _SOME.search(lead_in)
    return bool(given and not _SOUGHT.search(lead_in))


def _is_sought(folded: str, start: int) -> bool:
    """Looked for in itself; "si necesito dos bodegas, ¿venden otra?" is about what comes with a home."""
    lead_in = before(folded, start)
    return bool(_SOUGHT.search(lead_in)) and not _SEVERAL.search(lead_in)


def _refused(folded: str, start: int) -> bool:
    lived_in = _LIVED_IN.match(folded, start)
    return bool(lived_in or _NO.search(before(folded, start)) or _WORD_NO.match(folded, start))


def find_bedrooms(folded: str, *, asked: bool, known: bool = False) -> int | None:
    """Of "2 o 3 dormitorios" the lower number: what the lead can live with.

    `known`: a number was said before, which "mejor de 3" puts right.
    """
    match = _first_wished(folded)
    if match or (known and (match := _PUT_RIGHT.search(folded))):
        return _number(match.group("low"))
    if match := _COUNTED.search(folded):
        return _number(match.group("low"))
    if match := _ROOMS.search(folded):
        return max(_number(match.group("low")) - 1, 1)
    if _STUDIO.search(folded):
        return 1
    if asked and len(folded.split()) <= 6 and (match := _BARE.search(folded)):
        return _number(match.group("low"))
    return None


def _first_wished(folded: str) -> re.Match[str] | None:
    """ "¿Y el de 3 dormitorios?" is about a property on offer."""
    found = (match for pattern in (_BEDROOMS, _AFTER_HOME) for match in pattern.finditer(folded))
    return next((match for match in found if _is_wished(folded, match)), None)


def _is_wished(folded: str, match: re.Match[str]) -> bool:
    """Neither of a property on offer nor "una d esas"."""
    shortened = match["low"].isalpha() and match.group().endswith(" d")
    return not shortened and not _DEFINITE.search(before(folded, match.start("low")))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else WORDS[word]
