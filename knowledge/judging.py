"""Judges one property for one wish: each finding speaks for it or against it, or rules it out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, cast

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from knowledge.listings import Listing
from knowledge.wishes import Lessons, Price, Wish, price_of
from leads import neighbours
from leads.money import Money, format_money

OVER_BUDGET = 1.10  # what people stretch to; told as what it lacks
UNDER_BUDGET = 0.40  # so much cheaper is another kind of home than the lead asked for
CHEAPER = 0.98  # below a price that was refused, for a difference to be one


@dataclass(frozen=True)
class Finding:
    """One thing that speaks for a property, or against it without ruling it out."""

    code: str
    text: str
    fits: bool
    weight: float


class RuledOut(Exception):
    """Something that the lead asked for and that this property cannot give."""


@dataclass(frozen=True)
class Case:
    listing: Listing
    wish: Wish
    learned: Lessons
    uf: float | None


def judge(
    entry_id: int, listing: Listing, wish: Wish, learned: Lessons, uf: float | None
) -> list[Finding] | None:
    """What there is to say of it, what fits and weighs most first; None where it does not suit.

    Pure. It suits only where the place or the price is as asked.
    """
    case = Case(listing, _taught(wish, learned), learned, uf)
    try:
        _not_refused(entry_id, case)
        found = sorted(_findings(case), key=lambda each: (not each.fits, -abs(each.weight)))
    except RuledOut:
        return None
    suits = any(each.fits and each.code in ("place", "price") for each in found)
    return found if suits else None


def _taught(wish: Wish, learned: Lessons) -> Wish:
    """The wish with what a refusal said of it."""
    return replace(
        wish, at_once=wish.at_once or learned.at_once, pets=True if learned.pets else wish.pets
    )


def _not_refused(entry_id: int, case: Case) -> None:
    """Raises RuledOut for what was refused as it stands."""
    refused, price = case.learned.refused, price_of(case.listing)
    if not case.listing.is_available:
        raise RuledOut
    if entry_id in refused and not _cheaper(price, refused[entry_id], case.uf):
        raise RuledOut
    for dear in case.learned.too_dear:
        if price is not None and not _cheaper(price, dear, case.uf):
            raise RuledOut


def _cheaper(price: Price | None, than: Price | None, uf: float | None) -> bool:
    share = price.share_of(than, uf) if price and than else None
    return share is not None and share <= CHEAPER


def _findings(case: Case) -> Iterator[Finding]:
    for criterion in CRITERIA:
        found = criterion(case)
        if found is not None:
            yield found


def _fit(code: str, text: str, weight: float) -> Finding:
    return Finding(code, text, True, weight)


def _lack(code: str, text: str, weight: float) -> Finding:
    return Finding(code, text, False, -weight)


def _operation(case: Case) -> Finding | None:
    if case.wish.operation and case.wish.operation != case.listing.operation:
        raise RuledOut
    return None


def _kind(case: Case) -> Finding | None:
    kind, asked = case.listing.kind, case.wish.kind
    if kind and (kind in case.learned.kinds or (asked and kind != asked)):
        raise RuledOut
    if not asked:
        return None
    if not kind:
        return _lack("kind", _("No se sabe si es %(kind)s") % {"kind": asked}, 0.5)
    return _fit("kind", _("Es del tipo que busca: %(kind)s") % {"kind": kind}, 1)


def _place(case: Case) -> Finding | None:
    place, wish, learned = case.listing.place, case.wish, case.learned
    if learned.places[place] > 1 or (learned.places[place] and place not in wish.places):
        raise RuledOut
    if not wish.places:
        return None
    if place in wish.places:
        again = 1.5 if learned.places[place] else 0  # they refused another one for its sector
        return _fit("place", _("Está en %(place)s, como pide") % {"place": place}, 3 - again)
    if place not in wish.near:
        raise RuledOut
    beside = sorted(wish.places & neighbours.around([place]))
    words = {"place": place, "named": ", ".join(beside)}
    return _lack("place", _("Está en %(place)s, vecina de %(named)s") % words, 0.5)


def _price(case: Case) -> Finding | None:
    price, budget = price_of(case.listing), case.wish.budget
    if budget is None:
        return None
    if price is None:
        return _lack("price", _("No se sabe el precio"), 0.5)
    share = price.share_of(budget, case.uf)
    if share is None:
        return _lack("price", _("Falta el valor de la UF para comparar el precio"), 0.5)
    if not UNDER_BUDGET <= share <= OVER_BUDGET:
        raise RuledOut
    words = {"price": _told(price), "budget": _told(budget)}
    if share > 1:
        words["percent"] = format(max(round((share - 1) * 100), 1), "d")
        text = _("Cuesta %(price)s: %(percent)s %% sobre el presupuesto de %(budget)s") % words
        return _lack("price", text, 1)
    # Of what can be paid, the nearest to the budget is the most home for it.
    text = _("Cuesta %(price)s, dentro del presupuesto de %(budget)s") % words
    return _fit("price", text, 2 + share)


def _told(price: Price) -> str:
    currency = cast(Literal["CLP", "UF", "USD"], price.currency)
    return format_money(Money(Decimal(str(price.amount)), currency))


def _bedrooms(case: Case) -> Finding | None:
    has, asked = case.listing.bedrooms, case.wish.bedrooms
    if has is not None and has <= case.learned.more_than_bedrooms:
        raise RuledOut
    if asked is None:
        return None
    if has is None:
        return _lack("bedrooms", _("No se sabe cuántos dormitorios tiene"), 0.5)
    if has < asked - 1:
        raise RuledOut
    words = {"has": _rooms(has), "wanted": asked}
    if has < asked:
        return _lack("bedrooms", _("Tiene %(has)s y pide %(wanted)s") % words, 1)
    return _fit("bedrooms", _("Tiene %(has)s (pide %(wanted)s)") % words, 2 - 0.25 * (has - asked))


def _rooms(count: int) -> str:
    return ngettext("%(count)s dormitorio", "%(count)s dormitorios", count) % {"count": count}


def _size(case: Case) -> Finding | None:
    m2, more_than = case.listing.m2, case.learned.more_than_m2
    if not more_than:
        return None
    if m2 is not None and m2 <= more_than:
        raise RuledOut
    if m2 is None:
        return _lack("size", _("No se sabe su superficie, y otra le pareció chica"), 0.5)
    words = {"m2": f"{m2:g}".replace(".", ","), "other": f"{more_than:g}".replace(".", ",")}
    return _fit(
        "size", _("Tiene %(m2)s m², más que los %(other)s que le parecieron pocos") % words, 1
    )


def _pets(case: Case) -> Finding | None:
    if not case.wish.pets:
        return None
    if case.listing.pets is False:
        raise RuledOut
    if case.listing.pets is None:
        return _lack("pets", _("Falta confirmar si acepta mascotas"), 0.5)
    return _fit("pets", _("Acepta mascotas"), 1)


def _delivery(case: Case) -> Finding | None:
    if not case.wish.at_once:
        return None
    if case.listing.delivery == "immediate":
        return _fit("delivery", _("Tiene entrega inmediata"), 1)
    if case.listing.delivery == "future":
        if case.learned.at_once:
            raise RuledOut
        return _lack("delivery", _("Se entrega más adelante, y la necesita ya"), 1)
    return _lack("delivery", _("Falta confirmar cuándo se entrega"), 0.25)


def _subsidy(case: Case) -> Finding | None:
    named = case.wish.subsidy
    if not named:
        return None
    if named in case.listing.subsidies:
        return _fit("subsidy", _("Acepta el subsidio %(name)s") % {"name": named}, 1.5)
    text = _("No consta que acepte el subsidio %(name)s") % {"name": named}
    return _lack("subsidy", text, 1)


def _place_refused(case: Case) -> Finding | None:
    place = case.listing.place
    if not case.learned.places[place]:
        return None
    return _lack("refused", _("Ya rechazó otra en %(place)s por el sector") % {"place": place}, 0)


CRITERIA: tuple[Callable[[Case], Finding | None], ...] = (
    _operation,
    _kind,
    _place,
    _price,
    _bedrooms,
    _size,
    _pets,
    _delivery,
    _subsidy,
    _place_refused,
)
