"""No price, amount, rate or size that this turn does not know."""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from crm.patterns import Pattern
from leads.folding import clean, excerpt, fold
from leads.money import Mention, find_amounts
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import sentences, statement

NUMBERED = Pattern(
    r"\d|\b(?:mil|millon(?:es)?|palos?|lucas?|cien|\w+cient[oa]s|thousand|millions?|milhao|milhoes)\b"
)
PRICED = Pattern(
    r"\b(?:valen?|cuestan?|precios?|valor(?:es)?|salen? (?:en|a)|quedan? en|desde|rebaj\w+|descuento|oferta"
    r"|por solo|arriendo|gastos comunes|reserva|comision|pie|dividendo|costs?|price[ds]?|worth|custam?|precos?)\b"
)
# A price said of a property, whoever else is spoken to in the same sentence.
ASSERTS_PRICE = Pattern(
    r"\b(?:vale|cuesta|(?:sale|queda|te lo dejo|lo dejo) (?:en|a)|(?:precio|valor) (?:\w+ ){0,2}?(?:es|son|seria))"
    r" (?:de |en |a |solo |unas? |unos )?(?:uf\b|\$|us\$|\d)|\b(?:costs?|is priced at|custa) (?:uf\b|us\$|\$|\d)"
)
THE_LEADS = Pattern(
    r"\b(?:tu|tus|te|su|sus|tienes|buscas?|ganas?|debes?|deuda|presupuesto|ingresos?|renta|liquidos?|hasta|anot\w+"
    r"|mencion\w+|dijiste|contaste|your|you|budget|income|seu|sua|voce|orcamento)\b"
)
SUBSIDISED = Pattern(r"\b(?:subsidios?|ds ?-?(?:1|01|19|49)|minvu|bono|subsidy|subsidies)\b")
_NOT_MONEY = re.compile(
    r"\s*(?:de )?(?:gracias|personas|familias|clientes|disculpas|perdones|veces|thanks|years?|visitas|metros|m2|m²)"
)
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d{1,3})?) ?(?:%|por ?ciento|percent|por cento)")
_SIZE = re.compile(
    r"(?<![\d.,])(\d{1,6}(?:[.,]\d{1,3})?) ?(?:m2\b|m²|mt2|mts2|metros cuadrados|square met)"
)
_WRITTEN = re.compile(r"(?:uf|us\$|\$) ?\d[\d.,]{0,20}")
_FOREIGN = re.compile(r"\b(?:millions?|milhoes|milhao|thousand)\b")
_SCALES = {"million": "millones", "millions": "millones", "milhoes": "millones", "milhao": "millon", "thousand": "mil"}  # fmt: skip
_LEAST = 500  # below it a number without a unit is a count of something
_YEARS = range(1990, 2100)
_READ = 30_000  # characters of what is known: more than a prompt, its hits and a history have
_NAMED = 8  # amounts of one reply that others may be computed from
_NEARLY = Decimal("0.005")  # of what is computed: nobody says the last peso


class Amount(NamedTuple):
    value: Decimal
    currency: str | None
    words: str


def unknown_amounts(text: str, known: Known) -> list[Violation]:
    """Amounts of money, percentages and square metres that neither is known nor computed here."""
    found: list[tuple[Rule, Amount]] = []
    figures: list[Violation] = []
    if not NUMBERED.search(statement(text)):
        return figures
    for sentence in sentences(text):
        folded = fold(clean(sentence))
        if NUMBERED.search(folded):
            rule = Rule.SUBSIDY if SUBSIDISED.search(folded) else Rule.AMOUNT
            found += [(rule, amount) for amount in _unknown(folded, rule, known)]
            figures += [Violation(rule, words) for words in _unknown_figures(folded, known)]
    computed = _computed(fold(clean(text)), known) if found else []
    money = [Violation(rule, each.words) for rule, each in found if not _is_near(each, computed)]
    return [*money, *figures]


def _unknown(folded: str, rule: Rule, known: Known) -> Iterator[Amount]:
    """What the lead said may be said back to them, and is no price for that."""
    priced = PRICED.search(folded)
    is_theirs = not priced or (THE_LEADS.search(folded) and not ASSERTS_PRICE.search(folded))
    of_the_lead = rule is Rule.AMOUNT and is_theirs
    sources = [known.our_words, known.their_words] if of_the_lead else [known.our_words]
    for amount in amounts_of(folded, bare=priced or rule is Rule.SUBSIDY):
        if not any(_names(words, amount) for words in sources):
            yield amount


