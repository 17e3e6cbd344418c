"""No hour and no day of a visit that was neither offered nor booked."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from crm.patterns import Pattern
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import clauses, is_question, sentences, statement

_NUMBERS = {
    "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12,
}  # fmt: skip
_COUNTED = (
    r"opcion|propied|alternat|visita|casa|depto|departamento|person|cuadra|primer|ultim|comuna|dos\b|tres\b|hora|ofici"
    r"|seman|noche|que\b"
)
_CLOCK = re.compile(
    r"(?:(?<![\d.,:$])(?P<h1>\d{1,2})[:h](?P<m1>\d\d)(?!\d)"
    rf"|\b(?:a|desde|hasta|para|tipo|entre|la de|el de) las? (?P<h2>\d{{1,2}}|{'|'.join(_NUMBERS)})\b"
    rf"(?!\.\d\d\d|[/%\d]| (?:{_COUNTED}))(?:[:.](?P<m2>\d\d)| y (?P<w2>media|cuarto))?"
    r"|\bat (?P<h3>\d{1,2})(?!\d|[.,:]\d| ?(?:bed|bath|uf|%|m2|mill|min))|\bas (?P<h4>\d{1,2})h\b"
    r"|(?<![\d.,:$])(?P<h5>\d{1,2})(?= ?[ap]m\b))"
    r"(?: ?(?P<part>am|pm|a\.m|p\.m|de la manana|de la tarde|de la noche|da manha|da tarde|da noite)\b)?"
)
_WEEKDAYS = (
    ("lunes", "monday", "segunda-feira"), ("martes", "tuesday", "terca-feira"), ("miercoles", "wednesday", "quarta-feira"),
    ("jueves", "thursday", "quinta-feira"), ("viernes", "friday", "sexta-feira"), ("sabado", "saturday"),
    ("domingo", "sunday"),
)  # fmt: skip
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}
_MONTHS = (
    ("enero", "january", "janeiro"), ("febrero", "february", "fevereiro"), ("marzo", "march", "marco"),
    ("abril", "april"), ("mayo", "may", "maio"), ("junio", "june", "junho"), ("julio", "july", "julho"),
    ("agosto", "august"), ("septiembre", "september", "setembro"), ("octubre", "october", "outubro"),
    ("noviembre", "november", "novembro"), ("diciembre", "december", "dezembro"),
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_ANY_MONTH = "|".join(_MONTH)
_DAY = re.compile(
    rf"\b(?P<weekday>{'|'.join(_WEEKDAY)})s?\b"
    rf"|\b(?P<day>\d{{1,2}}) (?:de )?(?P<month>{_ANY_MONTH})\b|\b(?P<month2>{_ANY_MONTH}) (?P<day2>\d{{1,2}})\b"
    r"|(?<![\d/.,-])(?P<day3>\d{1,2})[/-](?P<month3>\d{1,2})(?![\d/-])"
    r"|\b(?P<after>pasado manana|day after tomorrow|depois de amanha)\b|\b(?P<tomorrow>tomorrow|amanha)\b"
    r"|\b(?P<morning>(?:la|esta|cada) manana)\b|\b(?P<manana>manana)\b|\b(?P<today>hoy|today|hoje)\b"
)
_AHEAD = {"after": 2, "tomorrow": 1, "manana": 1, "today": 0}
TIMED = Pattern(
    rf"\d|\b(?:{'|'.join(_WEEKDAY)}|las? (?:{'|'.join(_NUMBERS)})|manana|hoy|tomorrow|today|amanha|hoje)"
)
VISIT = Pattern(
    r"\b(?:visit\w*|citas?|agend\w*|reuni\w*|te esper\w+|nos vemos|puedo ofrecer\w*|tengo (?:a|hora|horas|el|disponib\w*)"
    r"|hay hora\w*|reserv\w*|see you|viewing|appointment|marcad\w+|horarios? para)\b"
)
OFFERS = Pattern(
    r"\b(?:te (?:sirve|acomoda|queda|tinca|viene|parece)|puedes|podrias|agend\w+|tomamos|works? for you|suit you|pode ser)\b"
)
UNSURE = Pattern(
    r"\b(?:no|si|cuando|busc\w+|revis\w+|consult\w+|ver|veo|confirm(?:o|ar|amos|emos|arte)|anot\w+|pregunt\w+|solicit\w+"
    r"|pediste|dijiste|mencion\w+|prefier\w+|not|if|check|ask\w*|nao|verific\w+)\b"
)
FREE = Pattern(
    r"\b(?:(?:tengo|tenemos|hay|quedan?|we have|i have|temos|tenho) (?:\w+ ){0,3}(?:horas?|horarios?|cupos?|espacio"
    r"|disponib\w*|free|available|slots?|vagas?)|te esper\w+|nos vemos|see you|queda? (?:\w+ )?(?:agend\w+|para|confirm\w+)"
    r"|tu visita es|your visit is|sua visita e)\b"
)

Fits = Callable[[datetime], bool]


@dataclass
class Clock:
    """An hour of a text, with the days that are named before and after it."""

    hours: tuple[int, ...]
    minute: int
    words: str
    before: Sequence[Fits] = ()
    after: list[Fits] = field(default_factory=list)

    @property
    def times(self) -> frozenset[tuple[int, int]]:
        return frozenset((hour, self.minute) for hour in self.hours)

    def is_at(self, moment: datetime) -> bool:
        if (moment.hour, moment.minute) not in self.times:
            return False
        named = [days for days in (self.before, self.after) if days]
        return not named or any(all(fits(moment) for fits in days) for days in named)


def unknown_hours(text: str, known: Known) -> list[Violation]:
    """Hours that no offer, booking, person or text of ours has; days on which none was offered."""
    found: list[Violation] = []
    days: Sequence[Fits] = ()
    if not TIMED.search(statement(text)):
        return found
    for sentence in sentences(text):
        folded = statement(sentence)
        of_visit, asks = VISIT.search(folded), is_question(folded) and not OFFERS.search(folded)
        for clause in clauses(folded):
            clocks, days, named = _read(clause, days, known.now)
            unsure = asks or UNSURE.search(clause)
            found += [
                Violation(Rule.HOUR, each.words)
                for each in clocks
                if not any(map(each.is_at, known.moments))
                and not _is_repeated(each, known, of_visit=of_visit, unsure=unsure)
            ]
            if named and not (clocks or unsure) and not is_question(folded) and FREE.search(folded):
                found += _days_without_hours(clause, named, known)
    return found


def times_of(folded: str) -> frozenset[tuple[int, int]]:
    """Every hour and minute that a folded text may mean."""
    return frozenset(time for mark in _CLOCK.finditer(folded) for time in _clock(mark, ()).times)


_remembered = lru_cache(maxsize=8)(times_of)


def clocks_of(folded: str, now: datetime) -> list[Clock]:
    """The hours of a folded text, each with the days beside it."""
    return _read(folded, (), now)[0]


def _read(
    folded: str, days: Sequence[Fits], now: datetime
) -> tuple[list[Clock], Sequence[Fits], list[Fits]]:
    """Hours, the days that the next sentence goes on about, and all days named here."""
    marks = sorted(
        [*_CLOCK.finditer(folded), *_DAY.finditer(folded)], key=lambda mark: mark.start()
    )
    clocks: list[Clock] = []
    group, named, begins, end = list(days), [], True, 0
    for mark in marks:
        if mark.start() < end:
            continue
        end = mark.end()
        if mark.re is _CLOCK:
            clocks.append(_clock(mark, group))
            begins = True
        elif (fits := _fits(mark, now)) is not None:
            group = [fits] if begins else [*group, fits][-3:]
            begins = False
            named.append(fits)
            if clocks:
                clocks[-1].after.append(fits)
    return clocks, group, named


def _clock(mark: re.Match[str], days: Sequence[Fits]) -> Clock:
    given = next(mark[name] for name in ("h1", "h2", "h3", "h4", "h5") if mark[name])
    hour = _NUMBERS.get(given) or int(given)
    minute = int(mark["m1"] or mark["m2"] or 0) + {"media": 30, "cuarto": 15}.get(mark["w2"], 0)
    return Clock(_meant(hour, mark["part"] or ""), minute, mark.group(), tuple(days))


def _meant(hour: int, part: str) -> tuple[int, ...]:
    """ "a las 4" may be the afternoon's."""
    if part.startswith(("a", "de la man", "da man")):
        return (hour % 12,)
    if part:
        return (hour % 12 + 12,)
    return (hour, hour + 12) if 0 < hour < 12 else (hour,)


