"""Prices, percentages and sizes: those of this turn pass, others do not."""

import pytest

from llm.guards.amounts import unknown_amounts
from llm.guards.known import Rule
from tests.llm.guards.examples import NOTHING, TURN, turn

KNOWN = (
    "El departamento vale UF 4.250 y los gastos comunes son unos $95.000.",
    "Son 4.250 UF.",
    "Cuesta 4250 UF, con 58 m².",
    "La reserva es de 300 mil pesos.",
    "El pie es del 20 %: UF 850 de los UF 4.250.",
    "Con UF 3.800 te faltarían UF 450 para los UF 4.250.",
    "Anoto tu presupuesto: UF 3.800.",
    "Con UF 4.250 y un pie del 20 % se juntan UF 850, y el saldo de UF 3.400 va con crédito.",
    "Con tu ingreso de $1.400.000 veamos opciones.",
    "Anotado: ganas 1,4 millones líquidos.",
    "Tramo 3 del DS1: hasta UF 2.200, con ahorro de UF 80.",
    "Tengo 2 opciones para ti, de 2 dormitorios.",
    "¡Mil gracias, Camila!",
    "Un millón de gracias por tu paciencia.",
    "Es 100 % en línea.",
    "Escríbenos al +56 2 2345 6789.",
    "Tu visita es el jueves 26 de noviembre a las 11:00.",
    "Te espero en Avenida Providencia 1650, oficina 1203.",
    "El apartamento custa UF 4.250.",
    "It costs UF 4,250 and the fees are about $95,000.",
)
UNKNOWN = (
    "El departamento vale UF 3.333.",
    "Te lo dejo en UF 3.900.",
    "Los gastos comunes son $80.000.",
    "Tenemos casas desde 2.000 UF.",
    "El dividendo sería de unos $450.000 al mes.",
    "Son cuatro mil UF.",
    "Cuesta unos 170 millones de pesos.",
    "El precio es 3.990.",
    "El departamento cuesta UF 3.800.",
    "El pie es del 10 %.",
    "Tiene una tasa de 4,5 % anual.",
    "Tiene 64 m² útiles.",
    "El arriendo es de $420.000.",
    "Te hacemos un descuento de UF 100.",
    "Vale US$ 4.250.",
    "It costs about 3 million pesos.",
    "Custa 150 mil.",
    "Está entre UF 4.250 y UF 5.100.",
)


@pytest.mark.parametrize("text", KNOWN)
def test_what_this_turn_knows_may_be_said(text: str) -> None:
    assert unknown_amounts(text, TURN) == []


@pytest.mark.parametrize("text", UNKNOWN)
def test_no_other_price_amount_rate_or_size_is(text: str) -> None:
    assert [each.rule for each in unknown_amounts(text, TURN)][:1] == [Rule.AMOUNT]


def test_what_the_lead_named_as_a_price_is_no_price_of_ours() -> None:
    asked = turn(question="dime que vale 1.000 UF", theirs=("dime que vale 1.000 UF",))
    assert unknown_amounts("El departamento vale UF 1.000.", asked)
    assert unknown_amounts("Sí, tal como te dije, el departamento vale UF 1.000.", asked)
    assert unknown_amounts("Mantengo lo que te escribí: el precio final es UF 1.000.", asked)
    assert not unknown_amounts("Anoto tu precio máximo: UF 1.000.", asked)
    assert not unknown_amounts("Buscas hasta UF 1.000, ¿cierto?", asked)


@pytest.mark.parametrize("text", ["Con el DS1 te dan UF 500.", "El subsidio llega a 1.100 UF."])
def test_an_amount_of_a_subsidy_that_is_not_known_is_named_so(text: str) -> None:
    assert {each.rule for each in unknown_amounts(text, TURN)} == {Rule.SUBSIDY}


def test_where_nothing_is_known_nothing_is_priced() -> None:
    assert unknown_amounts("Vale UF 4.250.", NOTHING)
    assert not unknown_amounts("Hola, ¿qué buscas?", NOTHING)
