"""Reads how soon a lead wants to buy or move: now, within ninety days, or later."""

import re
from datetime import date

from leads.folding import before
from leads.money_words import WORDS
from llm.spanish.meaning import Horizon, Timeline

MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()  # noqa: SIM905
)
_IN_ENGLISH = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_IN_PORTUGUESE = (
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro".split()  # noqa: SIM905
)
_NUMBERS = {
    month: number
    for months in (MONTHS, _IN_ENGLISH, _IN_PORTUGUESE)
    for number, month in enumerate(months, 1)
} | {"setiembre": 9}
MONTH = "|".join([*MONTHS, "setiembre"])
_ANY_MONTH = "|".join(_NUMBERS)
_COUNT = "|".join(
    sorted((word for word, value in WORDS.items() if 1 <= value <= 24), key=len, reverse=True)
)
_SPAN = re.compile(
    rf"\b(?:in|within|em|en|dentro de|de aca a|de aqui a|a|como|unos|unas|minimo|maximo|max|plazo de|los proximos|las proximas|proximos|hasta)\s{{1,8}}"
    rf"(?:en |unos |unas |como |los |las |proximos |proximas ){{0,4}}(?P<low>\d{{1,2}}|{_COUNT})?(?:\s*(?:-|a|o|y)\s*(?P<high>\d{{1,2}}|{_COUNT}))?"
    r"\s*(?P<unit>dias?|semanas?|mes(?:es)?|anos?|days?|weeks?|months?|years?)\b(?P<half> y medio)?"
)
_BARE_SPAN = re.compile(
    rf"\b(?P<low>\d{{1,2}}|{_COUNT})(?:\s*(?:-|a|o|y)\s*(?P<high>\d{{1,2}}|{_COUNT}))?\s*(?P<unit>dias?|semanas?|mes(?:es)?|anos?)\b"
    r"(?P<half> y medio)?"
)
_ERRAND = re.compile(
    r"\b(?:entrega|devuelv\w+|devolver\w*|arregl\w+|solucion\w*|llam\w+|mand\w+|envi\w+|respond\w+|contest\w+|transf\w+|pag[ou]\w*|dime|avis\w+|escrib\w+|conect\w+|call me|send)\b[^.\n]{0,25}$"
)
_PAST_DEED = re.compile(
    r"\b(?:quede|fue|fui|fuimos|falleci\w+|murio|compre|compramos|llegue|llegamos|termine|empece|nacio|vendi|vendimos|despidieron|renuncie|hable|pregunte|vi|visite|desde hace|me cambie|me separe|case|casamos|jubile|quedo|quedamos|vine|vinimos|vino|dijo|perdio|perdi|perdimos|salio|sali|empezo|comenzo|subio|firme|firmamos|pague|pagamos|reserve|reservamos|deje|dejo|dio|paso|hubo|nacimos|naci|\w{2}(?:aron|ieron|jeron|aste|iste))\b[^.\n]{0,30}$"
)
_CREDIT_YEARS = 8
_AGE = re.compile(r"\ba los $")
_DEADLINE = re.compile(
    rf"\b(?:vence|vencen|termina|terminan|acaba|caduca|entregar|entrego|dejar|hasta|antes|salir|plazo)\b[^.\n]{{0,60}}?\b(?:el |del )(?P<day>\d{{1,2}}) de (?P<month>{MONTH})\b"
)
_PAST = re.compile(r"\b(?:hace|llevo|tengo|desde hace|antiguedad de|contrato de|trabajando) $")
_MONTH = re.compile(
    rf"\b(?:in|by|from|until|around|em|ate|en|para|a partir de|desde|hacia|por|hasta|tipo|a fines de|fines de|fin de|a principios de|principios de|mediados de|quincena de|semana de|dias de|comienzos de|inicios de|despues de|antes de|termino de|pasado)\s+"
    rf"(?P<month>{_ANY_MONTH})\b(?: (?:de |del )?(?P<year>20\d\d|proximo ano|otro ano))?"
)
_BARE_MONTH = re.compile(
    rf"\b(?P<month>{_ANY_MONTH})\b(?: (?:de |del )?(?P<year>20\d\d|proximo ano|otro ano))?"
)
_DAY_OF_MONTH = re.compile(rf"\d{{1,2}} de (?:{MONTH})")
_UNIT_DAYS = {"d": 1, "s": 7, "w": 7, "m": 30, "a": 365, "y": 365}

