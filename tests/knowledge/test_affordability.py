from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.models import Broker, User
from knowledge import figures
from knowledge.affordability import Means, Outcome, loan_for, orient
from knowledge.figures import Table
from knowledge.models import Figure, FigureKind
from llm.guards.credit import promises_credit
from tests.api import codes, signed_in
from tests.factories import FigureFactory

TODAY = date(2026, 11, 24)
VALUES: dict[str, tuple[float, float | None]] = {
    "uf": (40_000, None),
    "down_payment": (20, None),
    "rate": (4, 5),
    "term": (20, 30),
    "dividend_share": (25, None),
    "debt_share": (40, None),
    "ds1_3": (80, 2_200),
    "ds19": (30, 1_400),
}


def exact(value: float | None) -> Any:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.0001"))


def table(**changes: tuple[float, float | None]) -> Table:
    values = VALUES | changes
    return Table(
        {
            kind: Figure(kind=kind, low=exact(low), high=exact(high), source="Fuente", as_of=TODAY)
            for kind, (low, high) in values.items()
        }
    )


def test_a_loan_is_what_equal_instalments_pay_back() -> None:
    assert loan_for(100, rate=12, years=1) == pytest.approx(1_125.51, abs=0.01)
    assert loan_for(100, rate=0, years=1) == 1_200
    assert loan_for(1, rate=4, years=30) == pytest.approx(209.461, abs=0.001)


def test_income_gives_a_range_with_its_dividend_and_down_payment() -> None:
    found = orient(Means(income=1_600_000), table(), on=TODAY)
    # 25 % of the income is UF 10 a month: UF 1.515 at 5 % in 20 years, 2.094 at 4 % in 30; of which
    # a fifth more is paid down.
    assert (found.outcome, found.low, found.high) == (Outcome.RANGE, 1_890, 2_610)
    assert (found.dividend_low, found.dividend_high) == (400_000, 400_000)
    assert (found.needed_low, found.needed_high) == (378, 522)
    assert found.in_clp(found.low) == 75_600_000


def test_the_income_of_two_counts_as_one() -> None:
    alone = orient(Means(income=1_600_000), table(), on=TODAY)
    both = orient(Means(income=1_000_000, second_income=600_000), table(), on=TODAY)
    assert (both.low, both.high) == (alone.low, alone.high)


def test_other_debts_count_once_all_instalments_are_over_what_is_prudent() -> None:
    free = orient(Means(income=1_600_000, debts=240_000), table(), on=TODAY)
    burdened = orient(Means(income=1_600_000, debts=440_000), table(), on=TODAY)
    assert free.dividend_high == 400_000
    assert burdened.dividend_high == 200_000


def test_a_small_down_payment_sets_the_price_and_lowers_the_dividend() -> None:
    found = orient(Means(income=1_600_000, down_payment=200), table(), on=TODAY)
    assert (found.low, found.high, found.is_limited_by_down_payment) == (1_000, 1_000, True)
    assert found.dividend_low < found.dividend_high < 400_000


def test_a_large_down_payment_adds_to_the_loan() -> None:
    found = orient(Means(income=1_600_000, down_payment=1_000), table(), on=TODAY)
    assert (found.low, found.high, found.is_limited_by_down_payment) == (2_510, 3_090, False)


def test_subsidies_are_named_where_the_range_is_within_their_prices() -> None:
    found = orient(Means(income=1_600_000), table(), on=TODAY)
    assert [(each.label, each.value) for each in found.subsidies] == [
        ("DS1 tramo 3", "hasta UF 2.200, con ahorro desde UF 80")
    ]


@pytest.mark.parametrize("means", [Means(income=0), Means(income=500_000, debts=300_000)])
def test_too_little_is_told_without_a_range_and_points_to_subsidies(means: Means) -> None:
    found = orient(means, table(), on=TODAY)
    assert (found.outcome, found.low, found.high) == (Outcome.TOO_LITTLE, 0, 0)
    assert "subsidios" in found.notice
    assert len(found.subsidies) == 2


def test_a_debtor_gets_no_numbers_whatever_the_income() -> None:
    found = orient(Means(income=9_000_000, dicom="has_debt"), table(), on=TODAY)
    assert found == replace(found, low=0, high=0, dividend_low=0, dividend_high=0, assumptions=())
    assert found.outcome == Outcome.DEBTOR
    assert "DICOM" in found.notice


