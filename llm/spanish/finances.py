"""Says of each amount in a message what it is: income, budget, debt, or none of the lead's facts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import Any, Literal

from leads.folding import before
from leads.money import Mention, Money, iter_amounts
from llm.spanish.incomes import RELATIVE, SPOUSE, Income, household, owner_of

Role = Literal["income", "budget", "debt", "other", "shared"]

# Who lends or sells on account; beside an amount it is a debt, where nothing nearer says another thing.
_CREDITORS = r"ripley|falabella|cmr|tarjeta (?:de |del )?paris|(?:de|en|a) paris|hites|(?:la )?polar|abcdin|cencosud|coopeuch|tricot|johnsons?|caja (?:los andes|la araucana|los heroes)|movistar|entel|wom|vtr|tag|autopistas?|tesoreria|salcobrand|lider"
_WEAK = 25
_NOUN = 27  # a handicap that a number without any unit does not overcome: "depto 302" is an address
# (role, words that announce it, handicap in characters: how much nearer than another cue it must stand)
_CUES: tuple[tuple[Role, str, int], ...] = (
    ("income", r"gan(?:o|amos|ando|an|aria)|sueldos?|rentas?|ingresos?|liquid[oa]s?|liq|brut[oa]s?|(?:me|nos|le) (?:pagan|quedan?|llegan?|depositan|entran?|caen)|percib(?:o|imos|e)|salarios?"
               r"|recib(?:o|imos|e)|boleteo|honorarios|jubilacion|jubilo|pension(?:ad[oa])?(?! de alimentos)|pgu|imponible|remuneracion|sac(?:o|amos|a)(?! (?:el|un|una) )|(?:hago|hacemos)(?= \$?\d| como| unos| aprox| cerca| mas o menos| un | dos )"
               r"|promedi\w+|en (?:la )?mano|(?:solo|solamente) (?:yo|lo mio)|lo mio|boletas?(?= (?:por|de) \$?\d)|libres(?= al| mens)|(?:i|we|she|he) (?:earn|make|get)s?|(?:my|our) (?:salary|income|wage|pay)|earning|ganho|ganhamos|recebo|recebemos|salario|renda|minha renda|mwen (?:fe|touche|ganyen)|(?:mi|yo) (?:gana|cobra)", 0),
    ("income", r"mensual(?:es|mente)?|todos los meses|cada mes|al mes|por mes|a month|per month|monthly|ao mes", 4),
    ("shared", rf"ella|ela|she|el(?= como | unos | gana | saca | hace | recibe | \$?\d)|gana|saca|su sueldo|yo(?= como | unos | unas | casi | \$?\d| un )|eu(?= \$?\d| uns)|entre (?:los|las) dos|entre ambos|juntos|juntas|sumando|sumad[oa]s|sumamos|juntamos|together|combined|between us"
               rf"|{SPOUSE}|{RELATIVE}", 0),
    ("debt", r"deud[ao]s?|debo|debemos|adeudo|moros\w*|dicom|protest\w*|atrasad[oa]|castigad[oa]s?|i owe|owe|debt|devo|divida|multitienda|endeudad[oa]|debiendo|impag[oa]s?|sin pagar|(?:podido|pude|puedo) pagar", 0),
    ("debt", _CREDITORS, 6),
    ("budget", r"presupuestos?|topes?|invertir|gastar|que no pas\w+ de|comprar|maximo|max|como mucho|budget|orcamento|no mas de|llegar (?:a|hasta)|estirarme (?:a|hasta)|estirar(?:nos)? (?:a|hasta)|subir (?:a|hasta)|bajar? (?:a|hasta)|up to|at most|ate", 0),
    ("budget", r"hasta|por|menos de|bajo|entre|buscando|busco|around|about|under|uns|heredamos|herede|vale la pena", _WEAK),
    ("budget", r"tengo|tenemos|dispon\w+|alcanza|valor|precio|deptos?|dptos?|departamentos?|casas?|credito de|propiedad|desde|cuesta|vale|algo|apartment|house|apartamento", _NOUN),
    ("other", r"pie|libreta|cuenta (?:de ahorro|vivienda)|ahorr\w*|juntando|ahorit\w*|juntad[oa]s?|tengo juntad\w*|afp|dividendos?|cuotas?|gastos comunes|pago|pagando|pagamos|herencia|finiquito|me gast\w+|prestan?|prestaria\w*"
              r"|down ?payment|savings?|entrada|reserva|cobraron|multa|garantia|comision", 0),
    ("other", r"(?:mi|el|un|de) arriendo|(?:el|la|ese|esa|aquel|los|las) de|(?:el|la|ese|esa|este|esta) (?:depto|dpto|depa|casa|departamento|estudio) (?:de|a|en|que vale)", 6),
)  # fmt: skip
_PATTERNS = tuple(
    (role, re.compile(rf"\b(?:{words})(?![a-z])"), handicap) for role, words, handicap in _CUES
)
_DEBT_DENIED = re.compile(
    r"\b(?:no|sin|ni|cero|nunca|tampoco|ningun[oa]?|nadie|libres? de|fuera de|nada de)\b(?: (?:de )?(?:los|las) (?:dos|2|tres))?(?: \w+){0,4}? (?:dicom|deudas?|debo|debemos|debe|moros\w*|protestos?|debts?|dividas?)\b"
    r"|\bdicom:? ?(?:no|limpio|impecable|cero|0|ok|sin|en cero|al dia|bien)\b"
)
_RENTS = re.compile(r"\b(?:arriend[oa]|arrendar|alquil\w+|rent|renting|alug\w+|para arriendo)\b")
_BREAK = re.compile(r"[.!?;\n](?!\d)")
_COMMA = re.compile(r",(?!\d)| y (?=[a-z])| pero ")
_COMMA_COST, _AFTER_COST, _REACH, _AFTER_REACH = 40, 4, 70, 22
_BARE_REACH = 32  # "quiero comprar mi primer depto, tengo 27" is an age
_WINDOW = 120  # a cue that reaches an amount, and its own length
_MOST = 40  # amounts that are weighed: nobody tells more of themselves in one breath
_BEYOND = re.compile(
    r"\b(?:puede ser|maximo|tope|a lo mas|como mucho|podria\w* llegar|puedo llegar|estir\w+|hasta|at most|up to)\b"
)
_PUTS_RIGHT = re.compile(
    r"\*|\b(?:perdon|mentira|digo|corrijo|equivoqu\w+|o sea|mas bien|mejor dicho|en realidad|quise decir|rectifico|no mas|nomas|sorry|i mean|actually|mejor|bueno|ponle|digamos|puse mal|escribi mal)\b"
)
_FEW_WORDS, _FARTHEST, _ZERO_FORGOTTEN = 4, 3, 11
_PUT_IN = re.compile(r"\b(?:pon(?:e|go|emos|dria)|ahorr\w+|prest\w+|mid[oe]|pes[oa]|pie)\b")
# Prices that are spoken of: what somebody asks, what it went up by, what makes the lead laugh.
_SPOKEN_OF = re.compile(
    r"\b(?:subi(?:o|eron)|subieron a|salia|salian|costaba|valia|estaba (?:a|en)|decia|(?:me|nos) (?:dijo|dijeron|sale con|salen con|cobran|piden|ofrec\w+)|publicad[oa] (?:a|en)|aparecia (?:a|en)|ayer|antes|rebaj\w+)(?: \w+){0,3}? ?\$?$"
)
_LAUGHED_AT = re.compile(
    r"\W*(?:mas(?! o menos)|menos)\b(?= ?(?:[,.;!?\n]|$|de un|que ayer|que antes|de lo))|[\s,.!?¿]{0,4}(?:ja){2,}|[\s,.!?¿]{0,4}(?:je){2,}|[\s,.!?]{0,4}(?:xd|lol|plop|wtf)\b|,? (?:por|para) (?:es[aeo]|una? (?:caja|closet|hoyo|pieza))\b"
)
_LEAST_PRICE = 8_000_000  # pesos for which no home is sold
_LEAST_UF = 300  # likewise in UF
_MOST_SHARED = 9_000_000  # pesos of each of two who say no more than "ella 870 yo 940"
_LEAST_SHARED = 150_000
_MOST_EARNED = 20_000_000  # pesos a month; more is what a home costs
_NOT_EARNED = re.compile(
    r"\bno (?:\w+ )?(?:gano|ganamos|me pagan|recibo|llego a)\b(?! (?:mas|sobre))[^,.\n]*$"
)
_VAGUE = re.compile(r"\b(?:menos de|bajo|no llego a|no alcanzo a|mas que)\s*(?:los |las |el )?$")
_OF_YEAR = re.compile(r"\b(?:del?|al|en|el|desde|ano|fines de)\s$")
_GROSS = re.compile(r"\b(?:brut[oa]s?|imponibles?|gross|before tax\w*|facturo|sin descuentos)\b")
_NET = re.compile(r"\b(?:liq(?:uid[oa]s?)?|limpi[oa]s?|neto|net|en mano|take ?home)\b")
_YEARLY = re.compile(r"\s*(?:\w+ )?(?:al ano|anual(?:es)?|por ano|a year|per year)\b")
_FORTNIGHT = re.compile(
    r"\s*(?:cada quincena|quincenal(?:es)?|(?:por|a la|la) quincena|cada 15 dias)\b"
)
_SOMEBODY_ELSE = re.compile(rf"\b(?:{SPOUSE}|{RELATIVE}|ella|el) (?:esta|quedo|anda|no)[^,.\n]*")
_NO_INCOME = re.compile(
    r"\b(?<!no )(?:estoy |soy |ando |quede )?(?:cesante|sin (?:trabajo|pega|ingresos|sueldo)|desemplead[oa]|unemployed)\b"
    r"|\bno (?:tengo|recibo) (?:\w+ )?(?:trabajo|pega|ingresos?|sueldo)\b|\bno gano nada\b"
)
_EARNS = re.compile(
    r"\b(?:gan\w+|sueldos?|ingresos?|liquid[oa]s?|sac(?:a|o|amos)|percib\w+|recib\w+|cobra|boletea|jubil\w+|pension\w*|pagan|renta (?:familiar|conjunta|liquida|total)|rentas"
    r"|earns?|makes?|income|salary|ganh\w+|receb\w+)\b"
)
_OF_ALL = re.compile(
    r"\b(?:entre (?:los|las) dos|entre ambos|juntos|juntas|sum(?:and|am|ad)\w+|juntamos|complement\w+|together|combined)\b"
)
_MONTHLY = re.compile(r"\b(?:mensual\w*|al mes|por mes|a month|ao mes|monthly)\b")
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


def find_finances(
    text: str, folded: str, *, asked: str | None, known: Mapping[str, Any] | None = None
) -> Finances:
    """`text` has phones, dates and hours blanked out; `folded` is its folded form."""
    mentions = list(islice(iter_amounts(text), _MOST))
    clear = _DEBT_DENIED.sub(lambda match: " " * len(match.group()), folded)
    message = _Message(clear, mentions, asked, known or {})
    found = Finances()
    earned: list[Income] = []
    for mention, role in message.roles():
        if role == "income" and mention.currency == "USD":
            found = replace(found, income=mention.money)
        elif role == "income":
            found = replace(found, gross=found.gross or message.is_gross(mention))
            earned += message.earned(mention)
        else:
            found = _with(found, role, mention, asked, more=message.is_more(mention))
    income = household(earned, folded, message.income_before)
    if income is None and not earned and message.earns_nothing:
        income = Decimal(0)
    return found if income is None else replace(found, income=Money(income))


def _with(
    found: Finances, role: Role, mention: Mention, asked: str | None, *, more: bool
) -> Finances:
    if role == "budget" and (budget := as_budget(mention)):
        if found.budget and not more:
            return found
        return replace(found, budget=budget)
    if role == "debt" and (not mention.bare or asked in _ASKED_ROLE or mention.amount >= 50):
        return found if found.debt else replace(found, debt=int(_as_pesos(mention)))
    return found


class _Message:
    """The amounts of one message among its words, from which denied debts are blanked out."""

    def __init__(
        self, folded: str, mentions: Sequence[Mention], asked: str | None, known: Mapping[str, Any]
    ) -> None:
        self.folded, self.mentions, self.asked, self.known = folded, mentions, asked, known
        self.rents = bool(_RENTS.search(folded)) or known.get("operation") == "rent"

    @property
    def income_before(self) -> Decimal | None:
        before = self.known.get("income")
        amount = before.get("amount") if isinstance(before, Mapping) else None
        return Decimal(str(amount)) if amount else None

    @property
    def earns_nothing(self) -> bool:
        """Said of themselves, and not of the husband who lost his job."""
        own = _SOMEBODY_ELSE.sub(" ", self.folded)
        zero = self.asked == "income" and own.strip(" .$") == "0"
        return zero or bool(_NO_INCOME.search(own))

    def roles(self) -> Iterable[tuple[Mention, Role]]:
        """What each amount is; what somebody has beside the lead's own income is income too."""
        found = [
            (each, self._role(each)) for each in self.mentions if not _is_year(self.folded, each)
        ]
        earns = self.asked == "income" or any(role == "income" for _, role in found)
        earns = earns or self._are_paired([each for each, role in found if role == "shared"])
        earns = earns or self.income_before is not None
        for mention, role in found:
            if role == "shared":
                yield mention, "income" if earns or self._is_earned(mention) else "other"
            elif role and not self._is_odd(mention, role):
                yield mention, role
            elif again := restated_role(mention, self.folded, self.known):
                yield mention, again
            elif role and role == self.asked:
                yield mention, "budget"

    def _are_paired(self, mentions: Sequence[Mention]) -> bool:
        """ "Ella 870 yo 940": what two people say of themselves in one breath is what they earn."""
        pesos = [_as_pesos(each) for each in mentions if each.currency in (None, "CLP")]
        earned = all(_LEAST_SHARED <= each <= _MOST_SHARED for each in pesos)
        return len(pesos) > 1 and earned and not self.rents and not _PUT_IN.search(self.folded)

    def _is_odd(self, mention: Mention, role: Role) -> bool:
        """Too little for a home, whatever was asked: "son 2 palos" puts an income right."""
        budget = as_budget(mention)
        least = {"CLP": _LEAST_PRICE, "UF": _LEAST_UF}
        little = budget is None or budget.amount < least.get(budget.currency, 0)
        return role == "budget" and little and not self.rents

    def _is_earned(self, mention: Mention) -> bool:
        """ "Mi mamá me presta 5 millones" and "entre los dos tenemos 60" are no income."""
        around = self.folded[max(mention.start - 60, 0) : mention.end + 25]
        earns = _EARNS.search(around) or _MONTHLY.search(around) or _OF_ALL.search(around)
        return bool(earns) and _as_pesos(mention) <= _MOST_EARNED and not self.rents

    def _role(self, mention: Mention) -> Role | None:
        if self._is_spoken_of(mention):
            return "other"
        return self._by_cues(mention)

    def _is_spoken_of(self, mention: Mention) -> bool:
        laughed = _LAUGHED_AT.match(self.folded, mention.end)
        lead_in = before(self.folded, mention.start, 50)
        earned = _EARNS.search(lead_in) or self.asked in ("income", "debt_amount")
        amended = _PUTS_RIGHT.search(lead_in) or self.known.get("income")
        return not earned and not amended and bool(laughed or _SPOKEN_OF.search(lead_in))

    def _by_cues(self, mention: Mention) -> Role | None:
        start, end = _sentence(self.folded, mention, self.mentions)
        scored = sorted(_cues(self.folded, mention, start, end))
        distance, role = scored[0] if scored else (0, None)
        weak = role == "budget" and distance >= _WEAK
        if mention.bare and role == "budget" and distance > _BARE_REACH and self.asked != "budget":
            role = None
        if role is None or (weak and _ASKED_ROLE.get(self.asked or "")):
            role = _by_context(mention, self.asked) or role
        if role in ("income", "shared", None) and mention.currency == "UF":
            return "budget"
        if role in ("income", "shared") and self._is_price(mention, start, end):
            return "budget"
        return role

    def _is_price(self, mention: Mention, start: int, end: int) -> bool:
        """A rent by the month, or more than anybody earns."""
        around = self.folded[start:end]
        yearly = _YEARLY.match(self.folded, mention.end)
        if mention.scaled and _as_pesos(mention) > _MOST_EARNED and not yearly:
            return mention.amount < 1_000_000_000
        return self.rents and not _EARNS.search(around)

    def is_more(self, mention: Mention) -> bool:
        """ "Siete mil, siete mil quinientas como máximo": a later amount that goes beyond the first."""
        around = self.folded[self._begin(mention) : mention.end + 20]
        return bool(_BEYOND.search(around) or _PUTS_RIGHT.search(around))

    def is_gross(self, mention: Mention) -> bool:
        lead_in = self.folded[max(self._begin(mention), mention.start - 25) : mention.start]
        following = [each.start for each in self.mentions if each.start >= mention.end]
        behind = self.folded[mention.end : min([mention.end + 25, *following])]
        clause = f"{lead_in} {_COMMA.split(behind)[0]}"
        return bool(_GROSS.search(clause)) and not _NET.search(clause)

    def _lead_in(self, mention: Mention) -> str:
        return before(self.folded, mention.start, 200)

    def earned(self, mention: Mention) -> list[Income]:
        """One, or none where it is denied, vague, gross or no month's income."""
        lead_in = self._lead_in(mention)
        denied = _NOT_EARNED.search(lead_in) or _VAGUE.search(lead_in)
        if denied or mention.currency == "UF" or self.is_gross(mention):
            return []
        income = as_income(mention, months=_months(self.folded, mention.end))
        if income is None:
            return []
        begin = self._begin(mention)
        owner = owner_of(self.folded, begin, mention.start, mention.end)
        return [Income(owner, income.amount, self.folded[begin : mention.end + 12])]

    def _begin(self, mention: Mention) -> int:
        """Where the words of this amount begin: behind the one before it."""
        ends = [each.end for each in self.mentions if each.end <= mention.start]
        return max([mention.start - _WINDOW, 0, *ends])