# Said anywhere, these are about the purchase; the second table needs the question to have been asked.
_PHRASES: tuple[tuple[Horizon, str], ...] = (
    ("later", r"(?:solo|solamente|recien|nomas|por ahora) (?:estoy |ando )?(?:cotizando|mirando|averiguando|viendo|vitrineando|explorando|informandome|viendo opciones)|(?:estoy|ando|estamos|andamos) (?:cotizando|averiguando|vitrineando|mirando|viendo)(?: no ?mas| nomas| por ahora|(?= ?(?:[,.;!\n]|$)))"),
    ("later", r"(?:en |puedo esperar |esperar )?(?:un par de|unos|varios|muchos|algunos) anos|just (?:looking|browsing)|no rush|no hurry|next year|sem pressa|ano que vem|so olhando"),
    ("now", r"antes de (?:que (?:termine|acabe) el|fin de) mes|right away|as soon as possible|this month|immediately|urgently|o quanto antes|este mes|cuanto antes mejor"),
    ("now", r"(?:necesit\w+|comprar|mudarme|mudarnos|cambiarme|cambiarnos|arrendar|irme|irnos|salir|lo necesito|la necesito|algo|casa|depto) (?:para ayer|ya(?= ?(?:[,.;!\n]|$)))|para ayer"),
    ("within_90_days", r"next month|in a couple of months|mes que vem|proximo mes"),
    ("later", r"sin (?:apuro|prisa|urgencia)|no (?:tengo|hay|tenemos|es) (?:apuro|prisa|urgente|urgencia)|no me urge|mas adelante|a futuro|a largo plazo|largo plazo"),
    ("later", r"(?:el )?(?:proximo ano|ano que viene|otro ano|ano proximo|segundo semestre)|(?:cuando|apenas|despues que|una vez que) (?:junte|ahorre|tenga) (?:el |mas )?(?:pie|plata)|(?:cuando|apenas|una vez que|despues de que) (?:se )?(?:venda|vendamos|salga la venta|termine de|me jubile|jubile)"),
    ("now", r"lo antes posible|lo mas (?:pronto|rapido) posible|cuanto antes|urgente(?:mente)?|con urgencia|me urge|de inmediato|inmediat(?:o|a|amente)"),
    ("now", r"(?:este|dentro del|en este|durante este) mes\b|esta semana|al ?tiro|ahora (?:mismo|ya)|ya mismo|lo mas luego|fin de mes|a fines de mes|estas semanas|a la brevedad|asap|hoy mismo|apurad[oa]"),
    ("within_90_days", r"(?:el )?(?:proximo|otro) mes|mes que viene|mes proximo|(?:en )?(?:un par de|unos|pocos|los proximos) meses|corto plazo|este trimestre"),
)  # fmt: skip
_ASKED_PHRASES: tuple[tuple[Horizon, str], ...] = (
    ("later", r"todavia no(?! se)|aun no(?! se)|no tengo fecha|algun dia|cotizando|mirando|vitrineando|con calma|mediano plazo"
              r"|averiguando|sin fecha|recien viendo|tranquil[oa]|(?:cuando|apenas) (?:se |me |nos )?(?:venda|vendamos|termine|tenga|salga|junte|ahorre|entreguen|aprueben|den|aprueb\w+|jubile)"),
    ("now", r"ya+(?! (?:no|me|la|lo|te|tengo|compre|encontre|arrende|pague))|ahora|hoy|altiro|pronto|luego|rapido|en cuanto se pueda|apenas (?:pueda|se pueda|encuentre)|cuando (?:encuentre|aparezca)"
            r"|right now|proximas semanas|ojala ya|manana"),
    ("within_90_days", r"meses|este ano|antes de fin de ano|fin de ano|navidad"),
)  # fmt: skip
_SEASONS: dict[str, int] = {
    "verano": 1,
    "otono": 4,
    "invierno": 7,
    "primavera": 10,
    "navidad": 12,
    "fiestas patrias": 9,
}
_WEATHER = re.compile(
    r"\b(?:calor|fri[oa]|heladas?|humed\w+|hongos?|sol|llueve|lluvias?|temperaturas?|calefaccion|estufa|playa|vacaciones|piscina|turistas?|incendios?)\b"
)
_TO_MOVE = re.compile(
    r"\b(?:compr|mud|cambi|busc|necesit|quer|quier|quisier|seria|pienso|pensamos|arrend|irme|irnos|trasl|instal|llegar|llegamos|entreg)"
)
_PAST_YEAR = re.compile(r" (?:de |del )?(?:(?:este )?ano pasado|pasado|recien pasado)\b")
_VAGUE = re.compile(r"(?:esperar )?(?:unos|pocos|un par de|varios|algunos) (?:meses|anos)")
_SEASON = re.compile(
    rf"\b(?:en|para|despues de|antes de|pasad[oa]) (?:el |la |las )?(?P<season>{'|'.join(_SEASONS)}|fin de ano)\b"
)


