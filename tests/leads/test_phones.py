import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.phones import find_phone, national, to_e164


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9 8765 4321", "+56987654321"),
        ("987654321", "+56987654321"),
        ("9-8765-4321", "+56987654321"),
        ("9.8765.4321", "+56987654321"),
        ("(9) 8765 4321", "+56987654321"),
        ("+56 9 8765 4321", "+56987654321"),
        ("+56987654321", "+56987654321"),
        ("56987654321", "+56987654321"),
        ("569 8765 4321", "+56987654321"),
        ("0056987654321", "+56987654321"),
        ("09 8765 4321", "+56987654321"),
        ("\u00a09\u00a08765\u20114321", "+56987654321"),
        ("2 2345 6789", "+56223456789"),
        ("(2) 2345 6789", "+56223456789"),
        ("+56 2 2345 6789", "+56223456789"),
        ("32 212 3456", "+56322123456"),
        ("041 2234567", "+56412234567"),
        ("+54 9 11 2345 6789", "+5491123456789"),
    ],
)
def test_reads_numbers_as_people_type_them(text: str, expected: str) -> None:
    assert to_e164(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "133",
        "8765 4321",
        "600 600 6000",
        "999",
        "99999999999",
        "12.345.678-9",
        "no tengo",
        "98765432a",
        "9 8765 4321 x2",
    ],
)
def test_what_is_not_dialable_is_no_number(text: str) -> None:
    assert to_e164(text) is None


def test_another_country_is_a_parameter() -> None:
    assert to_e164("11 2345-6789", country="AR") == "+541123456789"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mi fono es 9 8765 4321, gracias", "+56987654321"),
        ("wsp:+56987654321.", "+56987654321"),
        ("llámame al 987654321 o al 22 345 6789", "+56987654321"),
        ("gano 1.200.000", None),
        ("220.000.000", None),
        ("$987654321", None),
        ("nací el 12/05/1985", None),
        ("el 2026-11-22 a las 11:00", None),
        ("mi rut es 12.345.678-9", None),
        ("rut 12345678-9 y fono 987654321", "+56987654321"),
        ("entre 3000 y 3500 UF", None),
    ],
)
def test_finds_the_number_in_running_text(text: str, expected: str | None) -> None:
    assert find_phone(text) == expected


def test_shows_numbers_with_spaces() -> None:
    assert national("+56987654321") == "+56 9 8765 4321"
    assert national("+56223456789") == "+56 2 2345 6789"
    assert national("none") == "none"


@given(st.text(alphabet="0123456789 +-.()", max_size=24))
def test_never_invents_a_digit_and_is_idempotent(text: str) -> None:
    number = to_e164(text)
    if number is None:
        return
    written = re.sub(r"\D", "", text)
    national_digits = str(phonenumbers.parse(number).national_number)
    assert written.endswith(national_digits)
    assert to_e164(number) == number


@given(st.integers(2, 9), st.integers(0, 9_999_999))
def test_every_way_of_writing_a_mobile_means_the_same(first: int, rest: int) -> None:
    digits = f"9{first}{rest:07d}"
    expected = to_e164(f"+56{digits}")
    ways = [
        digits,
        f"{digits[0]} {digits[1:5]} {digits[5:]}",
        f"56{digits}",
        f"0056{digits}",
        f"0{digits}",
    ]
    assert {to_e164(way) for way in ways} == {expected}


@given(st.text(max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    found = find_phone(text)
    assert found is None or to_e164(found) == found


@given(
    st.sampled_from(["CL", "AR", "PE", "ES", "US"]),
    st.text(alphabet="0123456789 +-.()", max_size=20),
)
def test_whatever_the_country_the_digits_are_the_ones_that_were_typed(
    country: str, text: str
) -> None:
    number = to_e164(text, country=country)
    if number is not None:
        told = phonenumbers.parse(number)
        assert re.sub(r"\D", "", text).endswith(str(told.national_number))
        assert to_e164(number, country=country) == number


@given(st.sampled_from(["2 2345 6789", "32 212 3456", "41 223 4567", "9 8765 4321"]), st.data())
def test_prefixes_spaces_and_dots_change_nothing(number: str, data: st.DataObject) -> None:
    digits = number.replace(" ", "")
    mark = data.draw(st.sampled_from(["", " ", ".", "-"]))
    prefix = data.draw(st.sampled_from(["", "+56", "0056", "56", "0", "+56 "]))
    assert to_e164(prefix + mark.join(digits)) == f"+56{digits}"


@pytest.mark.parametrize(
    "text",
    [
        "anota mi cel: nueve ocho siete seis cinco cuatro tres dos uno",
        "es el nueve, ocho siete seis cinco, cuatro tres dos uno",
        "nueve ochenta y siete sesenta y cinco cuarenta y tres veintiuno",
        "my number is nine eight seven six five four three two one",
        "9 ocho 7 seis 5 cuatro 3 dos 1",
    ],
)
def test_reads_a_number_dictated_in_words(text: str) -> None:
    assert find_phone(text) == "+56987654321"


@pytest.mark.parametrize(
    "text",
    [
        "uno dos tres",
        "gano un millón doscientos mil",
        "tres o cuatro dormitorios, dos baños",
        "2 3 4 5",
    ],
)
def test_a_few_numbers_in_words_are_no_phone(text: str) -> None:
    assert find_phone(text) is None
