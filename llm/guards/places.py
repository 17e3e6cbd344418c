"""No address, link, telephone or available property that this turn does not know."""

import re
from functools import lru_cache

from crm.patterns import Pattern
from leads.comunas import find_comunas
from leads.folding import clean, fold
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import clauses, is_question, sentences, statement

_NAME = r"[A-ZÁÉÍÓÚÑ][\wáéíóúñü']{1,30}"
_NUMBER = r"(?:N[°ºo.]{0,2} ?|# ?)?(?P<%s>\d{2,5})\b(?![.,:]\d| ?(?:UF|uf|m2|m²|%%))"
_STREET = re.compile(
    r"\b(?:[Aa]venida|[Aa]vda\.?|[Aa]v\.|[Cc]alle|[Pp]asaje|[Pp]je\.?|[Cc]amino|[Mm]etro|[Ee]staci[óo]n(?! Central\b)|[Oo]ficina)"
    rf" (?:(?:de|del|la|las|los|el) ){{0,2}}(?P<street>{_NAME}(?: {_NAME}){{0,2}}|\d{{2,5}})(?: {_NUMBER % 'of_street'})?"
    rf"|\b(?P<name>{_NAME}) {_NUMBER % 'number'}"
)
# What stands before a number of three digits and is no street.
_NO_STREET = frozenset(
    """uf usd clp us ley decreto tramo codigo ano enero febrero marzo abril mayo junio julio agosto septiembre octubre
    noviembre diciembre january february march april may june july august september october november december telefono
    fono celular whatsapp hasta desde son unos de en por tope total presupuesto precio valor ds articulo""".split()  # noqa: SIM905
)
_LEAST = 100  # smaller numbers beside a name are floors, ages, counts
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]{1,300}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,4}(?:cl|com|net|org|io|app|me|ly|info|co|link|site|page|xyz|online|shop|store|top|club|live|click|pro|biz|vip|dev|ai|to|ru|br|ar|pe|es|us|eu|tk)\b(?:/[^\s<>\"]{0,300})?"
    r"|\bh(?:xx|\*\*)ps?\b[^\s<>\"]{0,300}|\b[a-z0-9-]{2,63} ?(?:\[\.\]|\(\.\)|\b(?:punto|dot|ponto)\b) ?(?:com|cl|net|org|info|io|app|xyz|shop|online)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\d.,$])\+?\d(?:[ .-]?\d){7,14}(?!\d)")
_LAST_DIGITS = 8  # of a number, however its country is written
STOCK = Pattern(
    r"\b(?:(?:sigue|siguen|esta|estan|hay|quedan?|tenemos|tengo|is|are|temos|ainda) (?:\w+ ){0,4}(?:disponibles?|available|disponive\w+|en stock)"
    r"|(?:tenemos|tengo|hay|contamos con|quedan?|te ofrezco|we have|we 've|temos|tenho) (?:\w+ ){0,3}(?:deptos?|dptos?"
    r"|departamentos?|casas?|propiedad(?:es)?|proyectos?|estudios?|parcelas?|unidad(?:es)?|apartments?|houses?|homes?|apartamentos?)"
    r"|ultim[ao]s? (?:\w+ )?(?:unidad(?:es)?|deptos?|departamentos?|casas?)|(?:last|only \d+) (?:units?|apartments?))\b"
)
DELIVERY = Pattern(
    r"\b(?:entrega inmediata|lista? para (?:entrega|habitar)|immediate delivery|entrega imediata|move in ready)\b"
)
HOURS = Pattern(
    r"\b(?:horas?|horarios?|visitas?|cupos?|agenda|slots?|times?|ejecutiv\w+|equipo|agent\w*|team|equipe|tiempo)\b"
)
DENIED = Pattern(
    r"\b(?:no|ningun\w*|si|cuando|reviso|revisar|consult\w+|verific\w+|averigu\w+|not|if|nao|check)\b"
)


def unknown_addresses(text: str, known: Known) -> list[Violation]:
    """A street or station with its number, each word of which must be in what is known."""
    found = []
    for match in _STREET.finditer(clean(text)):
        number = match["of_street"] or match["number"]
        words = set(re.findall(r"[\w']+", fold(match["street"] or match["name"])))
        if match["name"] and (words & _NO_STREET or int(number) < _LEAST):
            continue
        if not words | ({number} - {None}) <= _words(known.our_words) | _words(known.their_words):
            found.append(Violation(Rule.ADDRESS, match.group()))
    return found


@lru_cache(maxsize=8)
def _words(folded: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w']+", folded))


def unknown_links(text: str, known: Known) -> list[Violation]:
    """Addresses of the net, e-mails and telephones; what only the lead sent is not passed on."""
    plain = clean(text)
    links = [match.group().rstrip(".,;:)!?") for match in _LINK.finditer(plain)]
    unknown = [each for each in links if _bare(fold(each)) not in _links(known.our_words)]
    own = [each for each in unknown if "@" in each and fold(each) in _links(known.their_words)]
    phones = [
        each
        for each in _PHONE.findall(plain)
        if _digits(each) not in _phones(known.our_words) | _phones(known.their_words)
    ]
    return [Violation(Rule.LINK, each) for each in [*unknown, *phones] if each not in own]


def _bare(link: str) -> str:
    for beginning in ("https://", "http://", "www."):
        link = link.removeprefix(beginning)
    return link.rstrip("/")


@lru_cache(maxsize=8)
def _links(folded: str) -> frozenset[str]:
    return frozenset(_bare(each.group().rstrip(".,;:)!?")) for each in _LINK.finditer(folded))


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)[-_LAST_DIGITS:]


@lru_cache(maxsize=8)
def _phones(folded: str) -> frozenset[str]:
    return frozenset(map(_digits, _PHONE.findall(folded)))


def unknown_availability(text: str, known: Known) -> list[Violation]:
    """That a property is to be had, where no listing of this turn says so, or in another comuna."""
    found: list[Violation] = []
    whole = statement(text)
    if not (STOCK.search(whole) or DELIVERY.search(whole)):
        return found
    for sentence in sentences(text):
        folded = statement(sentence)
        stock = STOCK.search(folded) and not HOURS.search(folded)
        if is_question(sentence) or not (stock or DELIVERY.search(folded)):
            continue
        claims = [each for each in clauses(folded) if not DENIED.search(each)]
        if any(_is_unfounded(each, sentence, known) for each in claims):
            found.append(Violation(Rule.AVAILABILITY, sentence))
    return found


def _is_unfounded(clause: str, sentence: str, known: Known) -> bool:
    if DELIVERY.search(clause):
        return not DELIVERY.search(known.our_words)
    if not STOCK.search(clause):
        return False
    named = set(find_comunas(sentence))
    if not known.listings:
        return not (named and named <= _comunas(known.our_words))
    return not named <= _comunas(known.our_words)


@lru_cache(maxsize=8)
def _comunas(folded: str) -> frozenset[str]:
    return frozenset(find_comunas(folded))
