"""Whose income an amount is, and what all who buy together earn."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Owner = Literal["own", "partner", "relative", "both", "each"]

SPOUSE = (
    r"mi (?:senora|esposa|esposo|marido|pareja|polol[oa]|novi[oa]|mujer|compan[ei]r[oa]|conviviente|media naranja)"
    r"|my (?:wife|husband|partner|girlfriend|boyfriend|spouse|fiancee?)"
    r"|(?:a )?minha (?:esposa|mulher|namorada|companheira)|(?:o )?meu (?:marido|esposo|namorado|companheiro)"
)
RELATIVE = (
    r"mis? (?:mama|papa|madre|padre|herman[oa]s?|hij[oa]s?|suegr[oa]|ti[oa]|prim[oa]|amig[oa]|cunad[oa]|viej[oa]|papas|padres|abuel[oa])"
    r"|my (?:mother|father|mom|dad|brother|sister|son|daughter|friend)|(?:minha mae|meu pai|meu irmao|minha irma)"
)
_THEIR_VERB = r"(?:gana|saca|percibe|recibe|cobra|boletea|aporta|hace|tiene|le (?:pagan|llegan?|quedan?)|earns|makes|ganha|recebe)"
_NEAR = r"(?=(?: (?:como|unos|unas|aprox\w*|cerca de|casi|around|about|uns))? ?\$? ?\d| (?:un|dos|tres) | medio |:)"
BOTH = (
    r"entre (?:los|las) (?:dos|2|tres|3)|entre ambos|entre mi \w+ y yo|entre nosotros|juntos|juntas|juntand[oa]|sumand[oa]|sumamos"
    r"|juntamos|sumad[oa]s?|complementand[oa]|ganamos|percibimos|recibimos|nos (?:pagan|entran?|llegan?|quedan?)|sacamos|hacemos|llegamos a"
    r"|(?:renta|ingreso|sueldo)s? (?:familiar|conjunt|total|complementad)\w*|nuestr[oa]s (?:ingresos|sueldos|rentas)"
    r"|ingreso del hogar|grupo familiar|(?:los|las) dos (?:sueldos|juntos)|ambos sueldos|en total|total(?: de)?|suma|en conjunto"
    r"|together|combined|between (?:us|the two of us|both)|both of us|we (?:make|earn)|household|nos dois|juntos ganhamos|ganhamos|somando"
)
_CUES: tuple[tuple[Owner, re.Pattern[str]], ...] = (
    ("relative", re.compile(rf"\b(?:{RELATIVE})\b(?! y yo)")),
    ("partner", re.compile(rf"\b(?:{SPOUSE})\b(?! y yo| ganamos| juntos| sumamos| juntamos| entre)")),
    ("partner", re.compile(rf"\b(?:ella|ela|she|(?:el|he|ele)(?= {_THEIR_VERB}\b)|(?:el|ele){_NEAR}|el otro|la otra|su sueldo|su renta)\b")),
    ("own", re.compile(
        r"\b(?:yo|eu|mwen|(?:mi|yo) (?:gana|saca|cobra|recibe)|gano|ganando|saco|boleteo|percibo|retiro|me (?:pagan|quedan?|llegan?|depositan|caen)|mi (?:sueldo|renta|ingreso|liquido|pension|jubilacion)"
        r"|i (?:make|earn|get)|ganho|recebo|el mio|la mia|lo mio|por mi (?:parte|lado))\b")),
    ("both", re.compile(rf"\b(?:{BOTH})\b")),
    ("each", re.compile(r"\b(?:cada (?:uno|una|um|cual)|c/u|each|por cabeza|los dos (?:ganamos|sacamos) lo mismo)\b|\bc/u")),
)  # fmt: skip
_SOMEBODY = re.compile(rf"\b{_THEIR_VERB}\b")
_NAMED = re.compile(rf"\b(?:{SPOUSE}|{RELATIVE}|ella|ela|she|el)\b")
_AFTER_ALL = re.compile(
    rf"[ ,]{{1,2}}(?:(?:de |al |mensual\w*|liquid\w*|pesos|lucas) ?){{0,3}}(?P<cue>cada (?:uno|una|um)|y (?:{SPOUSE}|ella|el) (?:gana |saca |recibe )?(?:como )?(?:lo mismo|igual)|c/u|each|por cabeza|{BOTH})(?![a-z])(?!,? ?(?:son |es |como |unos |de |nos da |ganamos )?\$?\d)"
)
_AFTER_ONE = re.compile(rf" (?:gana |saca |de )?(?P<cue>yo|ella|el(?= |,|$)|{SPOUSE})(?![a-z])")
_ALONE = re.compile(
    r"\b(?:compro|comprar|postulo|postular|voy|seria|lo hago|es) (?:yo )?(?:sol[oa]|a mi nombre)\b|\bsol[oa] yo\b|\bmi renta sola\b"
)
_TOGETHER = re.compile(
    rf"\b(?:juntos|juntas|entre (?:los|las) dos|complement\w+|compramos|queremos|buscamos|somos|los dos|las dos|ambos)\b|\bcon (?:{RELATIVE})\b"
)
_RESTATED = re.compile(
    r"\b(?:perdon|mentira|digo|corrijo|me equivoque|o sea|osea|mas bien|mejor dicho|en realidad|quise decir|rectifico|sorry|i mean|actually|quer dizer|menos descuentos|quedan? en|liquid[oa]s?|promedi\w+|con todo)\b|\*"
)
_THREE = re.compile(r"\b(?:somos|los|las|entre) (?:tres|3)\b")
_PLUS = re.compile(
    r"\b(?:mas|y|plus|and|e)\b[^.;\n]{0,40}(?:pension|jubilacion|pgu|arriendo|boletas?|comision(?:es)?|bonos?|propinas?|pololos?|pituto\w*|honorarios|clases|extras?|uber|rent|tips)"
    r"|\b(?:mas|plus)\s*(?:otr[oa]s |unos |unas |como )?\$?$"
)


@dataclass(frozen=True, slots=True)
class Income:
    """An amount that somebody earns; `joint` is what stands between it and the one before."""

    owner: Owner
    pesos: Decimal
    joint: str


def owner_of(folded: str, begin: int, start: int, end: int) -> Owner:
    """Of the amount at `start` to `end`, told by the words since `begin`, or right behind it."""
    if behind := _AFTER_ALL.match(folded, end):
        return (
            "each"
            if behind.group("cue").startswith(("cada", "c/", "each", "por", "y "))
            else "both"
        )
    found = [
        (match.end(), owner)
        for owner, pattern in _CUES
        for match in pattern.finditer(folded, begin, end)
        if match.end() <= start
    ]
    if found:
        return max(found)[1]
    if _SOMEBODY.search(folded, begin, start) and _NAMED.search(folded, 0, start):
        return "partner"
    if behind := _AFTER_ONE.match(folded, end):
        return "own" if behind.group("cue") == "yo" else "partner"
    return "own"


def household(incomes: Sequence[Income], folded: str, before: Decimal | None) -> Decimal | None:
    """What those earn who buy together; `before` is what was known of the lead's own."""
    totals = [each.pesos for each in incomes if each.owner == "both"]
    if totals:
        return totals[-1]
    if shares := [each.pesos for each in incomes if each.owner == "each"]:
        return shares[-1] * (3 if _THREE.search(folded) else 2)
    own = _of_one([each for each in incomes if each.owner == "own"])
    partner = _of_one([each for each in incomes if _buys(each.owner, folded)])
    if partner is None or _ALONE.search(folded):
        return own
    return partner + own if own else partner + before if before else None


def _buys(owner: Owner, folded: str) -> bool:
    """A spouse, and of other people who buy with the lead."""
    return owner == "partner" or (owner == "relative" and bool(_TOGETHER.search(folded)))


def _of_one(incomes: Sequence[Income]) -> Decimal | None:
    """The first that was said, what comes on top of it, or what it was put right to."""
    total: Decimal | None = None
    for each in incomes:
        if total is None or _RESTATED.search(each.joint):
            total = each.pesos
        elif _PLUS.search(each.joint):
            total += each.pesos
    return total
