import math
import time

import pytest

from knowledge import lexical


def cosine(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(lexical.embed(one), lexical.embed(other), strict=True))


@pytest.mark.parametrize(
    "text", ["Departamento en Ñuñoa", "", "¿?", "el de la", "🙂", "a" * 10_000]
)
def test_embed_gives_768_numbers_of_unit_length_for_any_text(text: str) -> None:
    vector = lexical.embed(text)
    assert len(vector) == 768
    assert math.isclose(sum(value * value for value in vector), 1.0)


def test_embed_is_the_same_in_every_process() -> None:
    places = [place for place, value in enumerate(lexical.embed("mascotas")) if value]
    assert places == [50, 54, 311, 330, 366, 378, 425, 444, 457, 690, 724]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ARRIENDO DEPTO", "alquiler departamento"),
        ("nunoa", "Ñuñoa"),
        ("reservas", "reservar"),
        ("perritos", "mascota"),
        ("D.S. 19", "ds19"),
    ],
)
def test_words_that_mean_the_same_are_close(one: str, other: str) -> None:
    assert cosine(one, other) > 0.6


def test_a_typing_mistake_keeps_words_close() -> None:
    assert cosine("estacionamiento", "estasionamiento") > 0.15


def test_unrelated_words_are_far() -> None:
    assert abs(cosine("mascotas", "hipotecario")) < 0.1


def test_embeds_more_than_a_thousand_short_texts_a_second() -> None:
    text = "Departamento de 2 dormitorios en Ñuñoa, UF 4.250, terraza y bodega, aviso"
    started = time.process_time()
    for number in range(1_000):
        lexical.embed(f"{text} {number}")
    assert time.process_time() - started < 1.0
