"""Reads when a lead could come: days, parts of the day and hours, resolved against the clock."""

import re
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from functools import lru_cache

from crm.patterns import Pattern
from leads.folding import before
from llm.spanish.meaning import DayWish, PartOfDay
from llm.spanish.timelines import MONTH, MONTHS

WEEKDAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
_WEEKDAY = re.compile(rf"\b(?P<this>este |hoy )?(?P<day>{'|'.join(WEEKDAYS)})s?\b")
_IMPOSSIBLE = re.compile(
    rf"\b(?:el |los )?(?:{'|'.join(WEEKDAYS)})s? (?:no (?:puedo|me sirve|me acomoda)|no|imposible)\b"
    rf"|\bno (?:puedo|podre|voy a poder|alcanzo|podria|me sirve)(?: a)?(?: \w+)? (?:el |los )?(?:{'|'.join(WEEKDAYS)})s?\b"
)
_NUMBERED_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})s? (?P<number>\d{{1,2}})\b")
_NEXT_WEEK = re.compile(
    r"\b(?:(?:la )?(?:proxima|otra|siguiente) semana|semana (?:que viene|proxima|siguiente|entrante)|la (?:proxima|otra)$)"
)
_DATES: tuple[str, ...] = (
    r"\b(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b",
    rf"\b(?P<day>\d{{1,2}})(?:ro|ero|º|°)? (?:de )?(?P<name>{MONTH}|ene|feb|mar|abr|may|jun|jul|ago|sept?|oct|nov|dic)\b(?: (?:de |del )?(?P<year>20\d\d))?",
    r"(?<![\d/.,-])(?P<day>\d{1,2})[/-](?P<month>\d{1,2})(?:[/-](?P<year>\d{4}|\d{2}))?(?![\d/.,-]*\d)",
    rf"\b(?:el|dia|para el|(?P<weekday>{'|'.join(WEEKDAYS)})) (?P<day>\d{{1,2}})\b(?!\s*(?::|/|-\d|\.\d|de \w|hrs|horas|am\b|pm\b|dorm|piso|mil|%|uf|lucas|palos|de la))",
)
_DATE_PATTERNS = tuple(re.compile(pattern) for pattern in _DATES)
_TOMORROW = re.compile(
    r"(?<!pasado )(?<!por la )(?<!en la )(?<!de la )(?<!a la )(?<!de )(?<!la )\bmanana\b|\bmanana por la\b"
)
_OPEN_START = re.compile(r"\b(?:a partir del?|desde el|despues del?|pasado el|del?) $")
_FROM = re.compile(r"\b(?:a partir del?|desde el|despues del?) $")
_PARTS: tuple[tuple[PartOfDay, str], ...] = (
    ("evening", r"(?:en|por|de|a) la noche|despues (?:del trabajo|de la pega|de (?:mi )?(?:la )?pega|de las (?:6|7|18|19|seis|siete))"
                r"|ultima hora|tarde noche|tardecita|saliendo (?:del trabajo|de la pega)|noche"),
    ("morning", r"(?:en|por|de|a|x) la (?:manana|mañanita)|temprano|a primera hora|antes de almuerzo|(?:de|en las) mananas|solo mananas|manana temprano"),
    ("afternoon", r"(?:en|por|de|a|x|tipo|durante) (?:la )?tarde|despues de (?:almuerzo|almorzar|las (?:2|3|14|15))|medio ?dia|tardes|hora de almuerzo|(?<!buenas )(?<!mas )(?<!muy )tarde"),
)  # fmt: skip
_PART_PATTERNS = tuple((part, re.compile(rf"\b(?:{pattern})\b")) for part, pattern in _PARTS)
_HOUR_WORDS = {"una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12}  # fmt: skip
_SUFFIX = r"\s*(?P<suffix>am|pm|a\.m\.?|p\.m\.?|hrs?|horas|h\b|de la (?:manana|tarde|noche)|en la (?:manana|tarde|noche)|del dia)?"
_HOURS = (
    re.compile(
        rf"\b(?:a las?|tipo|tipin|como a las?|las|la de las?|de las)\s*(?P<hour>\d{{1,2}}|{'|'.join(_HOUR_WORDS)})(?![\d/]| dorm|a)"
        rf"(?:[:.](?P<minute>\d\d)| y (?P<words>media|cuarto))?(?:,? ?(?:por favor|porfa),?)?{_SUFFIX}"
    ),
    re.compile(rf"(?<![\d:$])(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?P<words>(?!))?{_SUFFIX}"),
    re.compile(
        r"(?<![\d:.,$])(?P<hour>\d{1,2})(?P<minute>(?!))?(?P<words>(?!))?\s*(?P<suffix>am|pm|hrs|horas|h)\b"
    ),
)
_BOUND = re.compile(r"\b(?:despues|antes|hasta|desde|entre|pasad[ao]s?)(?: de)?\s*$")
_PART_HOURS: dict[PartOfDay, tuple[int, int]] = {
    "morning": (0, 12),
    "afternoon": (12, 19),
    "evening": (18, 24),
}


# Days and hours as English and Portuguese have them; Portuguese weekdays with what marks them only,
# because "la segunda" is one of several in Spanish.
_FOREIGN: tuple[tuple[str, str], ...] = (
    *((rf"\b{english}s?\b", day) for english, day in zip(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), WEEKDAYS, strict=True)),
    *((rf"\b(?:na |de |para |pra )?{name}(?:-| )feira\b|\b(?:na|nesta|pra|para) {name}\b", day) for name, day in zip(
        ("segunda", "terca", "quarta", "quinta", "sexta"), WEEKDAYS[:5], strict=True)),
    (r"\bday after tomorrow\b|\bdepois de amanha\b", "pasado manana"),
    (r"\btomorrow\b|\bamanha\b", "manana"),
    (r"\btoday\b|\bhoje\b", "hoy"),
    (r"\b(?:(?:in|on) the )?mornings?\b|\b(?:de|pela) manha\b", "en la manana"),
    (r"\b(?:(?:in|on) the )?afternoons?\b|\b(?:a|de|pela) tarde\b", "en la tarde"),
    (r"\b(?:(?:in|on) the )?evenings?\b|\b(?:a|de|pela) noite\b|\bafter work\b|\bdepois do trabalho\b", "en la noche"),
    (r"\b(?:the )?weekend\b|\bfinal de semana\b|\bfim de semana\b", "fin de semana"),
    (r"\bnext week\b|\bsemana que vem\b|\bproxima semana\b", "proxima semana"),
    (r"\bnoon\b|\bmeio-dia\b", "mediodia"),
    (r"\b(?:at|as|around) (?=\d{1,2}\b)", "a las "),
    (r"\b(?:the )?first (?:one|time|slot|option)\b|^\W*the first\b|\bprimeir[ao]\b", "la primera"),
    (r"\b(?:the )?second (?:one|time|slot|option)\b|^\W*the second\b", "la segunda"),
    (r"\b(?:the )?third (?:one|time|slot|option)\b|^\W*the third\b|\bterceir[ao]\b", "la tercera"),
    (r"\b(?:the )?last (?:one|time|slot|option)\b", "la ultima"),
    (r"\bany (?:of them|of those|is fine|works)\b|\bqualquer (?:um|uma)\b", "cualquiera"),
)  # fmt: skip
_IS_FOREIGN = Pattern(
    r"(?:day|morning|afternoon|evening|night|noon|week|weekend|tomorrow|first|second|third|last|any)\b|\b(?:at|around) \d|\b(?:hoje|amanha|manha|feira|noite|semana|primeir[ao]|terceir[ao]|qualquer|terca|quarta|quinta|sexta|meio-dia|as \d)"
)
_FOREIGN_PATTERNS = tuple((re.compile(pattern), plain) for pattern, plain in _FOREIGN)


