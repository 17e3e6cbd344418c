"""Reads a property's entry as a listing: the figures that it can be matched and compared by."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from crm.patterns import Pattern
from leads import comunas
from leads.folding import clean, fold
from leads.money import Money, iter_amounts, parse_money, read_number
from llm.spanish.homes import find_bedrooms, find_property_type

_LETTERS = 2_000  # of the text: a listing says what it is in its first lines
_VALUE_LETTERS = 100
_PESOS_FROM = 100_000  # a bare price below is in UF: no home costs so few pesos, none so many UF
_MOST = 1e12
_KEYS = {
    "code": "code|codigo|cod|referencia|ref",
    "uf": "price uf|precio uf|uf|valor uf|precio en uf",
    "clp": "price clp|precio clp|clp|precio pesos|valor pesos|precio en pesos|arriendo mensual",
    "price": "price|precio|valor",
    "place": "location|comuna|ubicacion|sector",
    "bedrooms": "bedrooms|dormitorios|dorms|dorm|habitaciones|piezas",
    "bathrooms": "bathrooms|banos|bano",
    "m2": "m2|m2 utiles|superficie|superficie util|metros|metros cuadrados",
    "kind": "kind|property type|tipo de propiedad|tipo propiedad|inmueble",
    "operation": "operation|operacion",
    "pets": "pets|mascotas|acepta mascotas",
    "delivery": "delivery|entrega",
    "subsidies": "subsidies|subsidy|subsidio|subsidios",
    "state": "state|status|estado|disponibilidad|disponible|available",
}
_NAMES = {alias: name for name, aliases in _KEYS.items() for alias in aliases.split("|")}
_RENT = Pattern(r"\b(?:arriend\w*|rent)\b")
_SALE = Pattern(r"\b(?:ventas?|vend\w+|buy|sale)\b")
_GONE = Pattern(r"\b(?:vendid\w+|reservad\w+|arrendad\w+|no disponible|pausad\w+|sold|no|false)\b")
_NO_PETS = Pattern(r"\b(?:no (?:se )?(?:acepta|admite|permite)n? (?:\w+ )?mascotas|sin mascotas)\b")
_PETS = Pattern(r"\b(?:(?:acepta|admite|permite)n? (?:\w+ )?mascotas|pet ?friendly)\b")
_NOW = Pattern(r"\b(?:entrega inmediata|inmediat[ao]|immediate)\b")
_LATER = Pattern(
    r"\b(?:en verde|en blanco|entrega (?:en|para|el|estimada|futura)|futura|future"
    r"|(?:primer|segundo) semestre|20[2-4][0-9])\b"
)
_DELIVERY = Pattern(r"\b(?:entrega [^.]{0,60}|en verde|en blanco)")
_SUBSIDY = Pattern(r"\bds ?-?(19|0?1)\b")
_NUMBER = re.compile(r"\d[\d.,]{0,14}")


@dataclass(frozen=True)
class Listing:
    """A property's figures; None or blank where the entry does not say.

    Prices of sales and monthly rents alike, in UF or in pesos as they were written. ``delivery``
    is immediate or future.
    """

    code: str = ""
    kind: str = ""
    operation: str = "buy"
    place: str = ""
    uf: float | None = None
    clp: float | None = None
    bedrooms: int | None = None
    bathrooms: int | None = None
    m2: float | None = None
    pets: bool | None = None
    delivery: str = ""
    subsidies: list[str] = field(default_factory=list)
    is_available: bool = True

    def as_stored(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def price(self) -> Money | None:
        if self.uf is not None:
            return Money(Decimal(str(self.uf)), "UF")
        return None if self.clp is None else Money(Decimal(str(self.clp)), "CLP")


def read(title: str, content: str, metadata: Any) -> Listing:
    """What the entry's data say, and where they are silent, its text."""
    given = _given(metadata)
    heading = fold(clean(title[: _VALUE_LETTERS * 3]))
    text = f"{title[: _VALUE_LETTERS * 3]}\n{content[:_LETTERS]}"
    folded = fold(clean(text))
    uf, clp = _price(given, text)
    return Listing(
        code=given.get("code", ""),
        kind=_kind(given, heading),
        operation=_operation(given, heading),
        place=_place(given, title, text),
        uf=uf,
        clp=clp,
        bedrooms=_bedrooms(given, folded),
        bathrooms=_whole(given.get("bathrooms")),
        m2=_number(given.get("m2")),
        pets=_pets(given, folded),
        delivery=_delivery(given, folded),
        subsidies=_subsidies(given, folded),
        is_available=not _GONE.search(fold(given.get("state", ""))),
    )


