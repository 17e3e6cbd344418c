"""A property's data as short texts that may be said: from its metadata, else from what its text states."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crm.patterns import Pattern
from knowledge.listings import Listing, of_stored
from knowledge.models import KnowledgeEntry
from leads.folding import clean, fold
from leads.money import grouped, read_number

_LETTERS = 2_000
_LONGEST, _MOST = 80, 24  # of one value, and how many
# Metadata of these meanings have a name of their own; the rest keep the name that people gave them.
_ALIASES = {
    "expenses": "common expenses|common expenses clp|gastos comunes|ggcc|gasto comun|expenses",
    "parking": "parking|estacionamiento|estacionamientos",
    "storage": "storage|bodega|bodegas",
    "floor": "floor|piso",
    "orientation": "orientation|orientacion",
    "address": "address|direccion",
    "total_m2": "m2 totales|superficie total|total m2",
    "land_m2": "terreno|m2 terreno|superficie terreno|land m2",
    "terrace_m2": "terraza|m2 terraza|terrace m2",
    "year": "year|ano|ano de construccion",
    "contributions": "contribuciones",
    "furnished": "amoblado|furnished",
}
_NAMES = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split("|")}
_IN_LISTING = frozenset(
    ["code", "price_uf", "price_clp", "price", "location", "comuna", "bedrooms", "dormitorios", "bathrooms", "banos", "m2", "kind", "operation", "subsidies"]
)  # fmt: skip
_EXPENSES = re.compile(r"gastos comunes (?:\w{1,14} ){0,2}\$ ?(\d[\d.]{1,11})")
_NO_EXPENSES = Pattern(r"\b(?:sin|no (?:tiene|paga)) gastos comunes\b")
_BATHROOMS = re.compile(r"(?<![\d.,])(\d{1,2}) banos?\b")
_USEFUL = re.compile(r"(?<![\d.,])(\d{1,4}(?:,\d)?) ?m(?:2|²) utiles")
_SIZE = re.compile(r"(?<![\d.,])(\d{1,4}(?:,\d)?) ?m(?:2|²)")


def fields_of(entry: KnowledgeEntry) -> dict[str, str]:
    """By name, in the words of the field; what nobody entered or wrote is not there."""
    listing = of_stored(entry.listing)
    folded = fold(clean(entry.content[:_LETTERS]))
    found = {
        "code": listing.code,
        "kind": listing.kind,
        "price": str(listing.price or ""),
        "place": listing.place,
        "bedrooms": _count(listing.bedrooms),
        "bathrooms": _count(listing.bathrooms) or _first(_BATHROOMS, folded),
        "m2": _size(listing, folded),
        "delivery": listing.delivery,
        "state": "" if listing.is_available else "no disponible",
        "expenses": _expenses_in(folded),
        **_entered(entry.metadata),
    }
    return {name: value for name, value in list(found.items())[:_MOST] if value}


def _entered(metadata: Any) -> dict[str, str]:
    """What people or an import entered beside the figures that every listing has."""
    found: dict[str, str] = {}
    for key, value in metadata.items() if isinstance(metadata, Mapping) else ():
        plain = " ".join(fold(str(key)[:40]).replace("_", " ").split())
        if plain.replace(" ", "_") in _IN_LISTING or isinstance(value, list | dict):
            continue
        name = _NAMES.get(plain, plain)
        found.setdefault(name, _expenses(value) if name == "expenses" else _written(value))
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "sí" if value else "no"
    return str(value if value is not None else "").strip()[:_LONGEST]


def _expenses(value: Any) -> str:
    amount = read_number(re.sub(r"[^\d.,]", "", str(value)) or "x") if value is not None else None
    return "" if amount is None else f"${grouped(Decimal(amount))}"


def _expenses_in(folded: str) -> str:
    if found := _EXPENSES.search(folded):
        return f"${found.group(1).rstrip('.')}"
    return "$0" if _NO_EXPENSES.search(folded) else ""


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _first(pattern: re.Pattern[str], folded: str) -> str:
    found = pattern.search(folded)
    return found.group(1) if found else ""


def _size(listing: Listing, folded: str) -> str:
    """Useful metres where the text says that they are."""
    written = _first(_USEFUL, folded)
    if listing.m2 is not None:
        metres = f"{listing.m2:g}".replace(".", ",")
        return f"{metres} m² útiles" if metres == written else f"{metres} m²"
    if written:
        return f"{written} m² útiles"
    bare = _first(_SIZE, folded)
    return f"{bare} m²" if bare else ""
