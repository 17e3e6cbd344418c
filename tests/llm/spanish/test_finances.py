"""What each amount of a message is: who earns it, what may be spent, what is owed."""

from decimal import Decimal
from typing import Any

import pytest

from leads.folding import fold
from leads.money import Money
from llm.spanish.finances import Finances, find_finances


def read(text: str, asked: str | None = None, known: dict[str, Any] | None = None) -> Finances:
    return find_finances(text, fold(text), asked=asked, known=known)


def clp(amount: int) -> Money:
    return Money(Decimal(amount))


def uf(amount: int) -> Money:
    return Money(Decimal(amount), "UF")


@pytest.mark.parametrize(
    ("text", "income"),
    [
        ("entre los dos 1.630.000", 1_630_000),
        ("con mi marido ganamos entre los dos 1.630.000", 1_630_000),
        ("yo saco como 750, ella como 900 lucas ninguno tiene dicom", 1_650_000),
        ("ella gana un millón doscientos y yo un millón cien", 2_300_000),
        ("mi esposo gana 1.200.000 y yo 800.000", 2_000_000),
        ("yo gano 700 lucas y mi polola 650", 1_350_000),
        ("yo 900 el 1.100 liquidos", 2_000_000),
        ("mi pareja saca un palo y yo 800 lucas", 1_800_000),
        ("sumando los dos sueldos quedan liquidos 2.140.000", 2_140_000),
        ("juntos ganamos como 2 palos y medio", 2_500_000),
        ("gano 900, mi señora 600, en total 1.500.000", 1_500_000),
        ("ganamos 800 lucas cada uno", 1_600_000),
        ("somos tres hermanos, cada uno gana 700 lucas", 2_100_000),
        ("gano 1.100.000 y mi mujer no trabaja", 1_100_000),
        ("mi renta es de 1.4 palos, la de mi señora 600 lucas", 2_000_000),
        ("my wife makes 900k and I make 1.2 million", 2_100_000),
        ("together we earn 2.5 million", 2_500_000),
        ("minha esposa ganha 800 mil e eu 1 milhao", 1_800_000),
        ("complementando renta con mi hermano llegamos a 1.9 millones", 1_900_000),
        ("yo gano 950 lucas y mi mama recibe 400 de jubilacion, compramos juntas", 1_350_000),
        ("gano 950 lucas y mi mama recibe 400 de jubilacion", 950_000),
        ("gano 950 y mi marido 800 pero compro sola", 950_000),
    ],
)
def test_what_a_couple_earns_is_added_up(text: str, income: int) -> None:
    assert read(text).income == clp(income)


def test_the_other_income_comes_on_top_of_the_one_that_is_known() -> None:
    known = {"income": {"amount": 900_000, "currency": "CLP"}}
    assert read("y mi marido gana 600 lucas", None, known).income == clp(1_500_000)
    assert read("mi marido gana 600 lucas", "income").income is None


@pytest.mark.parametrize(
    ("text", "income"),
    [
        ("gano ochocientos cincuenta mil al mes", 850_000),
        ("me pagan 400 lucas cada quincena, o sea 800 al mes", 800_000),
        ("me pagan 400 lucas cada quincena", 800_000),
        ("recibo $265.000 de jubilación más la PGU que son 250.000, total 515", 515_000),
        ("jubilo con 480 lucas", 480_000),
        ("pensionado de Capredena con 1.350.000", 1_350_000),
        ("mi pension es de 620 lucas", 620_000),
        ("boleteo, en promedio me quedan 1 palo 200 mensual despues de la retencion", 1_200_000),
        ("mis boletas son variables, entre 900 y 1.300 lucas mensuales", 900_000),
        ("hago boleta, en el mes limpio me quedan 950 mil", 950_000),
        ("retiro 3 millones mensuales", 3_000_000),
        ("gano como seiscientos cincuenta mil a veces setecientos", 650_000),
        ("bruto 2 millones, liquido 1.6", 1_600_000),
        ("2.2 palos imponible, en mano 1.750.000", 1_750_000),
        ("870 lucas gano, pa q te rias", 870_000),
        ("I make 2 million a month", 2_000_000),
        ("I earn 1.5 million pesos per month", 1_500_000),
        ("my salary is 900 thousand", 900_000),
        ("ganho 1.500.000 por mês", 1_500_000),
        ("minha renda é de 2 milhões", 2_000_000),
        ("mi gana 500 mil", 500_000),
        ("yo gana 600 mil por mes", 600_000),
        ("mwen fe 550 mil", 550_000),
        ("cobro sueldo de 780 mil", 780_000),
        ("cuanto me prestaria el banco ganando 1.800.000?", 1_800_000),
        ("tengo un ingreso aprox de 2.800.000 líquidos", 2_800_000),
        ("gano $850 liquido", 850_000),
        ("gano 2.100.000 menos descuentos queda en 1.700.000", 1_700_000),
        ("saco 1.200 al mes", 1_200_000),
        ("mi sueldo: 1.350.000", 1_350_000),
        ("gano 900, perdón, 950 lucas", 950_000),
        ("gano 700 lucas mas 200 de comisiones", 900_000),
        ("trabajo construction gana 700 mil", 700_000),
        ("hago como 1 millon y medio, a veces menos", 1_500_000),
        ("facturo 4 millones pero me quedan 1.800.000", 1_800_000),
    ],
)
def test_the_net_income_of_a_month(text: str, income: int) -> None:
    assert read(text).income == clp(income)


