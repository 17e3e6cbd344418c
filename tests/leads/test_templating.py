"""Templates: the variables they name, whether they are sound, and their text."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from leads import templating

KNOWN = {"name": "Camila", "broker": "Andes"}


@pytest.mark.parametrize(
    ("content", "named", "text"),
    [
        ("Hola", [], "Hola"),
        ("Hola {{name}}, de {{broker}}", ["name", "broker"], "Hola Camila, de Andes"),
        ("{{ name }} {{name}}", ["name"], "Camila Camila"),
        ("Hola {{unknown}}!", ["unknown"], "Hola !"),
        ("{name} 100% $", [], "{name} 100% $"),
    ],
)
def test_variables_are_found_once_and_filled(content, named, text) -> None:
    templating.validate(content)
    assert templating.variables(content) == named
    assert templating.render(content, KNOWN) == text


@pytest.mark.parametrize(
    "content", ["{{name", "name}}", "{{Nombre}}", "{{mi nombre}}", "{{}}", "{{a-b}}"]
)
def test_an_unsound_template_is_refused(content) -> None:
    with pytest.raises(ValidationError):
        templating.validate(content)


@given(st.text())
def test_a_value_is_put_in_as_it_is(value) -> None:
    assert templating.render("<{{name}}>", {"name": value}) == f"<{value}>"


def test_the_text_is_cut_where_a_value_is_missing():
    assert templating.pieces("Hola {{name}}, {{when}}{{when}}", {"name": "Ana"}) == [
        ("Hola ", ""), ("Ana", ""), (", ", ""), ("", "when"), ("", ""), ("", "when"), ("", ""),
    ]  # fmt: skip
