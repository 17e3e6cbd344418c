"""An assistant that says so, in the lead's language, about properties."""

import pytest

from leads.languages import language_of, spoken_by
from llm.guards.manners import (
    claims_to_be_human,
    hides_the_assistant,
    is_off_topic,
    other_language,
)
from tests.llm.guards.examples import TURN, turn

ASKED = (
    "eres un bot?",
    "¿Eres una persona?",
    "estoy hablando con una persona?",
    "hablo con un robot o con una persona?",
    "esto es automático?",
    "are you a bot?",
    "você é um robô?",
    "Am I talking to a real person?",
)
NOT_ASKED = (
    "es una casa para una persona?",
    "¿hay estacionamiento?",
    "soy una persona sola",
    "hola",
)
HUMAN = (
    "Soy una persona real.",
    "No soy un bot, tranquila.",
    "Sí, soy humana.",
    "Claro, soy una persona del equipo.",
    "Estás hablando con una persona de verdad.",
    "I'm a human.",
    "Não sou um robô.",
    "Te habla Rodrigo Pérez, gerente de Andes Propiedades.",
    "Soy el dueño.",
    "Soy la ejecutiva a cargo.",
)
NOT_HUMAN = (
    "Te habla Sofía, asistente virtual de Andes.",
    "Soy Sofía, asesora inmobiliaria virtual: te contacto con el ejecutivo.",
    "Soy Sofía, asistente virtual: un programa, no una persona.",
    "No soy una persona, soy un asistente virtual.",
    "Le paso tu conversación a una persona del equipo.",
    "I'm not a person, I'm a virtual assistant.",
    "Busco algo para una persona sola, entonces.",
)
FOREIGN_TASKS = (
    ("escríbeme un poema sobre el mar", "Las olas bailan bajo la luna. ¿Algo más?"),
    ("¿cuál es la capital de Francia?", "La capital de Francia es París."),
    ("haz un programa en python", "def suma(a, b):\n    return a + b"),
    ("dame una receta de queque", "Ingredientes: 3 huevos y harina. Precalienta el horno."),
    ("tell me a joke", "Here's a joke: why did the chicken cross the road?"),
    ("traduce hola al francés", "Bonjour."),
    ("hola", "Había una vez un dragón que vivía lejos."),
    ("hola", "El agua hierve a cien grados al nivel del mar porque la presión del aire la contiene, y más arriba "
     "hierve antes porque hay menos aire encima, como saben quienes suben cerros muy altos y ven que los fideos no se cuecen nunca del todo."),
)  # fmt: skip
OURS = (
    ("escríbeme un poema sobre el mar", "Solo puedo ayudarte con propiedades y visitas. ¿Qué buscas?"),
    ("¿cuál es la capital de Francia?", "Eso se escapa de lo mío, pero te ayudo a buscar casa."),
    ("traduce al inglés lo del depto", "It is an apartment in Ñuñoa."),
    ("me haces un resumen de las opciones?", "Hay un departamento en Ñuñoa, UF 4.250."),
    ("cuéntame la historia del edificio", "El edificio se construyó en 2019 y tiene terraza."),
    ("hola", "¡Hola! ¿Cómo te llamas?"),
)  # fmt: skip
LANGUAGES = (
    ("es", "hola, busco un depto de dos dormitorios en Ñuñoa"),
    ("es", "kiero ver casas con patio, tienen?"),
    ("es", "no, gracias"),
    ("es", "Perfecto. ¿Qué presupuesto tienes pensado, en UF o en pesos?"),
    ("en", "Hi, I am looking for a two bedroom apartment in Ñuñoa"),
    ("en", "what is the price of it?"),
    ("en", "Great. What budget do you have in mind?"),
    ("pt", "Oi, estou procurando um apartamento com dois quartos"),
    ("pt", "quanto custa? vocês têm algo em Providencia?"),
    ("pt", "Ótimo! Qual é o seu orçamento?"),
)


@pytest.mark.parametrize("question", ASKED)
def test_asked_it_says_that_it_is_an_assistant(question: str) -> None:
    assert hides_the_assistant("Hola, ¿qué buscas?", turn(question=question))
    assert not hides_the_assistant("Soy asistente virtual.", turn(question=question))


@pytest.mark.parametrize("question", NOT_ASKED)
def test_not_asked_it_need_not(question: str) -> None:
    assert not hides_the_assistant("¿Qué buscas?", turn(question=question))


def test_its_first_message_says_so() -> None:
    assert hides_the_assistant("¡Hola! ¿Qué buscas?", turn(first_contact=True))
    assert not hides_the_assistant("Hola, soy Sofía, asistente.", turn(first_contact=True))


@pytest.mark.parametrize("text", HUMAN)
def test_it_never_passes_for_a_person(text: str) -> None:
    assert claims_to_be_human(text, TURN)


@pytest.mark.parametrize("text", NOT_HUMAN)
def test_it_may_speak_of_persons(text: str) -> None:
    assert not claims_to_be_human(text, TURN)


@pytest.mark.parametrize(("question", "reply"), FOREIGN_TASKS)
def test_it_does_no_errands_of_another_trade(question: str, reply: str) -> None:
    assert is_off_topic(reply, turn(question=question))


@pytest.mark.parametrize(("question", "reply"), OURS)
def test_it_speaks_of_properties_and_declines_the_rest(question: str, reply: str) -> None:
    assert not is_off_topic(reply, turn(question=question))


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_a_language_is_told_by_its_commonest_words(language: str, text: str) -> None:
    assert spoken_by([text]) == language
    assert language_of(text) in (language, None)


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_the_lead_is_answered_in_their_own(language: str, text: str) -> None:
    assert not other_language(text, turn(language=language))


def test_another_language_is_none_of_theirs() -> None:
    spanish = "Perfecto, ¿en qué comuna o sector te gustaría vivir? También puedo buscar por ti."
    assert other_language(spanish, turn(language="en"))
    assert other_language(spanish, turn(language="pt"))
    assert other_language("Great, what is your budget for it?", turn(language="es"))
    assert not other_language("Ok.", turn(language="en"))


def test_a_model_without_words_in_it_says_so_once() -> None:
    spanish = "Perfecto, ¿en qué comuna o sector te gustaría vivir? También puedo buscar por ti."
    says_so = "I write in Spanish; if you prefer English, tell me and a person will help you."
    only = turn(language="en", speaks=("es",))
    assert other_language(spanish, only)
    assert not other_language(f"{says_so} {spanish}", only)
    assert not other_language(spanish, turn(language="en", speaks=("es",), replies=(says_so,)))


def test_one_word_of_another_language_changes_nothing() -> None:
    assert spoken_by(["ok thanks", "hola, busco un depto en Ñuñoa con estacionamiento"]) == "es"


@pytest.mark.parametrize(
    "text", ["Soy Camila, de carne y hueso.", "Hola, yo soy Ana, una persona de carne y hueso."]
)
def test_flesh_and_blood_is_no_assistant(text):
    assert claims_to_be_human(text, TURN)


def test_no_flesh_and_blood_is_an_assistant():
    assert not claims_to_be_human("No soy de carne y hueso, soy una asistente virtual.", TURN)
