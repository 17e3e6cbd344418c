import pytest

from knowledge import words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("¿Tienen deptos en Ñuñoa?", ["deptos", "ñuñoa"]),
        ("subsidio D.S. 19 y DS N° 1", ["subsidio", "ds19", "ds1"]),
        ("'); DROP TABLE leads; --", ["drop", "table", "leads"]),
        ("uno\x00dos", []),
        ("hola, buenas tardes", ["tardes"]),
    ],
)
def test_words_keeps_what_carries_meaning(text: str, found: list[str]) -> None:
    assert list(words.words(text)) == found


@pytest.mark.parametrize(
    ("word", "spelling"),
    [
        ("alquileres", "arriendo"),
        ("arriendos", "alquiler"),
        ("depto", "departamento"),
        ("gatitos", "mascota"),
        ("penalolen", "peñalolén"),
        ("vina", "viña"),
    ],
)
def test_variants_include_the_spelling_of_an_entry(word: str, spelling: str) -> None:
    assert spelling in words.variants(word)


def test_variants_of_an_unknown_word_are_itself() -> None:
    assert words.variants("quincho") == ("quincho",)


@pytest.mark.parametrize(
    ("one", "other"),
    [("arriendo", "alquileres"), ("reservar", "reserva"), ("pagos", "pago"), ("baños", "banos")],
)
def test_words_of_one_meaning_share_their_root(one: str, other: str) -> None:
    assert words.root(one) == words.root(other)
