"""Reads which of the offered hours a lead chooses."""

import re
from collections.abc import Sequence
from datetime import date

from leads.money_words import WORDS
from llm.spanish.answers import core, says_yes
from llm.spanish.days import find_dates, find_wish, in_part
from llm.spanish.meaning import DayWish, Offer

_ORDINALS: tuple[tuple[int, str], ...] = (
    (0, r"primer[ao]?|1r[ao]|1er[ao]?|la una?$"),
    (1, r"segund[ao]|2d[ao]|del? medio"),
    (2, r"tercer[ao]?|3r[ao]|3er[ao]?"),
    (3, r"cuart[ao]|4t[ao]"),
    (-1, r"ultim[ao]"),
)
_ORDINAL_PATTERNS = tuple(
    (index, re.compile(rf"\b(?:la|el|esa?|opcion|hora)?\s*\b(?:{words})(?!\w)"))
    for index, words in _ORDINALS
)
_NOT_ORDINAL = re.compile(
    r"\b(?:primera vez|primer (?:depto|departamento|hogar|piso)|primera (?:vivienda|casa|propiedad|hora)|segundo piso|ultima hora"
    r"|segunda (?:vivienda|propiedad)|primero (?:quiero|necesito|que|me)|cuarto (?:piso|de)|tercer piso|y cuarto|un cuarto)\b"
    r"|\b(?:la |el )?(?:primer[ao]?|segund[ao]|tercer[ao]?|ultim[ao]|[1-4]) no\b[^,;\n]*"
)
_NUMBER = re.compile(
    r"(?:\b(?:opcion|alternativa|numero|nro|n°|la|el|el numero|la opcion)|#)\s*(?P<marked>[1-9]|un[oa]|dos|tres|cuatro)(?!\w|\d|:|[.,]\d| ?(?:de|hrs|am|pm|dorm))"
    r"|^\W*(?P<alone>[1-9]|un[oa]|dos|tres|cuatro)(?:\ufe0f?\u20e3)?\W*(?:por ?fa(?:vor)?|gracias|ok|si|porfis)?\W*$"
)
# With an article and nothing but courtesy before it: "¿tienes más temprano?" asks for others.
_LEAD = r"^\W*(?:(?:ya|ok|okey|si|sii|dale|bueno|perfecto|listo|entonces|mejor|prefiero|quiero|tomo|dame|me quedo con|me sirve|me acomoda|anotame(?: en| para)?|reservame|agendame)\W+){0,3}"
_EARLIEST = re.compile(
    _LEAD + r"(?:(?:la|el|lo) (?:de |del )?(?:mas temprano|mas temprana)|la primera hora|a primera hora|the earliest|o mais cedo)\b"
    r"|" + _LEAD + r"la primera (?:hora )?(?:de|del|el) "
)  # fmt: skip
_LATEST = re.compile(
    _LEAD + r"(?:(?:la|el|lo) (?:de |del )?mas tarde|la ultima hora|the latest|o mais tarde)\b"
    r"|" + _LEAD + r"la ultima (?:hora )?(?:de|del|el) "
)  # fmt: skip
_LETTER = re.compile(r"^\W*(?:la |opcion )?(?P<letter>[abc])\W*$")
_HOUR_ALONE = re.compile(r"^\W*(?P<hour>\d{1,2})(?![\d:])\W*$")
_ANY = re.compile(
    r"\b(?:cualquier[ao]?(?: de (?:las|los|esas|esos))?|la que sea|el que sea|da lo mismo|da igual|me acomodo|la que (?:tu )?(?:prefieras|quieras|puedas)|todas me sirven)\b"
)
_THAT = re.compile(
    r"\b(?:es[ea]|esa hora|ese dia|ese horario|est[ea]|me acomoda|me sirve|me queda bien|tomo|reserv\w+|agend\w+|confirm\w+)\b"
)
_REJECTED = re.compile(
    r"\bningun[ao]\b|\b(?:no puedo|no me (?:sirve|acomoda|queda|tinca|da))\b|\b(?:otr[ao]s?) (?:dias?|horas?|horarios?|opcion(?:es)?|fechas?)\b"
    r"|\bmas (?:tarde|temprano|horarios|opciones)\b|\btienes (?:algo )?(?:mas|otr)"
)