def _unknown_figures(folded: str, known: Known) -> list[str]:
    """Percentages and sizes; "100 %" is a manner of speech."""
    return [
        match.group()
        for pattern in (_PERCENT, _SIZE)
        for match in pattern.finditer(folded)
        if _plain(match.group(1)) not in {"100", *_figures(known, pattern)}
    ]


def _figures(known: Known, pattern: re.Pattern[str]) -> set[str]:
    return {
        _plain(number) for number in _written(f"{known.our_words}\n{known.their_words}", pattern)
    }


@lru_cache(maxsize=8)
def _written(words: str, pattern: re.Pattern[str]) -> frozenset[str]:
    return frozenset(pattern.findall(words))


def _plain(number: str) -> str:
    return f"{Decimal(number.replace(',', '.')):g}"


def amounts_of(folded: str, *, bare: bool) -> list[Amount]:
    """The amounts of a folded text, both bounds of a range; numbers without a unit where asked."""
    plain = _FOREIGN.sub(lambda word: _SCALES[word.group()], folded)
    return [
        Amount(value, mention.currency, plain[mention.start : mention.end])
        for mention in find_amounts(plain)
        if _is_money(mention, plain, bare=bare)
        for value in (mention.minimum, mention.amount)
        if value is not None
    ]


def _is_money(mention: Mention, folded: str, *, bare: bool) -> bool:
    if _NOT_MONEY.match(folded, mention.end):
        return False
    if mention.currency or (mention.scaled and mention.amount >= _LEAST):
        return True
    return bare and mention.amount >= _LEAST and mention.amount not in _YEARS


def _names(words: str, amount: Amount) -> bool:
    """Whether a text has the amount: as it is written, else by its value."""
    # "UF 4.250 y un pie" is read as one more than it says.
    written = amount.words.removesuffix(" y un").removesuffix(" y una")
    if written.replace(" ", "") in _prices(words):
        return True
    currencies = _values(words).get(amount.value, frozenset())
    return bool(currencies) and (
        amount.currency is None or bool(currencies & {None, amount.currency})
    )


@lru_cache(maxsize=8)
def _prices(words: str) -> frozenset[str]:
    """Prices as they are written, which is how most replies repeat them: found at once."""
    return frozenset(each.replace(" ", "").rstrip(".,") for each in _WRITTEN.findall(words))


@lru_cache(maxsize=8)
def _values(words: str) -> Mapping[Decimal, frozenset[str | None]]:
    values: dict[Decimal, frozenset[str | None]] = {}
    for each in amounts_of(excerpt(words, _READ), bare=True):
        values[each.value] = values.get(each.value, frozenset()) | {each.currency}
    return values


def _computed(folded: str, known: Known) -> list[Amount]:
    """Shares, sums and differences of what the reply names, and of the listings' prices."""
    sources = (known.our_words, known.their_words)
    named = [
        each
        for each in islice(amounts_of(folded, bare=False), 2 * _NAMED)
        if any(_names(words, each) for words in sources)
    ][:_NAMED]
    listed = list(islice(amounts_of(excerpt(known.listed_words), bare=False), _NAMED))
    rates = {_plain(rate) for rate in _PERCENT.findall(folded)} & _figures(known, _PERCENT)
    shares = [Decimal(rate) / 100 for rate in islice(sorted(rates), _NAMED)]
    made = [
        each._replace(value=value)
        for each, share in product([*named, *listed], shares)
        for value in (each.value * share, each.value * (1 - share))
    ]
    for one, other in product(named, [*named, *listed]):
        if one.currency == other.currency and one.value != other.value:
            made.append(one._replace(value=abs(one.value - other.value)))
    made += [
        one._replace(value=one.value + other.value)
        for one, other in product(named, named)
        if one.currency == other.currency and one.value != other.value
    ]
    return made


def _is_near(amount: Amount, computed: Collection[Amount]) -> bool:
    return any(
        amount.currency in (None, each.currency)
        and abs(amount.value - each.value) <= each.value * _NEARLY
        for each in computed
    )
