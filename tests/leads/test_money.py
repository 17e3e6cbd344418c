from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.money import Currency, Money, find_amounts, format_money, parse_money


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("gano un palo doscientos", "1200000", "CLP"),
        ("950 lucas", "950000", "CLP"),
        ("2.5 millones líquidos", "2500000", "CLP"),
        ("2,5 millones", "2500000", "CLP"),
        ("1.200.000", "1200000", "CLP"),
        ("$1.200.000", "1200000", "CLP"),
        ("$ 1.200.000.-", "1200000", "CLP"),
        ("1200000", "1200000", "CLP"),
        ("1,200,000", "1200000", "CLP"),
        ("1'200.000", "1200000", "CLP"),
        ("dos palos y medio", "2500000", "CLP"),
        ("dos y medio millones", "2500000", "CLP"),
        ("palo y medio", "1500000", "CLP"),
        ("medio palo", "500000", "CLP"),
        ("medio millón", "500000", "CLP"),
        ("un millon doscientos cincuenta mil", "1250000", "CLP"),
        ("1 millon 350 mil", "1350000", "CLP"),
        ("un palo y 200 lucas", "1200000", "CLP"),
        ("2 palos 300", "2300000", "CLP"),
        ("un palo dos", "1200000", "CLP"),
        ("un palo dos dormitorios", "1000000", "CLP"),
        ("un palo veinte", "1020000", "CLP"),
        ("1.250 palos", "1250000", "CLP"),
        ("novecientas cincuenta lucas", "950000", "CLP"),
        ("800 mil", "800000", "CLP"),
        ("950k", "950000", "CLP"),
        ("1.2M", "1200000", "CLP"),
        ("150MM", "150000000", "CLP"),
        ("4 millones de pesos", "4000000", "CLP"),
        ("2 millones 2 dormitorios", "2000000", "CLP"),
        ("3.500 UF", "3500", "UF"),
        ("UF 3500", "3500", "UF"),
        ("uf3500", "3500", "UF"),
        ("3500uf", "3500", "UF"),
        ("U.F. 3.500", "3500", "UF"),
        ("2 mil UF", "2000", "UF"),
        ("mil doscientas uf", "1200", "UF"),
        ("tres mil quinientas uf", "3500", "UF"),
        ("unas 4000 uefes", "4000", "UF"),
        ("3.500,5 UF", "3500.5", "UF"),
        ("US$ 120.000", "120000", "USD"),
        ("120 mil dólares", "120000", "USD"),
        ("UF 4.250 y un pie del 20%", "4250", "UF"),
        ("4.250 UF y dos estacionamientos", "4250", "UF"),
        ("treinta y un millones", "31000000", "CLP"),
        ("un par de palos", "2000000", "CLP"),
        ("800 y tantas lucas", "800000", "CLP"),
        ("2 million pesos", "2000000", "CLP"),
        ("a million and a half", "1500000", "CLP"),
        ("1 million and a garage", "1000000", "CLP"),
        ("nine hundred thousand", "900000", "CLP"),
        ("1 milhão e meio", "1500000", "CLP"),
        ("dos milloncitos", "2000000", "CLP"),
    ],
)
def test_reads_amounts_as_chileans_write_them(text: str, amount: str, currency: Currency) -> None:
    assert parse_money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("text", "low", "high", "currency"),
    [
        ("entre 3000 y 3500 UF", 3000, 3500, "UF"),
        ("entre 3 y 4 mil UF", 3000, 4000, "UF"),
        ("UF 3.000 a 3.500", 3000, 3500, "UF"),
        ("2.000-2.500 UF", 2000, 2500, "UF"),
        ("desde 2000 uf hasta 3000 uf", 2000, 3000, "UF"),
        ("800 a 900 lucas", 800_000, 900_000, None),
        ("2 o 3 palos", 2_000_000, 3_000_000, None),
        ("entre 900 y 1.300 lucas", 900_000, 1_300_000, None),
        ("los 2 y 3 millones", 2_000_000, 3_000_000, None),
    ],
)
def test_a_range_is_its_upper_bound_and_keeps_the_lower(
    text: str, low: int, high: int, currency: Currency | None
) -> None:
    [mention] = find_amounts(text)
    assert (mention.minimum, mention.amount, mention.currency) == (low, high, currency)


@pytest.mark.parametrize(
    "text",
    [
        "hola",
        "ninguno de los dos",
        "somos tres",
        "mil gracias",
        "2 dormitorios",
        "2D2B",
        "60 m2",
        "hace 2 años",
        "15%",
        "piso v3",
        "",
    ],
)
def test_counts_and_sizes_are_no_money(text: str) -> None:
    assert find_amounts(text) == []


def test_two_amounts_stay_two() -> None:
    amounts = [mention.amount for mention in find_amounts("gano 1 millon, debo 300 lucas")]
    assert amounts == [1_000_000, 300_000]


def test_a_number_alone_is_bare() -> None:
    [mention] = find_amounts("3500")
    assert mention.bare
    assert not find_amounts("3500 uf")[0].bare


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(Decimal(1200000)), "$1.200.000"),
        (Money(Decimal(3500), "UF"), "UF 3.500"),
        (Money(Decimal("3500.5"), "UF"), "UF 3.500,5"),
        (Money(Decimal("3500.25"), "UF"), "UF 3.500,25"),
        (Money(Decimal(120000), "USD"), "US$ 120.000"),
    ],
)
def test_writes_amounts_as_chileans_do(money: Money, text: str) -> None:
    assert format_money(money) == str(money) == text


@given(st.integers(1, 10**11), st.sampled_from(["CLP", "UF", "USD"]))
def test_what_is_written_is_read_back(amount: int, currency: Currency) -> None:
    money = Money(Decimal(amount), currency)
    assert parse_money(format_money(money)) == money


@given(st.text(max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    assert all(mention.amount > 0 and mention.start < mention.end for mention in find_amounts(text))


@given(
    st.lists(
        st.sampled_from(
            [
                "1",
                "2",
                "300",
                "1.200",
                "3.500,5",
                "un",
                "dos",
                "mil",
                "palo",
                "lucas",
                "y",
                "medio",
                "uf",
                "$",
                "-",
                "entre",
                "a",
            ]
        ),
        max_size=8,
    )
)
def test_any_mix_of_money_words_can_be_read(words: list[str]) -> None:
    assert all(mention.amount > 0 for mention in find_amounts(" ".join(words)))
