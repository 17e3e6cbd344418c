"""What a household could look for, in UF and as a monthly dividend: orientation, never a credit decision.

The formula of a loan with equal instalments, over the dated figures of ``figures``; nothing here
knows a person, and nobody is told that a bank would lend.
"""

import math
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from django.utils.translation import gettext as _

from knowledge import figures
from knowledge.figures import Table
from knowledge.models import Figure, FigureKind
from leads.money import Currency, grouped

Dicom = Literal["clean", "has_debt", "unknown"]
NEEDED = (
    FigureKind.UF,
    FigureKind.DOWN_PAYMENT,
    FigureKind.RATE,
    FigureKind.TERM,
    FigureKind.DIVIDEND_SHARE,
    FigureKind.DEBT_SHARE,
)
# Beyond them is a slip of the keyboard: no household earns so much in a month, or has saved so much.
MOST_A_MONTH: dict[Currency, int] = {"CLP": 200_000_000, "UF": 5_000}
MOST_SAVED: dict[Currency, int] = {"CLP": 8_000_000_000, "UF": 200_000}
ROUND_UF, ROUND_CLP = 10, 1_000  # an orientation to the peso would pretend to know


class Outcome(StrEnum):
    RANGE = "range"
    DEBTOR = "debtor"
    TOO_LITTLE = "too_little"
    NO_FIGURES = "no_figures"


@dataclass(frozen=True)
class Means:
    """A household's money in pesos: net monthly income of one or two, and instalments of other debts.

    ``down_payment`` is in UF; None where it was not said.
    """

    income: float
    second_income: float = 0
    debts: float = 0
    down_payment: float | None = None
    dicom: Dicom = "unknown"

    @property
    def total(self) -> float:
        return self.income + self.second_income


@dataclass(frozen=True)
class Assumption:
    """A figure that the orientation rests on, in words, with where it is from and whether it is old."""

    kind: str
    label: str
    value: str
    source: str
    source_url: str
    as_of: date
    is_stale: bool


