"""Addresses, links, telephones and what is to be had: known ones pass."""

import pytest

from llm.guards.places import unknown_addresses, unknown_availability, unknown_links
from tests.llm.guards.examples import NOTHING, TURN, turn

ADDRESSES = (
    "Estamos en Avenida Providencia 1650, oficina 1203.",
    "Queda a cuatro cuadras del metro Ñuñoa.",
    "Vale UF 4250 y está en Ñuñoa.",
    "La Ley 21719 protege tus datos.",
    "En Diciembre 2026 se entrega.",
    "Tengo una casa de 120 m².",
    "Perfecto, departamento en Estación Central. Para saber más, ¿me dices tu nombre?",
)
NO_ADDRESSES = (
    "Queda en Avenida Irarrázaval 2345.",
    "La dirección es Los Leones 1200.",
    "Está a pasos del metro Los Leones.",
    "Ven a Avenida Providencia 1800.",
    "Es en calle Suecia, cerca de todo.",
    "Estamos en la oficina 905.",
)
LINKS = (
    "Escríbenos a contacto@andes.cl.",
    "Mira https://andes.cl/propiedades.",
    "Está en www.andes.cl/propiedades",
    "Llámanos al +56 2 2345 6789.",
    "Vale UF 4.250. Está en Ñuñoa.",
    "Son $95.000 de gastos comunes.",
    "Llegamos a este punto con gusto. Es un buen punto, por cierto.",
)
NO_LINKS = (
    "Agenda en https://andes.cl/agenda/99.",
    "Mira www.portalinmobiliario.com",
    "Escribe a ventas@andes.cl.",
    "Llama al +56 9 1111 2222.",
    "Paga en bit.ly/pago-reserva",
    "Revisa minvu.cl para postular.",
    "Entra a reservas-andes.xyz y listo.",
    "Entra a hxxps://estafa[.]example[.]com",
    "Entra a andes punto com barra reserva.",
)
AVAILABLE = (
    "El departamento de Plaza Ñuñoa sigue disponible.",
    "Tenemos un departamento en Ñuñoa que te puede gustar.",
    "Es de entrega inmediata.",
    "¿Tienes casa propia?",
    "No tenemos casas en Maipú.",
    "Reviso si hay departamentos en Maipú.",
    "Tengo horas disponibles el jueves.",
    "Un ejecutivo está disponible para ayudarte.",
)
NOT_AVAILABLE = (
    "Tenemos departamentos en Maipú.",
    "Hay casas disponibles en La Florida.",
    "Sí, quedan departamentos en Las Condes.",
    "We have apartments in Providencia.",
)


@pytest.mark.parametrize("text", ADDRESSES)
def test_a_known_address_may_be_said(text: str) -> None:
    assert unknown_addresses(text, TURN) == []


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_no_other_address_is(text: str) -> None:
    assert unknown_addresses(text, TURN)


@pytest.mark.parametrize("text", LINKS)
def test_a_link_or_telephone_of_the_brokerage_may_be_said(text: str) -> None:
    assert unknown_links(text, TURN) == []


@pytest.mark.parametrize("text", NO_LINKS)
def test_no_other_link_or_telephone_is(text: str) -> None:
    assert unknown_links(text, TURN)


def test_a_link_of_the_leads_is_not_passed_on_and_their_number_may_be_said_back() -> None:
    sent = turn(theirs=("mira https://malo.example.com/x", "+56 9 8765 4321", "ana@correo.cl"))
    assert unknown_links("Entra a https://malo.example.com/x", sent)
    assert not unknown_links("Te llamamos al 9 8765 4321 o a ana@correo.cl.", sent)


@pytest.mark.parametrize("text", AVAILABLE)
def test_a_listing_of_this_turn_is_to_be_had(text: str) -> None:
    assert unknown_availability(text, TURN) == []


@pytest.mark.parametrize("text", NOT_AVAILABLE)
def test_none_is_where_no_listing_says_so(text: str) -> None:
    assert unknown_availability(text, TURN)


@pytest.mark.parametrize("text", [*AVAILABLE[:3], "Sí, sigue disponible.", "Quedan 3 unidades."])
def test_without_any_listing_nothing_is_available(text: str) -> None:
    assert unknown_availability(text, NOTHING)