def find_timeline(text: str, folded: str, today: date, *, asked: bool) -> Timeline | None:
    """`text` lends its own words to the answer; `folded` decides."""
    readers = (
        (_phrase, _deadline, _season, _bare, _span, _year, _short)
        if asked
        else (_phrase, _deadline, _season, _span, _month, _year)
    )
    if _VAGUE.search(folded) and _MONTH.search(folded):
        readers = (_month, *readers)
    for reader in readers:
        if found := reader(folded, today):
            horizon, start, end = found
            return Timeline(horizon, text[start:end].strip(" ,."))
    return None


_Found = tuple[Horizon, int, int]


def _phrase(folded: str, today: date) -> _Found | None:
    return _first(_PHRASES, folded)


def _short(folded: str, today: date) -> _Found | None:
    return _first(_ASKED_PHRASES, folded)


def _first(table: tuple[tuple[Horizon, str], ...], folded: str) -> _Found | None:
    for horizon, pattern in table:
        for match in re.finditer(rf"\b(?:{pattern})(?![a-z])", folded):
            if not _ERRAND.search(before(folded, match.start(), 40)):
                return horizon, match.start(), match.end()
    return None


def _deadline(folded: str, today: date) -> _Found | None:
    """ "Se me vence el contrato el 15 de diciembre"."""
    match = _DEADLINE.search(folded)
    if not match:
        return None
    month = _NUMBERS[match.group("month")]
    days = _days_until(month, None, today) + int(match.group("day"))
    return _horizon(max(days, 0)), match.start(), match.end()


def _span(folded: str, today: date) -> _Found | None:
    return _measured(_SPAN, folded)


def _bare(folded: str, today: date) -> _Found | None:
    return _measured(_BARE_SPAN, folded) or _named_month(_BARE_MONTH, folded, today)


def _measured(pattern: re.Pattern[str], folded: str) -> _Found | None:
    for match in pattern.finditer(folded):
        if _AGE.search(folded, 0, match.start("low") if match["low"] else match.start()):
            continue
        if _PAST.search(before(folded, match.start())) or _PAST.search(
            before(folded, match.start("unit")).rsplit(" ", 2)[0] + " "
        ):
            continue
        last = (
            match.group("high")
            or match.group("low")
            or ("3" if match.group("unit").endswith("s") else "1")
        )
        if match.group("unit").startswith(("a", "y")) and _number(last) >= _CREDIT_YEARS:
            continue
        if match.group() in ("a month", "a year", "a week", "a day"):  # what is paid in each
            continue
        days = _number(last) * _UNIT_DAYS[match.group("unit")[0]] + (
            15 if match.group("half") else 0
        )
        return _horizon(days), match.start(), match.end()
    return None


def _month(folded: str, today: date) -> _Found | None:
    return _named_month(_MONTH, folded, today)


def _named_month(pattern: re.Pattern[str], folded: str, today: date) -> _Found | None:
    match = pattern.search(_DAY_OF_MONTH.sub(lambda found: " " * len(found.group()), folded))
    if not match or _PAST_DEED.search(before(folded, match.start(), 60)):
        return None
    if _PAST_YEAR.match(folded, match.end()) or _is_past(match["year"], today):
        return None
    month = _NUMBERS[match.group("month")]
    return _horizon(_days_until(month, match.group("year"), today)), match.start(), match.end()


def _year(folded: str, today: date) -> _Found | None:
    match = re.search(
        r"\b(?:para|en|hasta|desde|el|recien) (?:el )?(?:ano )?(?P<year>20[2-4]\d)\b", folded
    )
    if not match or int(match["year"]) <= today.year:
        return None
    days = (date(int(match["year"]), 1, 1) - today).days
    return _horizon(max(days, 60)), match.start(), match.end()


def _season(folded: str, today: date) -> _Found | None:
    match = _SEASON.search(folded)
    if not match or not _is_plan(folded, match):
        return None
    days = _days_until(_SEASONS.get(match.group("season"), 12), None, today)
    return _horizon(days), match.start(), match.end()


def _is_past(year: str | None, today: date) -> bool:
    return bool(year and year.isdigit() and int(year) < today.year)


def _is_plan(folded: str, match: re.Match[str]) -> bool:
    """ "En invierno" is mostly about the weather, "para el invierno" seldom."""
    around = folded[max(match.start() - 80, 0) : match.end() + 80]
    planned = not match.group().startswith("en ") or len(folded.split()) <= 3
    return bool(planned or _TO_MOVE.search(around)) and not _WEATHER.search(around)


def _days_until(month: int, year: str | None, today: date) -> int:
    """To the first of the next such month; the current month is now."""
    named = (
        int(year)
        if year and year.isdigit()
        else today.year + (1 if year or month < today.month else 0)
    )
    return (date(named, month, 1) - today).days


def _horizon(days: int) -> Horizon:
    return "now" if days <= 30 else "within_90_days" if days <= 93 else "later"


def _number(word: str) -> int:
    return int(word) if word.isdigit() else WORDS[word]