def _fits(mark: re.Match[str], now: datetime) -> Fits | None:
    if name := mark["weekday"]:
        return lambda moment: moment.weekday() == _WEEKDAY[name]
    if (day := _date_of(mark)) is not None:
        return lambda moment: (moment.day, moment.month) == day
    ahead = next((days for name, days in _AHEAD.items() if mark[name]), None)
    if ahead is None:
        return None
    exact: date = (now + timedelta(days=ahead)).date()
    return lambda moment: moment.date() == exact


def _date_of(mark: re.Match[str]) -> tuple[int, int] | None:
    if day := mark["day"] or mark["day2"]:
        return int(day), _MONTH[mark["month"] or mark["month2"]]
    return (int(mark["day3"]), int(mark["month3"])) if mark["day3"] else None


def _is_repeated(clock: Clock, known: Known, *, of_visit: bool, unsure: bool) -> bool:
    """By a person; by a text of ours, where it is not about visits; by the lead, said back."""
    if clock.times & _remembered(known.peoples_words):
        return True
    if not of_visit and clock.times & _remembered(known.our_words):
        return True
    return unsure and bool(clock.times & _remembered(known.their_words))


def _days_without_hours(clause: str, named: Sequence[Fits], known: Known) -> list[Violation]:
    if any(fits(moment) for fits in named for moment in known.moments):
        return []
    return [Violation(Rule.HOUR, clause)]
