"""Reads amounts of money as Chileans write them ("un palo doscientos", "UF 3.500") and writes them the same way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, NamedTuple

from leads.folding import before, clean, fold
from leads.money_words import MILLION, ONES, SCALES, THOUSAND, WORDS

Currency = Literal["CLP", "UF", "USD"]


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: Currency = "CLP"

    def __str__(self) -> str:
        return format_money(self)


@dataclass(frozen=True, slots=True)
class Mention:
    """An amount in running text; of a range the upper bound, with the lower one in `minimum`.

    `currency` is None when none was written; `scaled` says that palos, lucas or mil were.
    """

    amount: Decimal
    currency: Currency | None
    scaled: bool
    start: int
    end: int
    minimum: Decimal | None = None

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency or "CLP")

    @property
    def bare(self) -> bool:
        """A number that nothing but its context makes an amount."""
        return self.currency is None and not self.scaled and self.amount < 100_000


_NO_AMOUNT = {"mil", "lucas", "palos", "millones"}  # "¿me devuelven las lucas?"
_LARGEST = 10**12
_MOST_DIGITS = 30  # with points and decimals; numbers of thousands of digits take long to make
_UF = r"(?:u\.?f\.?s?|uefes?|unidad(?:es)? de fomento)(?![a-z])"
_USD = r"(?:us\$|u\$s|usd|dolar(?:es)?|us)(?![a-z])"
_CLP = r"(?:\$|clp\b|pesos?\b|peso chileno\b)"
_CURRENCIES: tuple[tuple[str, Currency], ...] = ((_USD, "USD"), (_UF, "UF"), (_CLP, "CLP"))
_TOKEN = re.compile(
    rf"(?P<usd>{_USD}|us\$)|(?P<uf>(?<![a-z]){_UF})|(?P<clp>{_CLP})"
    r"|(?P<number>\d+(?:[.,']\d+)*)|(?P<word>[a-z]+)|(?P<dash>-)|(?P<other>\S)"
)
_NOUNS = re.compile(
    r"\s*(?:dorm|d\d?b?\b|pieza|kilos?\b|kg|boleta|liquidacion|veces|vez\b|persona|adult|nino|hij[oa]|alcoba|grados|litros|cuadras|habitacion|bano|ban|ano\b|anos\b|mes\b|meses\b|dia|semana|hijo|persona|m2|mt|metro|mts"
    r"|%|por ?ciento|piso|estacionamiento|cuota|hora|hrs|min|am\b|pm\b|de la (?:tarde|manana|noche)|opcion|depto|casa"
    r"|°|º|/\d|:\d|x\d|propiedad|departamento|mascota|perro|gato|de (?:enero|febrero|marzo|abril|mayo|junio|julio"
    r"|agosto|septiembre|octubre|noviembre|diciembre))"
)
_PEOPLE = re.compile(r"\b(?:los|las|nosotr[oa]s|somos|ambos|the|nos) $")
_RANGE = re.compile(r"\s*(?:-|a|y|o|hasta|y los|a los|e)\s*(?:unos |unas |los |las )?")


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def parse_money(text: str) -> Money | None:
    """The first amount in `text`; of a range, its upper bound."""
    mention = next(iter_amounts(text), None)
    return mention.money if mention else None


def format_money(money: Money) -> str:
    number = grouped(money.amount)
    return {"CLP": f"${number}", "UF": f"UF {number}", "USD": f"US$ {number}"}[money.currency]


def find_amounts(text: str) -> list[Mention]:
    """All amounts in `text`, also numbers without a unit (`Mention.bare`), in order; ranges are one mention."""
    return list(iter_amounts(text))


def iter_amounts(text: str) -> Iterator[Mention]:
    """As ``find_amounts``, read only as far as the caller takes them."""
    folded = fold(clean(text))
    tokens = [
        _Token(m.lastgroup or "", m.group(), m.start(), m.end()) for m in _TOKEN.finditer(folded)
    ]
    return _joined(folded, _single(folded, tokens))


def grouped(amount: Decimal) -> str:
    """A number as Chileans write it: points between thousands, a comma before decimals."""
    rounded = amount.quantize(Decimal("0.01"))
    whole, _, cents = f"{rounded:,.2f}".partition(".")
    decimals = cents.rstrip("0")
    return whole.replace(",", ".") + (f",{decimals}" if decimals else "")


def _single(folded: str, tokens: list[_Token]) -> Iterator[Mention]:
    position = 0
    while position < len(tokens):
        if tokens[position].kind in _NEVER_FIRST and tokens[position].text not in _FIRST_WORDS:
            position += 1
            continue
        reader = _Reader(tokens, position)
        mention = reader.read(folded)
        if mention:
            yield mention
        position = max(reader.position, position + 1)


def _joined(folded: str, mentions: Iterator[Mention]) -> Iterator[Mention]:
    """Ranges made one: "entre 3 y 4 mil UF" lends unit and currency to the bound that has none."""
    low = next(mentions, None)
    while low:
        high = next(mentions, None)
        if high and (ranged := _range_of(folded, low, high)):
            yield ranged
            high = next(mentions, None)
        else:
            yield low
        low = high


def _range_of(folded: str, low: Mention, high: Mention) -> Mention | None:
    if not _RANGE.fullmatch(folded, low.end, high.start):
        return None
    if low.currency and high.currency and low.currency != high.currency:
        return None
    minimum = low.amount
    if high.scaled and not low.scaled:
        scales = (MILLION, THOUSAND) if high.amount >= MILLION else (THOUSAND,)
        scaled = [low.amount * scale for scale in scales if low.amount * scale < high.amount]
        minimum = scaled[0] if scaled else minimum
    if not 0 < minimum < high.amount or high.amount > minimum * 10:
        return None
    joined = replace(high, start=low.start, minimum=minimum, currency=high.currency or low.currency)
    return replace(joined, scaled=low.scaled or high.scaled)


class _Reader:
    """Reads one amount from the tokens at a position; afterwards `position` is the first token not used."""

    def __init__(self, tokens: list[_Token], position: int) -> None:
        self.tokens = tokens
        self.start = self.position = position
        self.total = Decimal(0)
        self.group: Decimal | None = None
        self.scale = 0
        self.numeric = False
        self.in_words = False

    def read(self, folded: str) -> Mention | None:
        currency = self._currency()
        while self._take(folded):
            self.position += 1
        if not (self.numeric or self.scale):
            return None
        last = self.tokens[self.position - 1]
        currency = currency or self._currency_after()
        amount = self._finish()
        end = self.tokens[self.position - 1].end if currency else last.end
        if not self._is_money(folded, amount, currency, end):
            return None
        return Mention(amount, currency, self.scale > 0, self.tokens[self.start].start, end)

    def _is_money(self, folded: str, amount: Decimal, currency: Currency | None, end: int) -> bool:
        if not 0 < amount < _LARGEST or (
            not currency and folded[self.tokens[self.start].start : end] in _NO_AMOUNT
        ):
            return False
        start = self.tokens[self.start].start
        counts = _NOUNS.match(folded, end) or (amount < 5 and _counts_people(folded, start, end))
        return bool(currency or self.scale) or not counts

    def _peek(self, ahead: int = 0) -> _Token:
        index = self.position + ahead
        return self.tokens[index] if 0 <= index < len(self.tokens) else _Token("end", "", 0, 0)

    def _currency(self) -> Currency | None:
        kind = self._peek().kind
        if kind not in ("usd", "uf", "clp"):
            return None
        self.position += 1
        return _KINDS[kind]

    def _currency_after(self) -> Currency | None:
        skip = self._peek().text == "de" or self._peek().kind == "dash"
        if skip and self._peek(1).kind in _KINDS and self._peek().text == "de":
            self.position += 1
        return self._currency()

    def _take(self, folded: str) -> bool:
        token = self._peek()
        if token.text in _BETWEEN and self._passes():
            return True
        if token.kind == "number":
            return self._take_digits(folded, token)
        if token.kind == "word":
            return (
                self._take_scale(token) or self._take_half(token) or self._take_word(folded, token)
            )
        return False

    def _passes(self) -> bool:
        """ "Ochocientas y tantas lucas", "un par de palos": words that only stand between."""
        first, second = self._peek().text, self._peek(1).text
        if second not in _BETWEEN[first] or self.scale:
            return False
        if SCALES.get(self._peek(2).text, 0) < THOUSAND:
            return False
        if first == "par":
            self.group = Decimal(2)
        if self.group is None:
            return False
        self.position += 1
        return True

    def _take_digits(self, folded: str, token: _Token) -> bool:
        value, before = read_number(token.text), self._peek(-1)
        if before.kind == "word" and before.end == token.start:
            return False
        if (
            value is None
            or self.group is not None
            or (self.scale and not self._continues(folded, token, value))
        ):
            return False
        self.group, self.numeric, self.in_words = value, True, False
        return True

    def _continues(self, folded: str, token: _Token, value: Decimal) -> bool:
        """ "un palo 200", "3 mil 500", "1 millon 350 mil": what follows belongs to the amount."""
        if value != int(value) or _NOUNS.match(folded, token.end):
            return False
        following = self._peek(1)
        if self.scale == MILLION and SCALES.get(following.text) == THOUSAND:
            return value < THOUSAND
        if value < 10:
            return self._last_of_palos(following)
        if self.scale == MILLION and value < 100:
            return token.kind == "word" and value >= 20
        return 100 <= value < THOUSAND and following.text not in SCALES

    def _last_of_palos(self, following: _Token) -> bool:
        """ "Un palo dos", said alone, is 1,2 million."""
        return self._peek(-1).text.startswith("palo") and following.kind in ("end", "other")

    def _take_scale(self, token: _Token) -> bool:
        scale = SCALES.get(token.text, 0)
        if not scale or (self.scale and (scale >= self.scale or self.group is None)):
            return False
        if token.text in ("m", "k") and not self._glued(token):
            return False
        if self.group is None and token.text in ("miles", "m", "k", "mm"):
            return False
        group = Decimal(1) if self.group is None else self.group
        self.total += self._as_decimal(group, token.text) * scale
        self.group, self.scale = None, scale
        return True

    def _as_decimal(self, group: Decimal, scale: str) -> Decimal:
        """ "1.250 palos" is 1,25 million: nobody means 1,250 million by it."""
        return group / 1000 if scale.startswith("palo") and group >= THOUSAND else group

    def _glued(self, token: _Token) -> bool:
        before = self._peek(-1)
        return (
            before.kind == "number"
            and before.end == token.start
            and (token.text == "k" or (self.group or 99) < 20)
        )

    def _take_half(self, token: _Token) -> bool:
        following = self._peek(1).text
        if following in _HALVES.get(token.text, ()) and self._says_half(token):
            self._add_half()
            self.position += 2 if token.text == "and" else 1
            return True
        if (
            token.text in ("medio", "media", "meio")
            and SCALES.get(following, 0) >= THOUSAND
            and self.group is None
        ):
            self.group, self.numeric = Decimal("0.5"), True
            return True
        return False

    def _says_half(self, token: _Token) -> bool:
        """ "And a half", and not "and a garage"."""
        return token.text != "and" or self._peek(2).text == "half"

    def _add_half(self) -> None:
        if self.group is None:
            self.total += Decimal(self.scale) / 2
        else:
            self.group += Decimal("0.5")

    def _take_word(self, folded: str, token: _Token) -> bool:
        if token.text == "y" and self.scale == MILLION and self.group is None:
            return SCALES.get(self._peek(2).text) == THOUSAND
        if token.text == "y":
            return self._joins_words()
        if token.text == "hundred" and self.in_words and (self.group or 99) < 10:
            self.group = (self.group or Decimal(0)) * 100
            return True
        value = WORDS.get(token.text)
        if value is None or not self._fits(folded, token, value):
            return False
        self.group, self.numeric = (self.group or Decimal(0)) + value, True
        self.in_words = True
        return True

    def _joins_words(self) -> bool:
        """ "Treinta y uno", and not "4.250 y un pie"."""
        tens = self.in_words and self.group is not None and self.group >= 20
        return tens and 0 < WORDS.get(self._peek(1).text, 0) < 10

    def _fits(self, folded: str, token: _Token, value: int) -> bool:
        if self.group is not None:
            return self.in_words and 0 < value < _lowest_step(self.group)
        if self.scale:
            return self._continues(folded, token, Decimal(value))
        return (
            token.text not in ONES or self._peek(1).text in SCALES or self._peek(1).kind in _KINDS
        )

    def _finish(self) -> Decimal:
        rest = self.group or Decimal(0)
        if self.scale == MILLION and 0 < rest < 10:
            rest *= MILLION // 10
        elif self.scale == MILLION and 10 <= rest < THOUSAND:
            rest *= THOUSAND
        return self.total + rest


_HALVES = {"y": ("medio", "media"), "e": ("meio", "meia"), "and": ("a",)}
_BETWEEN = {"par": ("de",), "y": ("tantas", "tantos", "algo", "pico", "tanto")}
_FIRST_WORDS = {"par", *WORDS, *SCALES, "medio", "media", "y"}
_NEVER_FIRST = ("word", "dash", "other")
_KINDS: dict[str, Currency] = {"usd": "USD", "uf": "UF", "clp": "CLP"}


def _counts_people(folded: str, start: int, end: int) -> bool:
    """ "Entre los dos", and not "entre los 2 y 3 millones"."""
    ranged = _RANGE.match(folded, end)
    number = ranged and folded[ranged.end() : ranged.end() + 1].isdigit()
    return bool(_PEOPLE.search(before(folded, start))) and not number


def _lowest_step(group: Decimal) -> int:
    """What may still be added to a number in words: after "trescientos" less than 100, after "treinta" less than 10."""
    whole = int(group)
    return 100 if whole % 100 == 0 else 10 if whole % 10 == 0 else 0


def read_number(digits: str) -> Decimal | None:
    """ "1.200.000", "1,200,000", "1'200.000", "2.5", "2,5" and "3.500,5": groups of three are thousands."""
    if len(digits) > _MOST_DIGITS:
        return None
    plain = digits.replace("'", ".")
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+(?:,\d{1,2})?", plain) and not plain.startswith("0"):
        head, _, tail = plain.rpartition(",") if re.search(r",\d{1,2}$", plain) else (plain, "", "")
        return Decimal(re.sub(r"[.,]", "", head) + (f".{tail}" if tail else ""))
    if re.fullmatch(r"\d+[.,]\d+", plain):
        return Decimal(plain.replace(",", "."))
    return Decimal(plain) if plain.isdigit() else None
