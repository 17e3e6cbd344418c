"""Says of each amount in a message what it is: income, budget, debt, or none of the lead's facts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import Literal

from leads.folding import before
from leads.money import Mention, Money, iter_amounts

Role = Literal["income", "budget", "debt", "other"]

_WEAK = 25
_NOUN = 27  # a handicap that a number without any unit does not overcome: "depto 302" is an address
# (role, words that announce it, handicap in characters: how much nearer than another cue it must stand)
_CUES: tuple[tuple[Role, str, int], ...] = (
    ("income", r"gano|ganamos|ganando|sueldos?|rentas?|ingresos?|liquid[oa]s?|liq|brut[oa]s?|me pagan|percibo|salario"
               r"|mensual(?:es|mente)?|al mes|recibo|boleteo|honorarios|jubilacion|pension(?! de alimentos)|imponible|remuneracion|i earn", 0),
    ("debt", r"deud[ao]s?|debo|adeudo|moros\w*|dicom|protest\w*|atrasad[oa]", 0),
    ("budget", r"presupuestos?|tope|invertir|gastar|que no pase de|comprar|maximo|como mucho|budget", 0),
    ("budget", r"hasta|por|menos de|bajo|entre|buscando|busco", _WEAK),
    ("budget", r"alcanza|valor|precio|deptos?|dptos?|departamentos?|casas?|credito de|propiedad|desde|cuesta|vale|algo", _NOUN),
    ("other", r"pie|ahorr\w*|juntad[oa]s?|afp|dividendos?|cuotas?|gastos comunes|pago|pagando|gana|su sueldo|herencia"
              r"|mi (?:senora|esposa|esposo|marido|pareja|polol[oa]|mama|papa|herman[oa]|hij[oa]|novi[oa])", 0),
    ("other", r"(?:mi|el|un) arriendo", 6),
)  # fmt: skip
_PATTERNS = tuple(
    (role, re.compile(rf"\b(?:{words})\b"), handicap) for role, words, handicap in _CUES
)
_BREAK = re.compile(r"[.!?;\n](?!\d)")
_COMMA = re.compile(r",(?!\d)| y (?=[a-z])| pero ")
_COMMA_COST, _AFTER_COST, _REACH, _AFTER_REACH = 40, 4, 70, 22
_WINDOW = 120  # a cue that reaches an amount, and its own length
_MOST = 40  # amounts that are weighed: nobody tells more of themselves in one breath
_NOT_EARNED = re.compile(
    r"\bno (?:\w+ )?(?:gano|ganamos|me pagan|recibo|llego a)\b(?! (?:mas|sobre))[^,.\n]*$"
)
_VAGUE = re.compile(r"\b(?:menos de|bajo|no llego a|no alcanzo a|mas que)\s*(?:los |las |el )?$")
_OF_YEAR = re.compile(r"\b(?:del?|en|el|desde|ano|fines de)\s$")
_GROSS = re.compile(r"\bbrut[oa]s?\b")
_NET = re.compile(r"\bliq(?:uid[oa]s?)?\b")
_YEARLY = re.compile(r"\s*(?:\w+ )?(?:al ano|anual(?:es)?|por ano)\b")
_NO_INCOME = re.compile(
    r"\b(?:estoy |soy |ando |quede )?(?:cesante|sin (?:trabajo|pega|ingresos|sueldo)|desemplead[oa])\b"
    r"|\bno (?:tengo|recibo) (?:\w+ )?(?:trabajo|pega|ingresos?|sueldo)\b|\bno gano nada\b"
)
_ASKED_ROLE: dict[str, Role] = {
    "income": "income",
    "budget": "budget",
    "debt_amount": "debt",
    "dicom": "debt",
}


@dataclass(frozen=True, slots=True)
class Finances:
    income: Money | None = None
    budget: Money | None = None
    debt: int | None = None
    gross: bool = False


def find_finances(text: str, folded: str, *, asked: str | None) -> Finances:
    """`text` has phones, dates and hours blanked out; `folded` is its folded form."""
    nothing = _NO_INCOME.search(folded) or (asked == "income" and folded.strip(" .$") == "0")
    found = Finances(income=Money(Decimal(0)) if nothing else None)
    mentions = list(islice(iter_amounts(text), _MOST))
    for mention in mentions:
        role = None if _is_year(folded, mention) else _role(folded, mention, mentions, asked)
        found = _with(found, role, mention, folded, asked) if role else found
    return found


def _is_year(folded: str, mention: Mention) -> bool:
    said = _OF_YEAR.search(before(folded, mention.start))
    return bool(mention.bare and 1990 <= mention.amount <= 2040 and said)


def _with(
    found: Finances, role: Role, mention: Mention, folded: str, asked: str | None
) -> Finances:
    if role == "income" and (
        found.income is None or _NET.search(before(folded, mention.start, 25))
    ):
        return _with_income(found, mention, folded)
    if role == "budget" and found.budget is None and (budget := as_budget(mention)):
        return replace(found, budget=budget)
    if (
        role == "debt"
        and found.debt is None
        and (not mention.bare or asked in _ASKED_ROLE or mention.amount >= 50)
    ):
        return replace(found, debt=int(_as_pesos(mention)))
    return found


def _with_income(found: Finances, mention: Mention, folded: str) -> Finances:
    lead_in, after = before(folded, mention.start, 200), folded[mention.end : mention.end + 25]
    if _NOT_EARNED.search(lead_in) or _VAGUE.search(lead_in) or mention.currency == "UF":
        return found
    clause = lead_in[-25:] + " " + after
    if _GROSS.search(clause) and not _NET.search(clause):
        return replace(found, gross=True)
    income = as_income(mention, months=12 if _YEARLY.match(folded, mention.end) else 1)
    return replace(found, income=income)


def as_income(mention: Mention, *, months: int = 1) -> Money | None:
    """Net pesos a month; of a range the lower bound, so that nobody qualifies by optimism."""
    lowest = replace(mention, amount=mention.minimum or mention.amount)
    if lowest.currency == "USD":
        return lowest.money
    pesos = _as_pesos(lowest) / months
    while pesos > 100_000_000 and lowest.scaled:
        pesos /= 1000
    rounded = pesos.quantize(Decimal(1), ROUND_HALF_UP)
    return Money(rounded) if 50_000 <= rounded <= 200_000_000 else None


def as_budget(mention: Mention) -> Money | None:
    """A bare "3500" is UF, a bare "120" millions of pesos."""
    bare = mention.bare or (mention.currency is None and mention.amount < 100_000)
    if not bare:
        return mention.money if mention.currency != "CLP" or mention.amount >= 50_000 else None
    if 500 <= mention.amount < 100_000:
        return Money(mention.amount, "UF")
    return Money(mention.amount * 1_000_000) if 20 <= mention.amount < 500 else None


def _as_pesos(mention: Mention) -> Decimal:
    """ "950" said of an income is lucas, "1.5" is palos."""
    if not mention.bare:
        return mention.amount
    if mention.amount < 15:
        return mention.amount * 1_000_000
    return mention.amount * 1000 if mention.amount < 15_000 else mention.amount


def _role(
    folded: str, mention: Mention, mentions: Iterable[Mention], asked: str | None
) -> Role | None:
    start, end = _sentence(folded, mention, mentions)
    scored = sorted(_cues(folded, mention, start, end))
    role = scored[0][1] if scored else None
    if role is None or (
        role == "budget" and scored[0][0] >= _WEAK and _ASKED_ROLE.get(asked or "")
    ):
        role = _by_context(mention, asked) or role
    if role in ("income", None) and mention.currency == "UF":
        return "budget"
    return role


def _by_context(mention: Mention, asked: str | None) -> Role | None:
    if mention.currency in ("UF", "USD") and asked not in ("income", "debt_amount"):
        return "budget"
    if role := _ASKED_ROLE.get(asked or ""):
        return role
    written = mention.currency is not None or mention.scaled or asked is None
    return "budget" if written and mention.amount >= 20_000_000 else None


def _sentence(folded: str, mention: Mention, mentions: Iterable[Mention]) -> tuple[int, int]:
    """What surrounds the amount, up to a full stop and up to its neighbours' amounts."""
    first, last = max(mention.start - _WINDOW, 0), min(mention.end + _WINDOW, len(folded))
    starts = [match.end() for match in _BREAK.finditer(folded, first, mention.start)]
    stop = _BREAK.search(folded, mention.end, last)
    following = [other.start for other in mentions if other.start >= mention.end]
    return max(starts, default=first), min([stop.start() if stop else last, *following])


def _cues(folded: str, mention: Mention, start: int, end: int) -> Iterable[tuple[int, Role]]:
    for role, pattern, handicap in _PATTERNS:
        if handicap == _NOUN and mention.bare:
            continue
        for match in pattern.finditer(folded, start, mention.start):
            between = folded[match.end() : mention.start]
            if len(between) <= _REACH:
                yield len(between) + handicap + _COMMA_COST * len(_COMMA.findall(between)), role
        for match in pattern.finditer(folded, mention.end, min(end, mention.end + _AFTER_REACH)):
            between = folded[mention.end : match.start()]
            if not _COMMA.search(between):
                yield len(between) + handicap + _AFTER_COST, role