def in_spanish(folded: str) -> str:
    """Days, hours and "the second one" in Spanish words, for the readers of choices and wishes."""
    if _IS_FOREIGN.search(folded):
        for pattern, plain in _FOREIGN_PATTERNS:
            folded = pattern.sub(plain, folded)
    return folded


def find_wish(folded: str, today: date) -> DayWish | None:
    date_from, date_to = find_dates(folded, today)
    hours = find_hours(folded) or _hour_after_weekday(folded, date_from)
    part = _part(folded) or (_part_of(hours[0]) if len(hours) == 1 else None)
    wish = DayWish(date_from, date_to, part, hours)
    return wish if wish != DayWish() else None


def _hour_after_weekday(folded: str, day: date | None) -> tuple[time, ...]:
    """ "Jueves 11" is an hour when that Thursday is no 11th."""
    match = _NUMBERED_WEEKDAY.search(folded)
    if not match or not day or int(match["number"]) == day.day:
        return ()
    hour = int(match["number"])
    return (time(hour),) if 8 <= hour <= 20 else (time(hour + 12),) if 1 <= hour < 8 else ()


def find_dates(folded: str, today: date) -> tuple[date | None, date | None]:
    for reader in _READERS:
        if days := reader(folded, today):
            return days
    return None, None


def in_part(at: time, part: PartOfDay) -> bool:
    first, last = _PART_HOURS[part]
    return first <= at.hour < last


def blank_times(text: str, folded: str) -> str:
    """`text` without dates and hours, so that no amount is read into them; positions stay."""
    kept = list(text)
    for pattern in (*_DATE_PATTERNS[:3], *_HOURS):
        for match in pattern.finditer(folded):
            kept[match.start() : match.end()] = " " * len(match.group())
    return "".join(kept)


def find_hours(folded: str) -> tuple[time, ...]:
    """The clock times that "a las 4" may mean, most likely first."""
    for pattern in _HOURS:
        for match in pattern.finditer(folded):
            if not _BOUND.search(before(folded, match.start())) and (
                found := tuple(_readings(match))
            ):
                return found
    return (time(12),) if re.search(r"\bmedio ?dia\b", folded) else ()