def restated_role(mention: Mention, folded: str, known: Mapping[str, Any]) -> Role | None:
    """What is put right by "*900 lucas" or "mentira, son 2 palos": the known amount that is nearest."""
    if not _PUTS_RIGHT.search(folded) and len(folded.split()) > _FEW_WORDS:
        return None
    budget = as_budget(mention)
    values: tuple[tuple[Role, str, Money | None], ...] = (
        ("income", "income", as_income(mention) if mention.currency != "UF" else None),
        ("budget", "budget", budget),
        ("debt", "debt_amount", Money(_as_pesos(mention)) if mention.currency != "UF" else None),
    )
    near = [
        (max(ratio, 1 / ratio), role)
        for role, fact, money in values
        if (ratio := _ratio(known.get(fact), money)) is not None
    ]
    farthest = _ZERO_FORGOTTEN if _PUTS_RIGHT.search(folded) else _FARTHEST
    return min(near)[1] if near and min(near)[0] <= farthest else None


def _ratio(known: Any, money: Money | None) -> float | None:
    """How many times what was known; None where they are no two amounts of one currency."""
    before_it = known if isinstance(known, Mapping) else {"amount": known, "currency": "CLP"}
    if not money or not before_it.get("amount") or before_it.get("currency") != money.currency:
        return None
    return float(money.amount) / float(before_it["amount"])


