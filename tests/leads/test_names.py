"""What is a person's name, and how it is written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import names


@pytest.mark.parametrize(
    "name", ["Camila", "camila rojas", "JOSÉ PÉREZ", "Ñusta", "O'Higgins", "Ana-María", "Li", "Jo"]
)
def test_a_name_people_answer_to_is_real(name: str) -> None:
    assert names.is_real(name)


@pytest.mark.parametrize(
    "name",
    [None, "", " ", "X", "123", "Lead 12", "cliente", "Sin nombre", "test prueba", "@camila",
     "camila_r", "visitante", "hola", "N/A", "nn", "+56987654321", "😀😀", "..."],
)  # fmt: skip
def test_placeholders_handles_and_numbers_are_no_names(name: str | None) -> None:
    assert not names.is_real(name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("camila rojas", "Camila Rojas"),
        ("CAMILA ROJAS", "Camila Rojas"),
        ("  Camila   de la Fuente ", "Camila de la Fuente"),
        ("McPherson", "McPherson"),
        ("josé ñandú", "José Ñandú"),
    ],
)
def test_capitals_are_given_only_where_the_writer_used_none_or_nothing_else(
    typed: str, kept: str
) -> None:
    assert names.tidy(typed) == kept


@given(st.text(max_size=250))
def test_any_text_fits_the_column(text: str) -> None:
    assert len(names.tidy(text)) <= 100
    names.is_real(text)
