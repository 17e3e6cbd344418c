"""Financial qualification: income, DICOM and debt against the broker's criteria, as pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

DEFAULT_MIN_INCOME = 500_000
DEFAULT_QUALIFIED_INCOME = 1_000_000


class Outcome(StrEnum):
    QUALIFIED = "CALIFICADO"
    POTENTIAL = "POTENCIAL"
    NOT_QUALIFIED = "NO_CALIFICADO"
    PENDING = "pending"


@dataclass(frozen=True)
class Inputs:
    """Net monthly income and debt in CLP; None where unknown. Dicom: clean, has_debt, unknown."""

    income: int | None = None
    dicom: str = "unknown"
    debt: int | None = None

    @property
    def known_debt(self) -> int | None:
        return 0 if self.dicom == "clean" else self.debt


@dataclass(frozen=True)
class Criteria:
    """The broker's limits, in CLP."""

    min_income: int = DEFAULT_MIN_INCOME
    qualified_income: int = DEFAULT_QUALIFIED_INCOME
    max_debt: int = 500_000
    rates: Mapping[str, float] | None = None

    def in_clp(self, money: Mapping[str, Any] | None) -> int | None:
        """An amount in pesos; None when it is unknown or its currency has no rate here."""
        if not money:
            return None
        currency = money.get("currency", "CLP")
        rate = 1 if currency == "CLP" else (self.rates or {}).get(currency)
        return None if rate is None else round(float(money["amount"]) * rate)


@dataclass(frozen=True)
class Assessment:
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def criteria_of(config: Any) -> Criteria:
    """Criteria from a BrokerLeadConfig; ``qualification_criteria.rates`` gives CLP per UF, USD."""
    given = config.qualification_criteria or {}
    return Criteria(
        min_income=int(given.get("min_income", DEFAULT_MIN_INCOME)),
        qualified_income=int(given.get("qualified_income", DEFAULT_QUALIFIED_INCOME)),
        max_debt=config.max_acceptable_debt,
        rates=given.get("rates"),
    )


def inputs_of(metadata: Mapping[str, Any], criteria: Criteria) -> Inputs:
    debt = metadata.get("debt_amount")
    return Inputs(
        income=criteria.in_clp(metadata.get("income")),
        dicom=metadata.get("dicom") or "unknown",
        debt=None if debt is None else int(debt),
    )


def assess(inputs: Inputs, criteria: Criteria) -> Assessment:
    """A known disqualifier decides; otherwise an unknown input leaves the outcome pending."""
    disqualifiers = _disqualifiers(inputs, criteria)
    if disqualifiers:
        return Assessment(Outcome.NOT_QUALIFIED, reasons=disqualifiers)
    missing = _missing(inputs)
    if missing:
        return Assessment(Outcome.PENDING, missing=missing)
    assert inputs.income is not None
    if inputs.income >= criteria.qualified_income and inputs.dicom == "clean":
        return Assessment(Outcome.QUALIFIED, reasons=("income_and_clean",))
    reason = "debt_within_limit" if inputs.dicom == "has_debt" else "income_in_between"
    return Assessment(Outcome.POTENTIAL, reasons=(reason,))


def _disqualifiers(inputs: Inputs, criteria: Criteria) -> tuple[str, ...]:
    found = []
    if inputs.income is not None and inputs.income < criteria.min_income:
        found.append("income_below_minimum")
    if inputs.known_debt is not None and inputs.known_debt > criteria.max_debt:
        found.append("debt_above_maximum")
    return tuple(found)


def _missing(inputs: Inputs) -> tuple[str, ...]:
    missing = []
    if inputs.income is None:
        missing.append("income")
    if inputs.dicom == "unknown":
        missing.append("dicom")
    elif inputs.known_debt is None:
        missing.append("debt_amount")
    return tuple(missing)


def record_of(assessment: Assessment, inputs: Inputs, at: datetime) -> dict[str, Any]:
    """What is kept in ``metadata.calificacion``."""
    return {
        "outcome": assessment.outcome.value,
        "reasons": list(assessment.reasons),
        "missing": list(assessment.missing),
        "inputs": {"income": inputs.income, "dicom": inputs.dicom, "debt": inputs.known_debt},
        "at": at.isoformat(),
    }
