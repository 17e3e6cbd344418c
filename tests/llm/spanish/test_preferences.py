"""What a lead wants of a home and how: to buy or rent, rooms, animals, delivery, subsidy, credit."""

from datetime import date

import pytest

from leads.folding import fold
from llm.spanish.financing import asks_financing
from llm.spanish.homes import find_bedrooms, find_property_type
from llm.spanish.preferences import find_delivery, find_operation, find_subsidy, has_pets
from llm.spanish.timelines import find_timeline


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("quiero comprar mi primer depto", "buy"),
        ("arriendo en maipu y quiero comprar", "buy"),
        ("queremos comprar UN departamento para mi mamá", "buy"),
        ("buying not renting", "buy"),
        ("quero comprar um apartamento", "buy"),
        ("quiero comprar pa invertir y arrendarlo", "buy"),
        ("busco arriendo en santiago", "rent"),
        ("tienen algo en alquiler por Santiago Centro?", "rent"),
        ("I want to rent a flat", "rent"),
        ("quero alugar", "rent"),
        ("arriendan deptos?", "rent"),
        ("se me vence el arriendo", None),
        ("quiero dejar de pagar arriendo", None),
        ("pago 300 de arriendo", None),
        ("hola, info porfa", None),
    ],
)
def test_buys_or_rents(text: str, operation: str | None) -> None:
    assert find_operation(fold(text)) == operation


@pytest.mark.parametrize(
    ("text", "pets"),
    [
        ("tengo 3 perros grandes", True),
        ("es un quiltro grande jaja", True),
        ("tengo una gata viejita de 15 años, la aceptan?", True),
        ("pet friendly porque tengo un dog", True),
        ("I have a golden retriever", True),
        ("tenho um cachorro", True),
        ("no tengo mascotas", False),
        ("aceptan mascotas?", None),
        ("pueden entrar perros?", None),
        ("escribeme un poema sobre gatos", None),
        ("el perro del vecino ladra", None),
    ],
)
def test_has_animals(text: str, pets: bool | None) -> None:
    assert has_pets(fold(text)) is pets


@pytest.mark.parametrize(
    ("text", "delivery"),
    [
        ("tope 12.500 UF, entrega inmediata. Gracias", "immediate"),
        ("busco algo listo para vivir", "immediate"),
        ("prefiero en verde, puedo esperar un par de años", "can_wait"),
        ("no me importa que sea en blanco", "can_wait"),
        ("¿es de entrega inmediata?", None),
        ("me gusta el color verde", None),
    ],
)
def test_when_it_must_be_ready(text: str, delivery: str | None) -> None:
    assert find_delivery(fold(text)) == delivery


@pytest.mark.parametrize(
    ("text", "subsidy"),
    [
        ("tengo subsidio ds19 adjudicado", "DS19"),
        ("postulé al ds1 y salí beneficiado", "DS1"),
        ("sin subsidio", "none"),
        ("qué es el ds19?", None),
    ],
)
def test_the_subsidy_they_have(text: str, subsidy: str | None) -> None:
    assert find_subsidy(fold(text)) == subsidy


@pytest.mark.parametrize(
    "text",
    [
        "me prestan igual?",
        "¿qué papeles pide el banco para el hipotecario?",
        "alcanza pa algo con subsidio o mejor me olvido?",
        "la evaluación con el banco tiene costo pa mí?",
        "cuanto es el pie si uso subsidio",
        "ustedes trabajan con otros bancos?",
        "¿me dan crédito a los 68 años?",
        "eso ayuda con el banco, no?",
        "how does the mortgage work",
        "quanto é o financiamento",
        "gano 800, califico?",
    ],
)
def test_asks_about_credit(text: str) -> None:
    assert asks_financing(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        "trabajo en un banco",
        "pago al contado",
        "vivo cerca del banco estado",
        "¿se devuelve la reserva si el banco me dice que no?",
        "debo la tarjeta de credito, que hago?",
        "¿cuánto vale la casa?",
    ],
)
def test_asks_nothing_about_credit(text: str) -> None:
    assert not asks_financing(fold(text))


@pytest.mark.parametrize(
    ("text", "rooms"),
    [
        ("La Florida, depto de 2", 2),
        ("Depto 3D2B Las Condes", 3),
        ("casa 3 pieza", 3),
        ("two bedroom flat", 2),
        ("apartamento de 2 quartos", 2),
        ("un depto de dos ambientes", 1),
        ("acá ustedes cuentan dormitorios: uno entonces", 1),
        ("y el de 3 dormitorios cuanto vale?", None),
        ("piso 5, 2 baños y 70 m2", None),
    ],
)
def test_how_many_bedrooms(text: str, rooms: int | None) -> None:
    assert find_bedrooms(fold(text), asked=False) == rooms


def test_a_number_of_rooms_is_put_right() -> None:
    assert find_bedrooms("mejor de 3", asked=False, known=True) == 3
    assert find_bedrooms("mejor de 3 millones", asked=False, known=True) is None
    assert find_bedrooms("mejor de 3", asked=False) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("me están echando del depto donde vivo!! necesito una CASA", "casa"),
        ("o sea casa jaja depto no, ya vivimos en uno", "casa"),
        ("ando buskando kasa", "casa"),
        ("quisiera un departamentito", "departamento"),
        ("ta busca apatamento", "departamento"),
        ("buscamos oficina en Providencia", "oficina"),
        ("necesito dos bodegas, venden otra?", None),
        ("lo converso en la casa y te aviso", None),
        ("soy dueña de casa", None),
        ("olvida las casas", None),
    ],
)
def test_what_kind_of_home(text: str, kind: str | None) -> None:
    assert find_property_type(fold(text), asked=False) == kind


@pytest.mark.parametrize(
    ("text", "horizon"),
    [
        ("se me vence el contrato el 15 de diciembre", "now"),
        ("puedo esperar un par de años", "later"),
        ("cuando venda mi casa recién podría", "later"),
        ("from January", "within_90_days"),
        ("em março", "later"),
        ("in two months", "within_90_days"),
        ("recien mirando", "later"),
        ("ando viendo deptos de inversión", None),
        ("quede sin pega en octubre", None),
        ("mi papá falleció en agosto", None),
        ("me dan credito a los 68 años", None),
        ("a 30 años", None),
        ("mandame el link y transfiero altiro", None),
        ("soy TENS en urgencia", None),
        ("busco con entrega inmediata", None),
        ("necesito que me devuelvan la plata altiro", None),
    ],
)
def test_how_soon(text: str, horizon: str | None) -> None:
    found = find_timeline(text, fold(text), date(2026, 11, 24), asked=False)
    assert (found and found.horizon) == horizon
