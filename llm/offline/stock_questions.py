"""Reads from a question which properties of the stock it is about: the arguments of a look-up."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crm.patterns import Pattern
from leads.comunas import locate
from leads.folding import clean, fold
from leads.money import find_amounts
from llm.offline import homes, policies
from llm.offline.asking import Asked
from llm.offline.concepts import is_subject
from llm.offline.context import Context
from llm.spanish.homes import find_bedrooms, find_property_type

_STOCK = Pattern(
    r"\b(?:tien(?:en|es)|hay|habra|venden|ofrecen|manejan|queda[n]?|tendran|tendrian|muestr\w+|que opciones|do you have|have you got|have any|is there|are there|voces tem|tem (?:algo|algum\w*)|ha algum\w*)\b"
)
_EXTREMES = (
    ("cheapest", Pattern(r"\bmas (?:barat|economic|conveniente)\w*|\bcheap\w*|\bmais barat\w*|\bmenor (?:precio|valor)\b")),
    ("dearest", Pattern(r"\bmas (?:cara|caro|costos\w*)\b|\bmost expensive\b|\bmais car[ao]\b")),
    ("largest", Pattern(r"\bmas (?:grande|ampli[ao]|metros)\b|\b(?:largest|biggest|bigger)\b|\bmaior\b")),
    ("smallest", Pattern(r"\bmas (?:chic|pequen)\w*|\bsmall(?:est|er)\b")),
)  # fmt: skip
_CHEAPER = Pattern(
    r"\b(?:algo|otro|otra|alguno?|alguna|anything|something|algum\w*) (?:\w+ ){0,2}?(?:mas barat|mas economic|cheaper|mais barat)"
)
_THE_ONE = Pattern(
    r"\b(?:el|la|cual es el|cual es la|los|las|the|o|a) (?:\w+ ){0,2}?(?:mas|most|cheapest|largest|biggest|smallest|mais)\b|\bcual\b|\bwhich\b"
)
_BOUND = Pattern(
    r"\b(?:bajo|hasta|menos de|maximo|tope|no mas de|por|under|below|up to|ate|tengo|presupuesto|de|a)\b"
)
_WHICH = Pattern(
    r"\b(?:cual|cuales) (?:\w+ ){0,6}?(?:tiene[ns]?|trae|esta|queda|viene|me|nos|calzan|sirven|hay|son)\b|\bwhich (?:one|ones|of|apartment|house)|\b(?:qual|quais) (?:\w+ ){0,4}?tem\b"
)
_THERE = Pattern(r"\b(?:alla|ahi|por esos lados|esa zona|over there)\b")
_FEATURES = {
    "pool": "piscina", "gym": "gimnasio", "yard": "patio", "terrace": "terraza", "barbecue": "quincho", "garden": "jardín", "furnished": "amoblado",
    "parking": "estacionamiento", "storage": "bodega", "laundry": "lavandería", "view": "vista", "concierge": "conserjería", "rent": "arriendo",
    "heating": "calefacción", "elevator": "ascensor", "metro": "metro", "beach": "playa", "suite": "suite", "extension": "ampliación", "playground": "juegos",
    "irrigation": "riego", "bicycles": "bicicletero", "remodelled": "remodelado", "events_room": "sala de eventos", "study": "escritorio", "home_subsidy": "subsidio",
}  # fmt: skip
_DEFINITE = Pattern(
    r"\b(?:el|del|al|ese|esa|este|esta|la) (?:de|del|depto|departamento|casa|estudio|propiedad|que)\b|\bthat\b|\bthis\b"
)
# "¿Qué tienen?", "tienen?": of what was said before.
_BARE = Pattern(
    r"^\W*(?:(?:y|que|q|entonces|pero|cuales|cual|opciones|propiedades|casas|deptos|alternativas) ){0,4}(?:tienen|tienes|hay|tendran|tendrian|tendras|les quedan?|manejan|ofrecen|me ofrecen|what do you have|o que tem)"
    r"(?: (?:algo|alguno|alguna|alguno|disponible|disponibles|por ahi|ahi|para|a la venta|en venta))*\W*$"
)
_SOME = Pattern(
    r"\b(?:alguna?|algo|casas|deptos|departamentos|parcelas|otras?|otros?|any|houses|apartments|apartamentos|opciones)\b"
)
_STOCKED = frozenset({"=costo", "=nuevo", "=usado", "=arriendo", "=metro", "=subsidio", "=ds19"})


def extreme_asked(asked: Asked) -> str:
    """ "cheapest" of "¿cuál es el más barato?"; nothing where no extreme is asked for."""
    return next((name for name, found in _EXTREMES if found.search(asked.folded)), "")


def is_bare(asked: Asked) -> bool:
    """ "¿Tienen?", "¿qué hay?": of whatever was described before."""
    return _BARE.search(asked.folded)


def asks_cheaper(asked: Asked) -> bool:
    return _CHEAPER.search(asked.folded)


def asks_which(asked: Asked) -> bool:
    return _WHICH.search(asked.folded)


def search_for(asked: Asked, words: str, context: Context) -> dict[str, Any] | None:
    """The arguments of a look-up, where the question is about the stock and not about one home."""
    text = clean(words)
    folded = fold(text)
    order = extreme_asked(asked)
    extreme = bool(order) and (_THE_ONE.search(asked.folded) or _CHEAPER.search(asked.folded))
    bare = is_bare(asked)
    attribute = homes.attribute_asked(replace(asked, folded=folded) if bare else asked)
    places = [each.comuna for each in locate(text)] or _places_before(asked, context)
    kind = find_property_type(folded, asked=True) or ""
    rooms = find_bedrooms(folded, asked=False)
    most = _most(folded)
    asks_stock = bare or bool(
        (_STOCK.search(asked.folded) or asked.guess == "stock" or _WHICH.search(asked.folded))
        and (not _DEFINITE.search(asked.folded) or _WHICH.search(asked.folded))
    )
    feature = _FEATURES.get(attribute.name) if attribute else None
    if asks_stock and not extreme and not feature:
        places = places or _known_places(context)
        rooms = rooms or _known_rooms(context)
        kind = kind or _known_kind(context)
        most = most or _known_most(context)
    criteria = bool(places or rooms or most or feature or (kind and _SOME.search(asked.folded)))
    if policies.is_policy(asked.guess) or (not extreme and not (asks_stock and criteria)):
        return None
    if asks_stock and not extreme and any(map(is_subject, asked.subject - _STOCKED)):
        return None
    if attribute and feature is None and not extreme and attribute.name not in ("price", "bedrooms", "bathrooms", "state", "place"):  # fmt: skip
        return None
    search = {"places": list(dict.fromkeys(places)), "kind": kind, "bedrooms": rooms, "order": order}  # fmt: skip
    if feature:
        search["features"] = [feature]
    if most:
        search |= most
    elif _CHEAPER.search(asked.folded) and (below := _price_below(context)):
        search |= below
    return {name: value for name, value in search.items() if value}


def _places_before(asked: Asked, context: Context) -> list[str]:
    """Those that "allá" points to."""
    return _known_places(context) if _THERE.search(asked.folded) else []


def _known_places(context: Context) -> list[str]:
    known = context.known.get("location")
    return [str(each) for each in known] if isinstance(known, list) else []


def _known_rooms(context: Context) -> int | None:
    known = context.known.get("bedrooms")
    return known if isinstance(known, int) else None


def _known_kind(context: Context) -> str:
    known = context.known.get("property_type")
    return known if isinstance(known, str) else ""


def _known_most(context: Context) -> dict[str, Any] | None:
    known = context.known.get("budget")
    if not isinstance(known, Mapping) or not isinstance(known.get("amount"), int | float):
        return None
    return {"most": float(known["amount"]), "currency": known.get("currency", "UF")}


def _price_below(context: Context) -> dict[str, Any] | None:
    for home in context.discussed[:1]:
        found = re.search(r"UF ([\d.]+)", home.fields.get("price", ""))
        if found:
            return {"most": float(found.group(1).replace(".", "")) - 1, "currency": "UF"}
    return None


def _most(folded: str) -> dict[str, Any] | None:
    for mention in find_amounts(folded):
        amount = float(mention.amount)
        if not _BOUND.search(folded[max(mention.start - 25, 0) : mention.start]):
            continue
        if mention.currency == "UF" or (mention.currency is None and 500 <= amount <= 100_000):
            return {"most": amount, "currency": "UF"}
        if mention.currency == "CLP" and amount >= 10_000_000:
            return {"most": amount, "currency": "CLP"}
    return None