def rejects(folded: str) -> bool:
    return bool(_REJECTED.search(folded))


def find_choice(folded: str, offers: Sequence[Offer], today: date, *, asked: bool) -> int | None:
    """The offer's id; None when nothing or more than one is meant."""
    if offers and asked and (end := _end(folded)) is not None:
        days = find_dates(folded, today)
        of_day = [each for each in offers if fits(each, DayWish(*days))] if any(days) else offers
        return sorted(of_day, key=lambda each: each.start)[end].offer_id if of_day else None
    if not offers or _refused(folded):
        return None
    return _chosen(folded, offers, today, asked=asked)


def _chosen(folded: str, offers: Sequence[Offer], today: date, *, asked: bool) -> int | None:
    wish = find_wish(folded, today)
    fitting = [offer for offer in offers if wish and fits(offer, wish)]
    if wish and len(fitting) == 1 and (wish.hours or asked or "?" not in folded):
        return fitting[0].offer_id
    if asked and wish and (near := _of_that_hour(offers, wish)):
        return near.offer_id
    if wish and (wish.date_from or wish.hours):
        return fitting[0].offer_id if fitting and _ANY.search(folded) else None
    if asked and (hour := _HOUR_ALONE.match(folded)) and int(hour["hour"]) > len(offers):
        at_hour = [
            offer
            for offer in offers
            if offer.start.hour in (int(hour["hour"]), int(hour["hour"]) + 12)
        ]
        return at_hour[0].offer_id if len(at_hour) == 1 else None
    index = _index(folded, len(offers), asked=asked)
    if index is not None:
        return offers[index].offer_id
    return _pointed(folded, offers, fitting, asked=asked)


def _of_that_hour(offers: Sequence[Offer], wish: DayWish) -> Offer | None:
    """ "La de las once" of an hour at half past eleven, where no other is offered about then."""
    hours = {each.hour for each in wish.hours if not each.minute}
    of_day = DayWish(wish.date_from, wish.date_to)
    near = [each for each in offers if each.start.hour in hours and fits(each, of_day)]
    return near[0] if len(near) == 1 else None


def _end(folded: str) -> int | None:
    """0 for "la de más temprano", "la primera del sábado"; -1 for "la última hora"."""
    return 0 if _EARLIEST.search(folded) else -1 if _LATEST.search(folded) else None


def fits(offer: Offer, wish: DayWish) -> bool:
    day, at = offer.start.date(), offer.start.time().replace(second=0, microsecond=0)
    if wish.date_from and not wish.date_from <= day <= (wish.date_to or wish.date_from):
        return False
    if wish.hours:
        return at in {hour.replace(tzinfo=None) for hour in wish.hours}
    return wish.part_of_day is None or in_part(at, wish.part_of_day)


def _refused(folded: str) -> bool:
    return bool(
        _REJECTED.search(folded)
        and not re.search(r"\b(?:pero|si puedo|mejor|prefiero|si)\b", folded)
    )


def _index(folded: str, count: int, *, asked: bool) -> int | None:
    plain = _NOT_ORDINAL.sub(" ", folded)
    found = {index for index, pattern in _ORDINAL_PATTERNS if pattern.search(plain)}
    if not found and asked:
        found = {
            number - 1
            for match in _NUMBER.finditer(plain)
            if (number := _number(match["marked"] or match["alone"]))
        }
        found |= {"abc".index(match["letter"]) for match in _LETTER.finditer(plain)}
    index = found.pop() if len(found) == 1 else None
    return (
        index
        if index is not None and index < count and (asked or len(plain.split()) <= 8)
        else None
    )


def _number(written: str) -> int:
    return int(written) if written.isdigit() else WORDS[written]


def _pointed(
    folded: str, offers: Sequence[Offer], fitting: list[Offer], *, asked: bool
) -> int | None:
    """ "Cualquiera" takes the first that fits; "dale, esa" needs to be unambiguous."""
    if asked and _ANY.search(folded):
        return (fitting or list(offers))[0].offer_id
    if asked and len(offers) == 1 and (says_yes(folded) or _THAT.search(core(folded))):
        return offers[0].offer_id
    return None
