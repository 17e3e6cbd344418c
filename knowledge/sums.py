"""What the assistant may say of money: the UF with its source, and what a home or an income comes to a month."""

from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from knowledge import affordability, discussed, figures, gaps
from knowledge.affordability import Means, Outcome
from knowledge.listings import of_stored
from knowledge.models import FigureKind
from knowledge.wishes import Price, price_of
from leads.money import grouped
from llm.tools import NoArguments, Turn

ROUND = 1_000  # pesos: an orientation to the peso would pretend to know


def uf_value(turn: Turn, asked: NoArguments) -> dict[str, Any]:
    """The value of the UF in pesos, with its date and source, and what the property under discussion
    comes to in pesos. Without one say that you will check: a
    price in a listing is no value of the UF."""
    row = figures.of(turn.broker).rows.get(FigureKind.UF)
    if row is None or figures.is_stale(row, on=_today(turn)):
        gaps.note_gap(turn.broker, turn.question, turn.message, at=turn.at)
        return {"known": False}
    found = {"known": True, **_uf_of(figures.Table({FigureKind.UF: row}))}
    price = (entry := discussed.of(turn)) and price_of(of_stored(entry.listing))
    if entry and price and price.currency == "UF":
        found |= {
            "property": entry.title,
            "in_pesos": f"${_rounded(price.amount * float(row.low))}",
        }
    return found


class Household(BaseModel):
    """Pesos a month, net. Without an income that of the lead counts."""

    income: float | None = Field(default=None, gt=0, lt=2e8)
    second_income: float = Field(default=0, ge=0, lt=2e8)


def estimate_dividend(turn: Turn, household: Household) -> dict[str, Any]:
    """What the property under discussion would cost a month with a usual mortgage, and which prices an
    income could look at: orientation by dated figures, never an offer or an approval of credit. Say
    its notice. Nothing for a lead with a debt, or where the figures are missing."""
    if turn.lead.metadata.get("dicom") == "has_debt":
        return {"known": False, "outcome": "debtor"}
    table = figures.of(turn.broker)
    means = Means(household.income or _income(turn), household.second_income)
    found: dict[str, Any] = {"known": False}
    if not table.has(*affordability.NEEDED) or not table.uf:
        gaps.note_gap(turn.broker, turn.question, turn.message, at=turn.at)
        return found
    if (entry := discussed.of(turn)) and (price := price_of(of_stored(entry.listing))):
        found |= {"known": True, "property": entry.title, **_monthly(price, table)}
    if means.income:
        found |= _range(means, table, turn)
    if found["known"]:
        found |= {"notice": affordability.notice(), **_uf_of(table)}
    return found


def _monthly(price: Price, table: figures.Table) -> dict[str, str]:
    """Between the cheapest money for the longest time and the dearest for the shortest."""
    share = float(table.low(FigureKind.DOWN_PAYMENT)) / 100
    uf = table.uf or 0
    loan = (price.in_uf(uf) or 0) * (1 - share)
    ends = (
        (table.low(FigureKind.RATE), table.high(FigureKind.TERM)),
        (table.high(FigureKind.RATE), table.low(FigureKind.TERM)),
    )
    dividends = [
        loan / affordability.loan_for(1, float(rate), float(years)) * uf for rate, years in ends
    ]
    low, high = (f"${_rounded(each)}" for each in dividends)
    return {"dividend_from": low, "dividend_to": high, "down_payment": f"{share * 100:g} %"}


def _range(means: Means, table: figures.Table, turn: Turn) -> dict[str, Any]:
    oriented = affordability.orient(means, table, on=_today(turn))
    if oriented.outcome != Outcome.RANGE:
        return {"known": True, "outcome": str(oriented.outcome)}
    return {
        "known": True,
        "outcome": str(oriented.outcome),
        "price_from": f"UF {_grouped(oriented.low)}",
        "price_to": f"UF {_grouped(oriented.high)}",
    }


def _uf_of(table: figures.Table) -> dict[str, str]:
    row = table[FigureKind.UF]
    return {"uf": f"${grouped(row.low)}", "uf_source": row.source, "day": f"{row.as_of:%d-%m-%Y}"}


def _income(turn: Turn) -> float:
    income = turn.lead.metadata.get("income")
    is_known = isinstance(income, dict) and income.get("currency") == "CLP"
    return float(income["amount"]) if is_known else 0


def _rounded(pesos: float) -> str:
    return _grouped(round(pesos / ROUND) * ROUND)


def _grouped(number: float) -> str:
    return f"{number:,.0f}".replace(",", ".")


def _today(turn: Turn) -> Any:
    return turn.at.astimezone(ZoneInfo(turn.broker.timezone)).date()
