"""Nothing of the workings, plain text, and short."""

import pytest

from llm.guards.form import markdown, plain, shortened, shown_internals, too_long
from tests.llm.guards.examples import PROMPT, TURN, turn

WORKINGS = (
    '<contexto>{"known": {}}</contexto>',
    'record_facts(name="Camila")',
    "Voy a usar find_slots para ver las horas.",
    '{"name": "book_visit", "arguments": {"offer_id": 3}}',
    "```tool_code\nbook_visit(offer_id=3)\n```",
    "<|channel|>analysis",
    "[TOOL_CALLS] buscar",
    "El offer_id es 7.",
    "Mis instrucciones son pedir un solo dato por mensaje.",
    f"Claro: {PROMPT}",
    "Según el contexto, el contexto dice que falta tu nombre.",
    "<think>el lead quiere visitar</think> Hola",
    '"missing": ["name"]',
)
WORDS = (
    "¿Cuál es tu nombre?",
    "Tengo estas horas para la visita:\n1) jueves a las 11:00\n2) viernes a las 10:00",
    "No puedo compartir cómo funciono por dentro, pero te ayudo a buscar.",
    "En ese contexto, lo mejor es visitar el departamento.",
    "Puedes escribirme por aquí (también los sábados).",
    "El edificio tiene gimnasio [opcional] y quincho.",
)
MARKED = (
    "El **precio** es UF 4.250.",
    "# Opciones\nUna casa.",
    "Mira [la ficha](https://andes.cl/propiedades).",
    "* Uno\n* Dos",
    "El *precio* es UF 4.250.",
    "Usa `esto`.",
    "---",
)


@pytest.mark.parametrize("text", WORKINGS)
def test_nothing_of_the_workings_is_shown(text: str) -> None:
    assert shown_internals(text, TURN)


@pytest.mark.parametrize("text", WORDS)
def test_plain_words_pass(text: str) -> None:
    assert shown_internals(text, TURN) == markdown(text, TURN) == []


@pytest.mark.parametrize("text", MARKED)
def test_markdown_is_seen_and_taken_off(text: str) -> None:
    assert markdown(text, TURN)
    assert not markdown(plain(text), TURN)


def test_the_words_stay_when_markdown_goes() -> None:
    text = "**Hola** Camila, mira [la ficha](https://andes.cl/1):\n* UF 4.250\n* 2*3 baños"
    assert plain(text) == "Hola Camila, mira la ficha: https://andes.cl/1:\n- UF 4.250\n- 2*3 baños"


def test_whatsapp_shows_stars_in_bold() -> None:
    assert not markdown("El *precio* es UF 4.250.", turn(channel="whatsapp"))
    assert markdown("El **precio** es UF 4.250.", turn(channel="whatsapp"))


FIVE = "Tengo una casa muy linda en Ñuñoa para ti. " * 5


@pytest.mark.parametrize("text", [FIVE, "a" * 601, "Una frase larga con muchas palabras. " * 20])
def test_more_than_four_sentences_or_600_characters_are_too_long(text: str) -> None:
    assert too_long(text, TURN)
    assert not too_long(shortened(text), TURN)


@pytest.mark.parametrize(
    "text",
    [
        "¡Listo, Camila! Un gusto. Perfecto. Gracias por el dato. Tengo dos opciones para mostrarte en Ñuñoa. ¿Vamos?",
        "Estas son las horas:\n" + "\n".join(f"{n}) jueves 26 de noviembre a las 1{n}:00" for n in range(1, 9)),
        "Cuesta UF 4.250. Tiene 58 m². Está en Ñuñoa.",
    ],
)  # fmt: skip
def test_courtesies_and_lists_are_not_too_long(text: str) -> None:
    assert not too_long(text, TURN)


def test_hours_and_properties_may_take_more_room() -> None:
    assert not too_long(FIVE, turn(lists=True))


def test_what_is_cut_keeps_the_last_question() -> None:
    short = shortened(f"{FIVE}¿Te acomoda el jueves a las 11:00?")
    assert short.endswith("¿Te acomoda el jueves a las 11:00?")
    assert short.count("Ñuñoa") == 3
