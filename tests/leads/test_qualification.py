"""Financial qualification, as the rules' own decision table."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.qualification import (
    Criteria,
    Inputs,
    Outcome,
    assess,
    criteria_of,
    inputs_of,
    record_of,
)

USUAL = Criteria()
YES, MAYBE, NO, PENDING = (
    Outcome.QUALIFIED,
    Outcome.POTENTIAL,
    Outcome.NOT_QUALIFIED,
    Outcome.PENDING,
)
LOW, DEBT = "income_below_minimum", "debt_above_maximum"

DECISIONS = [
    # income, dicom, debt → outcome, reasons, missing
    (1_000_000, "clean", None, YES, ("income_and_clean",), ()),
    (5_000_000, "clean", None, YES, ("income_and_clean",), ()),
    (1_000_000, "clean", 900_000, YES, ("income_and_clean",), ()),
    (999_999, "clean", None, MAYBE, ("income_in_between",), ()),
    (500_000, "clean", None, MAYBE, ("income_in_between",), ()),
    (500_000, "has_debt", 0, MAYBE, ("debt_within_limit",), ()),
    (5_000_000, "has_debt", 500_000, MAYBE, ("debt_within_limit",), ()),
    (5_000_000, "has_debt", 500_001, NO, (DEBT,), ()),
    (499_999, "clean", None, NO, (LOW,), ()),
    (0, "clean", None, NO, (LOW,), ()),
    (499_999, "has_debt", 500_001, NO, (LOW, DEBT), ()),
    # a known disqualifier decides, whatever else is unknown
    (499_999, "unknown", None, NO, (LOW,), ()),
    (499_999, "has_debt", None, NO, (LOW,), ()),
    (None, "has_debt", 500_001, NO, (DEBT,), ()),
    (None, "unknown", 500_001, NO, (DEBT,), ()),
    (5_000_000, "unknown", 500_001, NO, (DEBT,), ()),
    # otherwise an unknown input never counts as zero
    (None, "unknown", None, PENDING, (), ("income", "dicom")),
    (None, "clean", None, PENDING, (), ("income",)),
    (None, "has_debt", 100, PENDING, (), ("income",)),
    (None, "has_debt", None, PENDING, (), ("income", "debt_amount")),
    (5_000_000, "unknown", None, PENDING, (), ("dicom",)),
    (5_000_000, "unknown", 100, PENDING, (), ("dicom",)),
    (5_000_000, "has_debt", None, PENDING, (), ("debt_amount",)),
]


@pytest.mark.parametrize(("income", "dicom", "debt", "outcome", "reasons", "missing"), DECISIONS)
def test_the_decision_table(income, dicom, debt, outcome, reasons, missing) -> None:
    assessment = assess(Inputs(income, dicom, debt), USUAL)
    assert (assessment.outcome, assessment.reasons, assessment.missing) == (
        outcome,
        reasons,
        missing,
    )


@pytest.mark.parametrize(
    ("income", "debt", "outcome"),
    [(799_999, 0, NO), (800_000, 0, MAYBE), (1_500_000, 0, YES), (1_500_000, 100_001, NO)],
)
def test_criteria_are_the_brokers_own(income: int, debt: int, outcome: Outcome) -> None:
    criteria = criteria_of(
        SimpleNamespace(
            qualification_criteria={"min_income": 800_000, "qualified_income": 1_500_000},
            max_acceptable_debt=100_000,
        )
    )
    dicom = "has_debt" if debt else "clean"
    assert assess(Inputs(income, dicom, debt), criteria).outcome == outcome


inputs = st.builds(
    Inputs,
    income=st.none() | st.integers(0, 10_000_000),
    dicom=st.sampled_from(["clean", "has_debt", "unknown"]),
    debt=st.none() | st.integers(0, 2_000_000),
)


@given(inputs)
def test_pending_if_and_only_if_something_is_missing_and_nothing_disqualifies(given) -> None:
    assessment = assess(given, USUAL)
    assert (assessment.outcome == PENDING) == bool(assessment.missing)
    assert (assessment.outcome == PENDING) != bool(assessment.reasons)


@given(inputs)
def test_knowing_more_never_lifts_a_disqualification(given) -> None:
    if assess(given, USUAL).outcome == NO and given.dicom != "unknown":
        for income in (given.income,) if given.income is not None else (0, 600_000, 9_000_000):
            assert assess(Inputs(income, given.dicom, given.debt), USUAL).outcome == NO


@pytest.mark.parametrize(
    ("money", "clp"),
    [
        (None, None),
        ({"amount": 1_200_000, "currency": "CLP"}, 1_200_000),
        ({"amount": 1_200_000}, 1_200_000),
        ({"amount": 0, "currency": "CLP"}, 0),
        ({"amount": 30, "currency": "UF"}, 1_200_000),
        ({"amount": 30, "currency": "USD"}, None),
    ],
)
def test_an_amount_without_a_rate_stays_unknown(money, clp) -> None:
    assert Criteria(rates={"UF": 40_000}).in_clp(money) == clp


def test_outcome_reasons_and_inputs_are_kept(at) -> None:
    known = inputs_of({"income": {"amount": 400_000}, "dicom": "clean"}, USUAL)
    assert record_of(assess(known, USUAL), known, at) == {
        "outcome": "NO_CALIFICADO",
        "reasons": [LOW],
        "missing": [],
        "inputs": {"income": 400_000, "dicom": "clean", "debt": 0},
        "at": at.isoformat(),
    }
