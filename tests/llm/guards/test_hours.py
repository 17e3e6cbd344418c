"""Hours and days of visits: those offered or booked pass, said back or from the office's hours, others do not."""

from datetime import datetime

import pytest

from llm.guards.hours import unknown_hours
from tests.llm.guards.examples import BOOKED, NOTHING, TURN, turn

KNOWN = (
    "Tengo el jueves 26 de noviembre a las 11:00 o a las 16:00, y el viernes a las 10:00.",
    "1) jueves 26 de noviembre a las 11:00\n2) jueves 26 de noviembre a las 16:00\n3) viernes 27 de noviembre a las 10:00",
    "El jueves puedo a las 11:00 y a las 16:00.",
    "A las 11:00 del jueves o a las 10:00 del viernes, ¿cuál te acomoda?",
    "El jueves a las 4 de la tarde.",
    "El jueves 26/11 a las 16:00 hrs.",
    "Pasado mañana a las 11.",
    "Thursday at 4 pm works for you?",
    "Thursday 26 November at 11:00 or Friday at 10:00.",
    "Na quinta-feira às 16:00, pode ser?",
    "Atendemos de lunes a viernes de 9:30 a 18:30.",
    "Los sábados la oficina abre a las 10:00.",
    "El sábado a las 12 no tengo; sí el viernes a las 10:00.",
    "¿Buscas el sábado a las 12?",
    "Reviso si se puede el sábado a las 12 y te aviso.",
    "¿Qué día te acomoda más: jueves o viernes?",
    "¿Te gustaría ir el sábado?",
    "Para el sábado no tengo horas.",
    "Mañana te cuento más del departamento.",
    "En la mañana es más tranquilo.",
    "De las dos opciones, la primera tiene terraza.",
    "Las 2 propiedades están en Ñuñoa.",
    "Se entrega en 24 horas.",
    "Tengo horas el jueves y el viernes.",
)
UNKNOWN = (
    "Tengo el jueves a las 12:00.",
    "El viernes a las 16:00 te sirve?",
    "Te espero el sábado a las 12.",
    "Sí, el sábado a las 12 puedes venir.",
    "¿Te acomoda el sábado a las 12?",
    "Perfecto, a las 9 de la mañana.",
    "Tengo hora mañana a las 11:00.",
    "Tu visita es el viernes 27 a las 9:30.",
    "Podemos vernos el jueves a las 3 y media.",
    "Tenemos horas disponibles el sábado.",
    "¡Nos vemos el lunes!",
    "See you on Thursday at 5 pm.",
    "Te agendo a las 10:30.",
    "Na quinta às 17h, combinado.",
    "El jueves 26 a las 4 de la mañana.",
    "El 27 de noviembre a las 11:00 está libre para tu visita.",
)


@pytest.mark.parametrize("text", KNOWN)
def test_what_was_offered_or_asked_for_may_be_said(text: str) -> None:
    assert unknown_hours(text, TURN) == []


@pytest.mark.parametrize("text", UNKNOWN)
def test_no_other_hour_is_given(text: str) -> None:
    assert unknown_hours(text, TURN)


def test_the_visit_that_stands_has_its_hour() -> None:
    assert not unknown_hours("Tu visita es el jueves a las 11:00.", BOOKED)
    assert unknown_hours("Tu visita es el jueves a las 11:00.", NOTHING)


def test_what_a_person_of_the_team_wrote_is_known() -> None:
    person = turn(people=("Te espero el sábado a las 9:15",))
    assert not unknown_hours("Ana te espera el sábado a las 9:15.", person)


def test_when_a_person_answers_is_no_visit() -> None:
    answered = turn(ours=("mañana desde las 09:00",))
    assert not unknown_hours("Te responderá mañana desde las 09:00.", answered)


def test_one_o_clock_is_an_hour_too() -> None:
    offered = turn(offered=(datetime(2026, 11, 26, 13),))
    assert not unknown_hours("El jueves a la una.", offered)
    assert unknown_hours("El jueves a la una.", TURN)