def test_no_notice_promises_a_credit() -> None:
    notices = [
        orient(Means(income=income, dicom=dicom), each, on=TODAY).notice  # type: ignore[arg-type]
        for income in (0, 2_000_000)
        for dicom in ("clean", "has_debt", "unknown")
        for each in (table(), Table({}))
    ]
    assert len(set(notices)) == 4
    assert not any(promises_credit(notice) for notice in notices)
    assert not any("aprob" in notice.lower() for notice in notices)


def test_old_figures_are_told() -> None:
    assert not orient(Means(income=1_600_000), table(), on=TODAY).is_stale
    later = orient(Means(income=1_600_000), table(), on=TODAY + timedelta(days=40))
    assert later.is_stale
    assert [each.kind for each in later.assumptions if each.is_stale] == ["uf"]


def test_without_the_uf_nothing_is_calculated() -> None:
    rows = {kind: row for kind, row in table().rows.items() if kind != "uf"}
    found = orient(Means(income=1_600_000), Table(rows), on=TODAY)
    assert (found.outcome, found.low) == (Outcome.NO_FIGURES, 0)


@given(
    income=st.floats(0, 1e10),
    debts=st.floats(0, 1e10),
    down=st.none() | st.floats(0, 1e6),
    rate=st.floats(0, 60),
    share=st.floats(0, 100),
)
def test_any_means_and_figures_give_a_sane_answer(
    income: float, debts: float, down: float | None, rate: float, share: float
) -> None:
    odd = table(rate=(rate / 2, rate), down_payment=(share, None))
    found = orient(Means(income=income, debts=debts, down_payment=down), odd, on=TODAY)
    assert 0 <= found.low <= found.high
    assert 0 <= found.dividend_low <= found.dividend_high <= income


# --- The figures ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_brokerages_own_figure_takes_the_place_of_the_installations(
    broker: Broker, rival: Broker
) -> None:
    Figure.objects.filter(broker__isnull=True).delete()
    FigureFactory(broker=None, kind="rate", low=4, high=5)
    FigureFactory(broker=broker, kind="rate", low=3, high=6)
    FigureFactory(broker=rival, kind="uf", low=1)
    ours, theirs = figures.of(broker), figures.of(rival)
    assert (ours.low(FigureKind.RATE), ours.high(FigureKind.RATE)) == (3, 6)
    assert theirs.low(FigureKind.RATE) == 4
    assert (ours.uf, theirs.uf) == (None, 1)


# --- The API ------------------------------------------------------------------------------------

URL = "/api/v1/affordability/"


@pytest.fixture
def published(broker: Broker) -> None:
    for kind, (low, high) in VALUES.items():
        FigureFactory(broker=broker, kind=kind, low=low, high=high, as_of=date.today())


@pytest.mark.django_db
def test_the_api_answers_with_the_range_and_what_it_rests_on(agent: User, published: None) -> None:
    body = {"income": 1_600_000, "down_payment": {"amount": 40_000_000, "currency": "CLP"}}
    answer = signed_in(agent).post(URL, body, format="json")
    found = answer.json()
    assert answer.status_code == 200
    assert (found["outcome"], found["low_uf"], found["high_uf"]) == ("range", 2_510, 3_090)
    assert found["low_clp"] == 100_400_000
    assert found["assumptions"][0] == {
        "kind": "uf",
        "label": "UF (pesos)",
        "value": "$40.000",
        "source": "Banco Central",
        "source_url": "",
        "as_of": date.today().isoformat(),
        "is_stale": False,
    }


@pytest.mark.django_db
def test_the_api_refuses_what_makes_no_sense_and_gives_a_debtor_no_numbers(
    admin: User, published: None
) -> None:
    client = signed_in(admin)
    for wrong, field in (
        ({}, "income"),
        ({"income": -1}, "income"),
        ({"income": 200_000_001}, "income"),
        ({"income": 1, "monthly_debts": -1}, "monthly_debts"),
        ({"income": 1, "down_payment": {"amount": -1, "currency": "UF"}}, "down_payment.amount"),
        (
            {"income": 1, "down_payment": {"amount": 2e5 + 1, "currency": "UF"}},
            "down_payment.amount",
        ),
        ({"income": 1, "down_payment": {"amount": 8e9 + 1}}, "down_payment.amount"),
        ({"income": 1, "dicom": "quizás"}, "dicom"),
        ({"income": 1, "down_payment": {"amount": 1, "currency": "USD"}}, "down_payment.currency"),
    ):
        answer = client.post(URL, wrong, format="json")
        assert (answer.status_code, codes(answer)[0][0]) == (400, field)
    found: Any = client.post(URL, {"income": 5e6, "dicom": "has_debt"}, format="json").json()
    assert (found["outcome"], found["high_uf"], found["dividend_high_clp"]) == ("debtor", 0, 0)