@pytest.mark.parametrize(
    "text",
    [
        "mi renta bruta es de 2 millones trescientos",
        "I make 2 million gross",
        "mi marido gana 900 lucas",
        "mi mamá me presta 5 millones",
        "entre los dos tenemos 60 millones ahorrados",
        "busco arriendo, hasta 450 mil mensuales",
        "el dividendo no mas de 400 mil al mes",
        "los gastos comunes son 95 mil mensuales?",
        "me cobraron dos veces la reserva, 600 lucas en total",
        "mi señora dice que 130 como tope",
        "ninguno de los dos",
        "tengo 27 años y 2 hijos",
    ],
)
def test_what_is_nobodys_income(text: str) -> None:
    assert read(text).income is None


@pytest.mark.parametrize(
    "text", ["mi marido esta cesante", "gano 500 lucas aunque mi señora quedo sin pega"]
)
def test_another_persons_lost_job_is_not_the_leads(text: str) -> None:
    assert read(text).income in (None, clp(500_000))


@pytest.mark.parametrize("text", ["ando cesante", "estoy sin pega hace 2 meses", "no tengo sueldo"])
def test_no_work_is_no_income(text: str) -> None:
    assert read(text).income == clp(0)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("UF 4.250 y un pie del 20%", uf(4250)),
        ("tengo como 4.500 UF", uf(4500)),
        ("no mas de 3200 uf", uf(3200)),
        ("tope 12.500 UF, entrega inmediata", uf(12_500)),
        ("hasta 6000", uf(6000)),
        ("around UF 6000", uf(6000)),
        ("up to 5500 uf", uf(5500)),
        ("ate 4000 UF", uf(4000)),
        ("puedo llegar a 3500", uf(3500)),
        ("puedo estirarme hasta 4200", uf(4200)),
        ("mi señora dice que 130 como tope", clp(130_000_000)),
        ("tenemos 150 millones para un depto", clp(150_000_000)),
        ("heredamos 210 millones y queremos comprar un depto", clp(210_000_000)),
        ("entre 3.000 y 3.500 uf", uf(3500)),
        ("de 80 a 95 millones", clp(95_000_000)),
        ("busco arriendo, hasta 450 mil mensuales", clp(450_000)),
        ("quiero arrendar por 380 lucas al mes", clp(380_000)),
        ("presupuesto 90 palos", clp(90_000_000)),
        ("una casa de unos 120 melones", clp(120_000_000)),
        ("depto en ñuñoa de 5000 uf", uf(5000)),
        ("2300 uf para invertir", uf(2300)),
        ("unas siete mil uf puede ser siete mil quinientas como máximo", uf(7500)),
    ],
)
def test_what_may_be_spent(text: str, budget: Money) -> None:
    assert read(text).budget == budget


@pytest.mark.parametrize(
    "text",
    [
        "sigue disponible el de 4.250 UF?",
        "el depto de 4.250 uf tiene bodega?",
        "No quiero nada anterior al 2010",
        "quiero comprar mi primer depto, tengo 27",
        "tengo 15 millones de pie",
        "tengo ahorrados 12 palos",
        "la reserva eran 600 lucas",
        "calle Los Leones 2345 depto 302",
        "¿cuánto es el 20% de pie?",
    ],
)
def test_what_is_no_budget(text: str) -> None:
    assert read(text).budget is None


@pytest.mark.parametrize(
    ("text", "debt"),
    [
        ("debo como 2 millones", 2_000_000),
        ("debo 500 lucas justas en falabella", 500_000),
        ("estoy en dicom por 180 lucas con una multitienda", 180_000),
        ("tengo deuda en dicom de 2 palos", 2_000_000),
        ("I owe 300 thousand", 300_000),
        ("gano 900 lucas y debo 350", 350_000),
    ],
)
def test_what_is_owed(text: str, debt: int) -> None:
    assert read(text).debt == debt


@pytest.mark.parametrize(
    "text",
    [
        "ella como 900 lucas ninguno tiene dicom",
        "entre los dos 1.630.000 ninguno de los dos en dicom",
        "gano 950 sin dicom",
        "no tengo deudas, gano 1.200.000",
        "dicom no, 1.300.000 liquido",
        "no debo nada 980 lucas liquidas",
    ],
)
def test_an_income_beside_a_denied_debt_is_none(text: str) -> None:
    assert read(text).debt is None


@pytest.mark.parametrize(
    ("text", "known", "fact", "money"),
    [
        ("*900 lucas", {"income": {"amount": 90_000, "currency": "CLP"}}, "income", clp(900_000)),
        ("son 2 palos no más", {"income": {"amount": 3e6, "currency": "CLP"}}, "income", clp(2_000_000)),
        ("puedo llegar a 3500", {"budget": {"amount": 3000, "currency": "UF"}}, "budget", uf(3500)),
        ("bueno 4300 si vale la pena", {"budget": {"amount": 4000, "currency": "UF"}}, "budget", uf(4300)),
        ("me equivoqué, son 1.100.000", {"income": {"amount": 1e6, "currency": "CLP"}}, "income", clp(1_100_000)),
        ("mentira, 95", {"budget": {"amount": 90e6, "currency": "CLP"}}, "budget", clp(95_000_000)),
    ],
)  # fmt: skip
def test_an_amount_without_a_word_for_it_puts_the_known_one_right(
    text: str, known: dict[str, Any], fact: str, money: Money
) -> None:
    assert getattr(read(text, "name", known), fact) == money


def test_an_address_puts_nothing_right() -> None:
    known = {"budget": {"amount": 2500, "currency": "UF"}}
    assert read("vivo en Los Leones 2345 depto 302", None, known) == Finances()