@dataclass(frozen=True)
class Orientation:
    """The range in UF with its dividend in pesos a month; all zero where there is no range.

    ``needed_low`` and ``needed_high`` are the down payments, in UF, that the ends of the range ask for;
    ``is_limited_by_down_payment`` says that with a larger one the income would reach further.
    """

    outcome: Outcome
    uf: float | None = None
    low: int = 0
    high: int = 0
    dividend_low: int = 0
    dividend_high: int = 0
    needed_low: int = 0
    needed_high: int = 0
    is_limited_by_down_payment: bool = False
    subsidies: tuple[Assumption, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    notice: str = field(default="")

    @property
    def is_stale(self) -> bool:
        return any(each.is_stale for each in (*self.assumptions, *self.subsidies))

    def in_clp(self, amount: int) -> int:
        return _down(amount * (self.uf or 0), ROUND_CLP)


def orient(means: Means, table: Table, *, on: date) -> Orientation:
    """What these means could look for, by the figures that apply on a day."""
    if means.dicom == "has_debt":
        return Orientation(Outcome.DEBTOR, notice=debtors_notice())
    uf = table.uf
    if uf is None or not table.has(*NEEDED):
        return Orientation(Outcome.NO_FIGURES, notice=_no_figures())
    assumptions = tuple(_assumption(table[kind], on) for kind in NEEDED)
    dividend = _dividend(means, table)
    scenarios = [_Scenario(table, uf, dividend, means.down_payment, end) for end in ("low", "high")]
    low, high = (_down(each.price, ROUND_UF) for each in scenarios)
    if dividend <= 0 or high <= 0:
        subsidies = _subsidies(table, 0, on)
        return Orientation(
            Outcome.TOO_LITTLE,
            uf=uf,
            assumptions=assumptions,
            subsidies=subsidies,
            notice=_too_little(),
        )
    dividends = sorted(_down(each.dividend_used, ROUND_CLP) for each in scenarios)
    share = float(table.low(FigureKind.DOWN_PAYMENT)) / 100
    return Orientation(
        Outcome.RANGE,
        uf=uf,
        low=low,
        high=high,
        dividend_low=dividends[0],
        dividend_high=dividends[1],
        needed_low=round(low * share),
        needed_high=round(high * share),
        is_limited_by_down_payment=any(each.is_limited for each in scenarios),
        subsidies=_subsidies(table, low, on),
        assumptions=assumptions,
        notice=notice(),
    )


def notice() -> str:
    return _(
        "Es una orientación con valores generales: no es una evaluación ni una oferta de crédito. "
        "Las condiciones las define cada banco al revisar tus antecedentes."
    )


def debtors_notice() -> str:
    return _(
        "Con una deuda vigente en DICOM no podemos darte un rango. El primer paso es ver cómo "
        "regularizarla: si nos dejas tus datos, una persona revisará tu caso contigo."
    )


def _no_figures() -> str:
    return _(
        "Todavía no hay valores publicados para calcular. Si nos dejas tus datos, una persona te orientará."
    )


def _too_little() -> str:
    return _(
        "Con estos montos no alcanza para un dividendo dentro de lo recomendado. Puedes complementar renta, "
        "reducir otras cuotas o revisar los subsidios del Estado: una persona puede orientarte."
    )


# --- The sums -------------------------------------------------------------------------------------


def _dividend(means: Means, table: Table) -> float:
    """Pesos a month: no more of the income than is usual, nor, with the other debts, than is prudent."""
    alone = means.total * float(table.low(FigureKind.DIVIDEND_SHARE)) / 100
    with_debts = means.total * float(table.low(FigureKind.DEBT_SHARE)) / 100 - means.debts
    return min(alone, with_debts)


def loan_for(dividend: float, rate: float, years: float) -> float:
    """What ``dividend`` a month pays back in ``years`` at ``rate`` per cent a year, in its own unit."""
    monthly, months = rate / 100 / 12, years * 12
    if not monthly:
        return dividend * months
    return dividend * (1 - math.pow(1 + monthly, -months)) / monthly


class _Scenario:
    """One end of the range: the dearest money for the shortest time, or the cheapest for the longest."""

    def __init__(
        self, table: Table, uf: float, dividend: float, down_payment: float | None, end: str
    ) -> None:
        cautious = end == "low"
        rate, term = FigureKind.RATE, FigureKind.TERM
        self.rate = float(table.high(rate) if cautious else table.low(rate))
        self.years = float(table.low(term) if cautious else table.high(term))
        share = float(table.low(FigureKind.DOWN_PAYMENT)) / 100
        self.uf, self.dividend = uf, dividend
        loan = loan_for(dividend / uf, self.rate, self.years)
        if down_payment is None:
            self.price, self.is_limited = loan / (1 - share) if share < 1 else 0.0, False
        else:
            by_down_payment = down_payment / share if share else float("inf")
            self.price = min(loan + down_payment, by_down_payment)
            self.is_limited = by_down_payment < loan + down_payment
        self.loan = self.price - (down_payment if down_payment is not None else self.price * share)

    @property
    def dividend_used(self) -> float:
        """Pesos a month: all that can be paid, or less where the down payment sets the price."""
        of_one = loan_for(1, self.rate, self.years)
        return max(self.loan, 0) / of_one * self.uf if of_one else 0.0


def _down(amount: float, step: int) -> int:
    """Down to a whole step; what lies a hair below one by the sums alone counts as that step."""
    return int((amount + 1e-6) // step) * step


# --- What it rests on -----------------------------------------------------------------------------


def _subsidies(table: Table, low: int, on: date) -> tuple[Assumption, ...]:
    """The State's programmes that reach at least the lower end of the range."""
    return tuple(
        _assumption(table[kind], on)
        for kind in figures.SUBSIDIES
        if table.has(kind) and table.high(kind) >= low
    )


def _assumption(row: Figure, on: date) -> Assumption:
    label = str(row.get_kind_display())
    return Assumption(
        kind=row.kind,
        # A programme's label says in brackets what its two numbers are: here the value says it.
        label=label.partition(" (")[0] if row.kind in figures.SUBSIDIES else label,
        value=_value(row),
        source=row.source,
        source_url=row.source_url,
        as_of=row.as_of,
        is_stale=figures.is_stale(row, on=on),
    )


def _value(row: Figure) -> str:
    kind = FigureKind(row.kind)
    ends = [grouped(end) for end in (row.low, row.high) if end is not None]
    if kind in (FigureKind.UF, FigureKind.UTM):
        return f"${ends[0]}"
    if kind in figures.SUBSIDIES and len(ends) > 1:
        words = {"price": ends[1], "savings": ends[0]}
        return _("hasta UF %(price)s, con ahorro desde UF %(savings)s") % words
    unit = _("años") if kind == FigureKind.TERM else "%"
    return f"{_(' a ').join(ends)} {unit}"