def _months(folded: str, end: int) -> Decimal:
    """How many months the amount is for."""
    if _YEARLY.match(folded, end):
        return Decimal(12)
    return Decimal("0.5") if _FORTNIGHT.match(folded, end) else Decimal(1)


def _is_year(folded: str, mention: Mention) -> bool:
    is_year = _OF_YEAR.search(before(folded, mention.start))
    return bool(mention.bare and 1990 <= mention.amount <= 2040 and is_year)


def as_income(mention: Mention, *, months: Decimal = Decimal(1)) -> Money | None:
    """Net pesos a month; of a range the lower bound, so that nobody qualifies by optimism."""
    lowest = replace(mention, amount=mention.minimum or mention.amount)
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
    if mention.scaled or mention.currency not in (None, "CLP") or mention.amount >= 15_000:
        return mention.amount
    if mention.amount < 15:
        return mention.amount * 1_000_000
    return mention.amount * 1000


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
        for match in pattern.finditer(folded, start, mention.end):
            if match.end() > mention.start:
                break
            between = folded[match.end() : mention.start]
            if len(between) <= _REACH:
                yield len(between) + handicap + _COMMA_COST * len(_COMMA.findall(between)), role
        if mention.bare and handicap == _WEAK:
            continue
        for match in pattern.finditer(folded, mention.end, min(end, mention.end + _AFTER_REACH)):
            between = folded[mention.end : match.start()]
            if not _COMMA.search(between):
                yield len(between) + handicap + _AFTER_COST, role