def _readings(match: re.Match[str]) -> Iterator[time]:
    hour = _HOUR_WORDS.get(match.group("hour")) or int(match.group("hour"))
    minute = {"media": 30, "cuarto": 15}.get(
        match.group("words") or "", int(match.group("minute") or 0)
    )
    suffix = match.group("suffix") or ""
    if hour > 23 or minute > 59:
        return
    later = hour + 12 if hour < 12 else hour
    if suffix.startswith("p") or suffix.endswith(("tarde", "noche")):
        yield time(later, minute)
    elif hour >= 12 or suffix.startswith("a") or suffix.endswith("manana"):
        yield time(hour, minute)
    else:
        yield from (time(each, minute) for each in ((hour, later) if hour >= 8 else (later, hour)))


def _part(folded: str) -> PartOfDay | None:
    greeted = re.sub(r"\bbuen[ao]s (?:tardes|dias|noches)\b", " ", folded)
    return next((part for part, pattern in _PART_PATTERNS if pattern.search(greeted)), None)


def _part_of(at: time) -> PartOfDay:
    return "morning" if at.hour < 12 else "afternoon" if at.hour < 18 else "evening"


_Days = tuple[date, date] | None


def _dated(folded: str, today: date) -> _Days:
    for pattern in _DATE_PATTERNS:
        found = [day for match in pattern.finditer(folded) if (day := _day_of(match, today))]
        if found:
            opens = any(
                _OPEN_START.search(before(folded, match.start()))
                for match in pattern.finditer(folded)
            )
            return (
                (found[0], max(found[0], found[-1]))
                if len(found) > 1 or not opens
                else _opened(found[0])
            )
    return None


def _opened(start: date) -> tuple[date, date]:
    return start, start + timedelta(days=14)


def _day_of(match: re.Match[str], today: date) -> date | None:
    given = match.groupdict()
    month = _month_number(given.get("name")) or int(given.get("month") or 0)
    year = int(given["year"]) if given.get("year") else 0
    year += 2000 if 0 < year < 100 else 0
    found = _upcoming(int(given["day"]), month, year, today)
    named = given.get("weekday")
    return found if found and (not named or WEEKDAYS[found.weekday()] == named) else None


def _month_number(name: str | None) -> int:
    return next(
        (number for number, month in enumerate(MONTHS, 1) if name and month.startswith(name[:3])), 0
    )


@lru_cache(maxsize=256)
def _upcoming(day: int, month: int, year: int, today: date) -> date | None:
    """The first such date from today on; parts that were not said are free."""
    for ahead in range(14):
        index = today.year * 12 + today.month - 1 + ahead
        if (month and month != index % 12 + 1) or (year and year != index // 12):
            continue
        try:
            found = date(index // 12, index % 12 + 1, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _relative(folded: str, today: date) -> _Days:
    shift = 2 if "pasado manana" in folded else 0 if re.search(r"\bhoy\b", folded) else None
    if shift is None and _TOMORROW.search(folded):
        shift = 1
    if shift is None:
        return None
    day = today + timedelta(days=shift)
    return day, day


def _weekdays(folded: str, today: date) -> _Days:
    kept = _IMPOSSIBLE.sub(" ", folded)
    matches = list(_WEEKDAY.finditer(kept))
    if not matches:
        return None
    next_week = bool(_NEXT_WEEK.search(kept))
    days = [_weekday(match, today, next_week=next_week) for match in matches]
    if len(days) == 1 and _FROM.search(before(kept, matches[0].start())):
        return _opened(days[0])
    return min(days), max(days)


def _weekday(match: re.Match[str], today: date, *, next_week: bool) -> date:
    wanted = WEEKDAYS.index(match.group("day"))
    if next_week:
        return _monday_after(today) + timedelta(days=wanted)
    ahead = (wanted - today.weekday()) % 7
    return today + timedelta(days=ahead if ahead or match.group("this") else 7)


def _weeks(folded: str, today: date) -> _Days:
    weekend = re.search(r"\bfin(?:de)?(?: de semana|(?:es)? de semana)?\b|\bfindes?\b", folded)
    weekend = weekend if weekend and re.search(r"semana|finde", weekend.group()) else None
    next_week = _NEXT_WEEK.search(folded) or re.search(r"\b(?:proximo|otro|siguiente) fin", folded)
    sunday_said = weekend and today.weekday() == 6 and not re.search(r"\beste fin", folded)
    monday = (
        _monday_after(today)
        if next_week or sunday_said
        else today - timedelta(days=today.weekday())
    )
    if weekend:
        return max(today, monday + timedelta(days=5)), monday + timedelta(days=6)
    if next_week or re.search(r"\besta semana\b", folded):
        return max(today, monday), monday + timedelta(days=6)
    return None


def _months(folded: str, today: date) -> _Days:
    match = re.search(rf"\b(?:en|para|durante) ({MONTH})\b", folded)
    if not match:
        return None
    month = _month_number(match.group(1))
    first = _upcoming(1, month, 0, today) if month != today.month else today
    return (first, first + timedelta(days=30)) if first else None


def _monday_after(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


_READERS: tuple[Callable[[str, date], _Days], ...] = (_dated, _relative, _weekdays, _weeks, _months)