def of_stored(stored: Mapping[str, Any] | None) -> Listing:
    """As it was read; what is no property says nothing."""
    return Listing(**(stored or {}))


def _given(metadata: Any) -> dict[str, str]:
    """The data by our names, each as a short text; the first of two that mean the same."""
    found: dict[str, str] = {}
    if isinstance(metadata, dict):
        for key, value in metadata.items():
            name = _NAMES.get(" ".join(fold(str(key)[:40]).replace("_", " ").split()))
            written = _written(value)
            if name and written:
                found.setdefault(name, written)
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "si" if value else "no"
    if isinstance(value, list):
        return ", ".join(_written(each) for each in value[:10])[:_VALUE_LETTERS]
    if isinstance(value, float) and value != int(value if math.isfinite(value) else 0):
        return f"{value:.2f}".replace(".", ",")  # a decimal point would read as one of thousands
    if isinstance(value, float):
        value = int(value)
    return str(value)[:_VALUE_LETTERS].strip() if isinstance(value, str | int) else ""


def _number(written: str | None) -> float | None:
    match = _NUMBER.search(written or "")
    number = read_number(match.group().rstrip(".,")) if match else None
    return None if number is None or not 0 < number < _MOST else float(number)


def _whole(written: str | None) -> int | None:
    number = _number(written)
    return None if number is None or number > 100 else int(number)


def _price(given: Mapping[str, str], text: str) -> tuple[float | None, float | None]:
    uf, clp = _number(given.get("uf")), _number(given.get("clp"))
    if uf is not None or clp is not None:
        return uf, None if uf is not None else clp
    found = parse_money(given.get("price", ""))
    if found and found.currency == "CLP" and found.amount < _PESOS_FROM:
        found = Money(found.amount, "UF")
    if found is None:
        written = (each for each in iter_amounts(text) if each.currency == "UF")
        found = next((each.money for each in written), None)
    if found is None or not 0 < found.amount < _MOST or found.currency == "USD":
        return None, None
    amount = float(found.amount)
    return (amount, None) if found.currency == "UF" else (None, amount)


def _kind(given: Mapping[str, str], heading: str) -> str:
    named = fold(given.get("kind", ""))
    return find_property_type(named or heading, asked=True) or named[:50]


def _operation(given: Mapping[str, str], heading: str) -> str:
    named = fold(given.get("operation", "")) or heading
    return "rent" if _RENT.search(named) and not _SALE.search(named) else "buy"


def _place(given: Mapping[str, str], title: str, text: str) -> str:
    named = given.get("place", "")
    if named:
        found = comunas.find_comunas(named)
        return comunas.canonical(named) or (found[0] if found else "")
    in_title = comunas.find_comunas(title[: _VALUE_LETTERS * 3])
    return next(iter(in_title or comunas.find_comunas(text)), "")


def _bedrooms(given: Mapping[str, str], folded: str) -> int | None:
    bedrooms = _whole(given.get("bedrooms"))
    return bedrooms if bedrooms is not None else find_bedrooms(folded, asked=False)


def _pets(given: Mapping[str, str], folded: str) -> bool | None:
    named = fold(given.get("pets", ""))
    if named:
        return not re.match(r"no\b|false|0$", named)
    if _NO_PETS.search(folded):
        return False
    return True if _PETS.search(folded) else None


def _delivery(given: Mapping[str, str], folded: str) -> str:
    named = fold(given.get("delivery", ""))
    if not named:
        named = " ".join(_DELIVERY.findall(folded))
    if _NOW.search(named):
        return "immediate"
    return "future" if _LATER.search(named) else ""


def _subsidies(given: Mapping[str, str], folded: str) -> list[str]:
    named = fold(given.get("subsidies", "")) or folded
    return sorted({"DS19" if each.endswith("19") else "DS1" for each in _SUBSIDY.findall(named)})
