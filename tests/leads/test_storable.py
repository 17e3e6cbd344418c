"""Text from outside, made fit for PostgreSQL."""

from hypothesis import given
from hypothesis import strategies as st

from leads import storable


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_nothing_unstorable_stays_and_nothing_else_goes(text: str) -> None:
    kept = storable.text(text)
    kept.encode()
    assert kept == "".join(c for c in text if c != "\x00" and not "\ud800" <= c <= "\udfff")


def test_every_text_of_a_json_is_made_fit_keys_too() -> None:
    given = {"a\x00": ["b\ud800", {"c": "\x00"}], "n": 1, "none": None, "yes": True}
    assert storable.data(given) == {"a": ["b", {"c": ""}], "n": 1, "none": None, "yes": True}
