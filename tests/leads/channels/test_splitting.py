"""Long texts, cut where a reader would pause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.channels.splitting import split


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("corto", ["corto"]),
        ("", [""]),
        ("uno dos tres\n\ncuatro cinco", ["uno dos tres", "cuatro cinco"]),
        ("uno dos tres\ncuatro cinco", ["uno dos tres", "cuatro cinco"]),
        ("Uno, dos tres. Cuatro cinco", ["Uno, dos tres.", "Cuatro cinco"]),
        ("uno dos tres cuatro cinco", ["uno dos tres cuatro", "cinco"]),
        ("a" * 45, ["a" * 20, "a" * 20, "a" * 5]),
        ("🏡" * 15, ["🏡" * 10, "🏡" * 5]),
    ],
)
def test_a_text_is_cut_at_a_paragraph_a_line_a_sentence_or_a_word(text, pieces):
    assert split(text, 20) == pieces


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(2, 40))
def test_no_piece_is_too_long_and_no_word_is_lost(text, limit):
    pieces = split(text, limit)
    assert all(len(piece.encode("utf-16-le")) // 2 <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
