"""A visit is booked, moved or cancelled only where it is."""

import pytest

from llm.guards.bookings import unfounded_bookings
from tests.llm.guards.examples import BOOKED, NOTHING, TURN, turn

CLAIMS = (
    "¡Listo, Camila! Tu visita quedó agendada para el jueves 26 de noviembre a las 11:00.",
    "Tu visita está confirmada.",
    "Ya te agendé la visita.",
    "Quedaste anotada para el jueves a las 11:00.",
    "Sí, quedó agendada sin costo.",
    "Te esperamos el jueves a las 11:00.",
    "Nos vemos el jueves.",
    "La hora del jueves quedó reservada para ti.",
    "Reservé tu hora.",
    "Your visit is booked for Thursday at 11:00.",
    "I've scheduled your visit for Thursday.",
    "Sua visita está marcada para quinta-feira.",
    "Agendado: jueves a las 11:00.",
    "La visita con Ana quedó lista para el jueves.",
    "Tu hora quedó tomada para el jueves.",
)
NO_CLAIMS = (
    "¿Te la dejo agendada para el jueves a las 11:00?",
    "Todavía no tienes una visita agendada.",
    "No veo una visita agendada a tu nombre.",
    "Cuando quede agendada, te aviso.",
    "Para dejar la visita agendada necesito tu nombre.",
    "¿Quieres agendar una visita?",
    "Dejo anotado que prefieres el sábado a las 12 y lo consulto con el equipo.",
    "Podemos agendar una visita cuando quieras.",
    "No tengo ese dato confirmado y prefiero no inventarlo.",
    "Un ejecutivo confirmará contigo la hora.",
    "Si confirmas, la visita queda agendada.",
    "Las visitas se agendan con dos horas de anticipación.",
    "Tengo el jueves a las 11:00 o el viernes a las 10:00.",
    "Estas son las horas que puedo ofrecerte:",
)
CANCELLED = ("Listo, tu visita quedó cancelada.", "Cancelé tu visita del jueves.")
MOVED = ("Tu visita quedó reprogramada para el jueves a las 11:00.", "Cambié la visita al jueves.")


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_stands_on_a_visit(text: str) -> None:
    assert unfounded_bookings(text, TURN)
    assert not unfounded_bookings(text, BOOKED)


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_an_offer_or_a_condition_claims_nothing(text: str) -> None:
    assert not unfounded_bookings(text, TURN)
    assert not unfounded_bookings(text, NOTHING)


def test_an_hour_that_was_only_offered_is_not_booked() -> None:
    assert unfounded_bookings("Tu visita quedó agendada para el viernes a las 10:00.", BOOKED)


@pytest.mark.parametrize("text", CANCELLED)
def test_only_what_was_cancelled_is(text: str) -> None:
    assert unfounded_bookings(text, BOOKED)
    assert not unfounded_bookings(text, turn(has_cancelled=True))


@pytest.mark.parametrize("text", MOVED)
def test_only_what_was_moved_is(text: str) -> None:
    assert unfounded_bookings(text, BOOKED)
    assert not unfounded_bookings(text, turn(booked=BOOKED.booked, has_visit=True, has_moved=True))
