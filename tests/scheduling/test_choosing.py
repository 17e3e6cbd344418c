"""Which of the hours offered a lead takes: said plainly it is theirs, else a model goes on."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from llm.spanish import Offer
from scheduling.choosing import Choice, choice, may_choose

ZONE = ZoneInfo("America/Santiago")
TODAY = date(2026, 11, 23)
TUESDAY_12, WEDNESDAY_13, THURSDAY_11, NEXT_TUESDAY_15 = OFFERS = [
    Offer(number, datetime(2026, month, day, hour, tzinfo=ZONE))
    for number, (month, day, hour) in enumerate(
        [(11, 24, 12), (11, 25, 13), (11, 26, 11), (12, 1, 15)], 1
    )
]


def chosen(text, *, asked=True, language="es"):
    return choice(text, OFFERS, TODAY, asked=asked, language=language)


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("la de las 11", THURSDAY_11),
        ("la de las once porfa", THURSDAY_11),
        ("dale, la de las 11!", THURSDAY_11),
        ("la segunda", WEDNESDAY_13),
        ("perfecto! la segunda", WEDNESDAY_13),
        ("la 2", WEDNESDAY_13),
        ("2", WEDNESDAY_13),
        ("opcion 3 porfa", THURSDAY_11),
        ("11", THURSDAY_11),
        ("la ultima", NEXT_TUESDAY_15),
        ("el jueves entonces", THURSDAY_11),
        ("me tinca la del jueves", THURSDAY_11),
        ("mejor el jueves", THURSDAY_11),
        ("ok jueves", THURSDAY_11),
        ("jueves 11 am", THURSDAY_11),
        ("el jueves, a las 11", THURSDAY_11),
        ("el 26", THURSDAY_11),
        ("martes", TUESDAY_12),
        ("el martes 1", NEXT_TUESDAY_15),
        ("a las 3", NEXT_TUESDAY_15),
        ("a la una", WEDNESDAY_13),
        ("puede ser a las 12?", TUESDAY_12),
        ("mañana a las 12", TUESDAY_12),
        ("jueves 26 de noviembre a las 11:00", THURSDAY_11),
    ],
)
def test_an_hour_named_plainly_is_chosen(text, offer):
    assert chosen(text) == Choice(offer.offer_id)


@pytest.mark.parametrize(
    ("language", "text", "offer"),
    [
        ("en", "the 11 one", THURSDAY_11),
        ("en", "thursday works", THURSDAY_11),
        ("en", "The second one, please", WEDNESDAY_13),
        ("en", "at 11am", THURSDAY_11),
        ("en", "Thursday 26 November at 11:00", THURSDAY_11),
        ("pt", "a das 11", THURSDAY_11),
        ("pt", "pode ser quinta", THURSDAY_11),
        ("pt", "a segunda, obrigado", WEDNESDAY_13),
        ("pt", "quinta-feira, 26 de novembro às 11:00", THURSDAY_11),
    ],
)
def test_english_and_portuguese_choose_as_well(language, text, offer):
    assert chosen(text, language=language) == Choice(offer.offer_id)


def test_a_second_that_may_be_a_monday_is_not_guessed():
    monday = Offer(9, datetime(2026, 11, 30, 10, tzinfo=ZONE))
    text = "a segunda"
    assert (
        choice(text, [TUESDAY_12, WEDNESDAY_13, monday], TODAY, asked=True, language="pt") is None
    )


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("la de las 11, tiene estacionamiento?", "tiene estacionamiento?"),
        ("la de las 11 y tiene estacionamiento?", "tiene estacionamiento?"),
        ("La de las 11, soy Marcela Soto", "soy Marcela Soto"),
        ("el jueves a las 11. Mi fono es 9 8765 4321", "Mi fono es 9 8765 4321"),
    ],
)
def test_what_else_is_said_is_left_to_be_answered(text, rest):
    assert chosen(text) == Choice(THURSDAY_11.offer_id, rest)


@pytest.mark.parametrize(
    "text",
    [
        "el jueves tengo que trabajar",
        "la de las 11 no puedo",
        "la de las 11, no mejor la de las 3",
        "la primera o la segunda",
        "no, la segunda",
        "si puedo, la de las 11",
        "la de las 11 pero te confirmo mañana",
        "la de las 11, creo",
        "el jueves a las 4 y media",
        "a las 10",
        "busco 2 dormitorios",
        "soy de la primera región",
        "gracias",
        "¿y el viernes?",
        "hola",
        "",
    ],
)
def test_what_is_unsure_is_left_to_a_model(text):
    assert chosen(text) is None


def test_a_day_with_two_hours_is_ambiguous():
    offers = [*OFFERS, Offer(5, datetime(2026, 11, 26, 16, tzinfo=ZONE))]
    assert choice("el jueves entonces", offers, TODAY, asked=True) is None
    assert choice("el jueves a las 4", offers, TODAY, asked=True) == Choice(5)


def test_later_in_the_conversation_only_the_hour_itself_chooses():
    assert chosen("la segunda", asked=False) is None
    assert chosen("el jueves", asked=False) is None
    assert chosen("a las 11", asked=False) is None
    assert chosen("el jueves a las 11", asked=False) == Choice(THURSDAY_11.offer_id)
    assert chosen("la de las 11", asked=False) == Choice(THURSDAY_11.offer_id)


def test_offers_are_only_read_for_words_that_may_name_one():
    assert may_choose("la de las 11, ¿tiene bodega?")
    assert not may_choose("¿Cuánto cuesta el de Ñuñoa?")
    assert not may_choose("la de las 11 " * 200)
