"""A message as a whole: what it tells of its writer, and nothing out of what it merely mentions."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from llm.spanish import understand

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=ZoneInfo("America/Santiago"))
# Facts that a reading may add without being wrong, unless the example names them.
_OPEN = {"operation", "asked_financing", "delivery", "subsidy"}


def read(
    text: str, asked: str | None = None, known: dict[str, Any] | None = None
) -> dict[str, Any]:
    told = understand(text, now=NOW, asked=asked, known=known, assistant="Sofía").facts.known()
    return {name: _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "horizon"):
        return value.horizon
    if hasattr(value, "currency"):
        return int(value.amount) if value.currency == "CLP" else f"{value.currency} {value.amount}"
    return list(value) if isinstance(value, tuple) else value


def assert_reads(text: str, expected: dict[str, Any], asked: str | None = None) -> None:
    found = read(text, asked)
    open_facts = _OPEN - expected.keys()
    assert {name: value for name, value in found.items() if name not in open_facts} == {
        name: value for name, value in expected.items() if value is not None
    }


MENTIONED: list[tuple[str, dict[str, Any]]] = [
    ("y si reservo y despues me arrepiento, me devuelven las lucas?", {}),
    ("cuanto es la reserva? me dijeron 200 mil", {}),
    ("tengo juntadas 65 uf en la libreta", {}),
    ("llevo ahorradas 120 UF para el pie", {}),
    ("en la cuenta de ahorro para la vivienda hay 90 uf", {}),
    ("mi libreta tiene 48 uf recien", {}),
    ("tengo 30 uf en la cuenta vivienda, alcanza para el ds1?", {"asked_financing": True}),
    ("mi perro pesa 32 kilos", {"pets": True}),
    ("el mio pesa 60 kg, lo aceptan?", {}),
    ("hay algo de 28 metros?", {}),
    ("es muy chico, 28 mts no nos sirve", {}),
    ("el de 54m2 que vi tiene bodega?", {}),
    ("tengo una casa en Rancagua que quiero vender", {}),
    ("vendo mi depto de Ñuñoa, ustedes lo venden?", {}),
    ("me pueden tasar mi casa en Maipu? la quiero vender", {}),
    ("tengo una parcela en Paine y quiero permutarla", {}),
    ("reciben en parte de pago un terreno en Linares?", {}),
    ("yo ya tengo una casita en lota que me dejo mi papá, igual puedo postular al ds1?", {"asked_financing": True}),
    ("naci en Temuco pero llevo 10 años en Santiago", {}),
    ("somos de Arica, llegamos en marzo", {}),
    ("trabajo en una clinica en Las Condes", {}),
    ("mi hijo estudia en Valparaiso", {}),
    ("me despidieron en octubre", {}),
    ("me vine en agosto de Colombia", {}),
    ("mi viejo murio en julio y quedamos solos", {}),
    ("nos casamos en febrero del año pasado", {}),
    ("me dijeron en septiembre que entregaban y nada!", {}),
    ("se llena de hongos en invierno?", {}),
    ("en verano hace mucho calor ahi?", {}),
    ("vamos a la playa en el verano, somos 5", {}),
    ("EL VENDEDOR ME DIJO UN PRECIO Y AHORA SON 200 UF MAS", {}),
    ("me subieron 150 uf de un dia pa otro, una verguenza", {}),
    ("ayer salia 2.300 uf y hoy 2.500, como es eso?", {}),
    ("11.900 uf jajaja y viene con helicoptero?", {}),
    ("8 mil uf por esa pieza? estan locos", {}),
    ("quien es la constructora? no vaya a ser de esas que quiebran", {}),
    ("es una de esas inmobiliarias que no contestan?", {}),
    ("la calefa esta incluida?", {}),
    ("el calefont es a gas?", {}),
    ("tiene logia y terraza?", {}),
    ("solo tengo una declaracion de renta hecha", {"operation": None}),
    ("cuantas liquidaciones de sueldo piden?", {}),
    ("trabajo a honorarios con 8 boletas al año", {}),
    ("pago 480 de arriendo hoy", {"operation": None}),
    ("gasto 90 lucas en bencina todos los meses", {}),
    ("mi dividendo seria de cuanto? hoy pago 350 mil de arriendo", {"asked_financing": True, "operation": None}),
    ("jaja si aca con calor", {}),
    ("bien y tu? aca con frio jaja", {}),
    ("my wife and I both work here", {}),
    ("no debts, I work here in Santiago", {"dicom": "clean"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MENTIONED)
def test_what_is_merely_mentioned_is_no_wish(text: str, expected: dict[str, Any]) -> None:
    assert_reads(text, expected)


INCOMES: list[tuple[str, int]] = [
    ("ella 870 yo 940", 1_810_000),
    ("yo 780 el 650", 1_430_000),
    ("mi marido 1.100 y yo 700", 1_800_000),
    ("yo gano 900 y mi polola lo mismo", 1_800_000),
    ("hay meses de 900 y meses de 2 palos. promedio 1.400", 1_400_000),
    ("hago uber, hay meses de 700 y otros de un millon, promedio 850 ponle", 850_000),
    ("es variable, pero en promedio 1.200.000", 1_200_000),
    ("gano entre 800 y 1.300, promedio un millon", 1_000_000),
    ("el promedio de los ultimos 6 meses da 1.350.000", 1_350_000),
    ("1.310 en la mano", 1_310_000),
    ("me quedan 980 en la mano", 980_000),
    ("saco 1.250.000 limpios", 1_250_000),
    ("850 lucas libres al mes", 850_000),
    ("mi pareja quedo sin pega asi que por ahora solo cuenta lo mio: 1.180.000", 1_180_000),
    ("por ahora cuenta solo lo mio, 940", 940_000),
    ("mi señora no trabaja, solo yo: 1.450.000", 1_450_000),
    ("contaria solo mi sueldo 1.100.000", 1_100_000),
    ("tengo contrato part time 620 liq y aparte boletas por 480 todos los meses. o sea 1.100.000 en total", 1_100_000),
    ("sueldo 700 y aparte hago boletas por 300, total un millon", 1_000_000),
    ("base 550 mas comisiones, con todo me quedan 900", 900_000),
    ("entre pension y pega junto 890 mil", 890_000),
    ("mi jubilacion 420 y la de mi señora 380", 800_000),
    ("sumados 1.100", 1_100_000),
    ("con mi hermana sumamos 1.700.000, compramos juntas", 1_700_000),
    ("me gano 1.150.000 libres", 1_150_000),
    ("yo gana 750 mil cada mes", 750_000),
    ("vivo de la pension, 610 lucas", 610_000),
    ("emito boletas por 1.400.000 liquido al mes", 1_400_000),
]  # fmt: skip


@pytest.mark.parametrize(("text", "income"), INCOMES)
def test_an_income_however_it_is_composed(text: str, income: int) -> None:
    assert read(text).get("income") == income
    assert "budget" not in read(text)


TOLD: list[tuple[str, dict[str, Any]]] = [
    ("me acaba de salir en la app, 240 lucas de la ripley. no sabia!!", {"dicom": "has_debt", "debt_amount": 240_000}),
    ("revise recien y me sale una deuda de 180 lucas en la polar", {"dicom": "has_debt", "debt_amount": 180_000}),
    ("me aparece falabella con 350 mil", {"dicom": "has_debt", "debt_amount": 350_000}),
    ("quede debiendo 400 lucas en hites", {"dicom": "has_debt", "debt_amount": 400_000}),
    ("se me junto la tarjeta de paris, son 900 lucas que no he podido pagar", {"dicom": "has_debt", "debt_amount": 900_000}),
    ("no debemos nada", {"dicom": "clean"}),
    ("no le debo un peso a nadie", {"dicom": "clean"}),
    ("ni idea si estoy en dicom, nunca he revisado", {"dicom": "unknown"}),
    ("dicom nada yo soy ordenada", {"dicom": "clean"}),
    ("si el tiene dicom igual afecta? yo no tengo nada, compraria yo sola", {"dicom": "clean"}),
    ("tengo comisiones variables", {}),
    ("tengo varias preguntas", {}),
    ("kasa 3d maipu o cerrillos max 3800uf", {"property_type": "casa", "bedrooms": 3, "location": ["Maipú", "Cerrillos"], "budget": "UF 3800"}),
    ("depto 2d san miguel o la cisterna", {"property_type": "departamento", "bedrooms": 2, "location": ["San Miguel", "La Cisterna"]}),
    ("casa 3d 2b puente alto hasta 3200 uf", {"property_type": "casa", "bedrooms": 3, "location": ["Puente Alto"], "budget": "UF 3200"}),
    ("depto 1d, hasta 3000 uf, santiago o ñuñoa", {"property_type": "departamento", "bedrooms": 1, "location": ["Santiago", "Ñuñoa"], "budget": "UF 3000"}),
    ("busco en san joaquin macul la florida", {"location": ["San Joaquín", "Macul", "La Florida"]}),
    ("soy profe en un liceo de la florida, ando buscando 2 dorm por ahi mismo", {"location": ["La Florida"], "bedrooms": 2}),
    ("trabajo en macul, me gustaria vivir cerca", {"location": ["Macul"]}),
    ("estudio en Valdivia y busco algo por alla", {"location": ["Valdivia"]}),
    ("ando vuscando kasa en kilikura o renka", {"property_type": "casa", "location": ["Quilicura", "Renca"]}),
    ("kiero un dpto en makul", {"property_type": "departamento", "location": ["Macul"]}),
    ("yo kiere konpra kasa en maipu", {"operation": "buy", "property_type": "casa", "location": ["Maipú"]}),
    ("yo busca un apartamento pa compra en Estacion Central", {"operation": "buy", "property_type": "departamento", "location": ["Estación Central"]}),
    ("queremos vender la casa grande y comprar depto chico en nuñoa", {"operation": "buy", "property_type": "departamento", "location": ["Ñuñoa"]}),
    ("vendo mi depto y con eso compro una casa en Buin", {"operation": "buy", "property_type": "casa", "location": ["Buin"]}),
    ("queria comprar en puente alto pero conversamos y mejor arrendar un año primero", {"operation": "rent", "location": ["Puente Alto"]}),
    ("al final no compramos, vamos a arrendar nomas", {"operation": "rent"}),
    ("cambiamos de idea, ahora es arriendo", {"operation": "rent"}),
    ("si arriendo con ustedes cuanto cobran de comision", {"operation": "rent"}),
    ("estaba viendo arriendos pero mejor compro", {"operation": "buy"}),
    ("compro con subsidio ds1 ya asignado", {"operation": "buy", "subsidy": "DS1"}),
    ("hola mi nombre es América Paz Santiago", {"name": "América Paz Santiago"}),
    ("ella se llama Luz Marina Cofré, quiere algo en la cisterna", {"name": "Luz Marina Cofré", "location": ["La Cisterna"]}),
    ("es para mi mamá, se llama Rosa Ester Pino", {"name": "Rosa Ester Pino"}),
    ("busco para mi hijo, su nombre es Matías Lagos", {"name": "Matías Lagos"}),
    ("la interesada es mi hermana Carla Fuentes", {"name": "Carla Fuentes"}),
    ("mi perra se llama Luna", {"pets": True}),
    ("la que me atendio se llama Karina", {}),
    ("somos 2 y 2 gatas", {"pets": True}),
    ("vivo con mis 2 gatas", {"pets": True}),
    ("tenemos un gran danés que pesa 60 kilos", {"pets": True}),
    ("casa con patio para el quiltro", {"property_type": "casa", "pets": True}),
    ("nuestro beagle ladra harto", {"pets": True}),
    ("necesito algo altiro, me piden el depto donde arriendo", {"timeline": "now"}),
    ("el dueño me pidio la casa, tengo que salir este mes", {"timeline": "now"}),
    ("necesito comprar ya", {"timeline": "now", "operation": "buy"}),
    ("lo necesito para ayer jaja", {"timeline": "now"}),
    ("el camion de la mudanza esta pagado pa la quincena de enero", {"timeline": "within_90_days"}),
    ("tengo que entregar el depto en la segunda quincena de febrero", {"timeline": "within_90_days"}),
    ("mi contrato de arriendo vence en septiembre", {"timeline": "later"}),
    ("me sirve, puedo esperar unos meses, mi contrato vence en septiembre", {"timeline": "later"}),
    ("entro a trabajar alla en marzo, tengo que estar instalado antes", {"timeline": "within_90_days"}),
    ("la guagua nace en febrero y queremos estar cambiados", {"timeline": "within_90_days"}),
    ("me caso en mayo y queremos la casa pa entonces", {"timeline": "later", "property_type": "casa"}),
    ("seria pal 2028", {"timeline": "later"}),
    ("pa mediados del otro año, no hay apuro", {"timeline": "later"}),
    ("esperamos comprar cuando mi hija salga del colegio en 2 años mas", {"timeline": "later", "operation": "buy"}),
    ("busco apartamento de dos alcobas por Quinta Normal", {"property_type": "departamento", "bedrooms": 2, "location": ["Quinta Normal"]}),
    ("toy juntando pal ds1", {"asked_financing": True}),
    ("estoy juntando para postular al ds1", {"asked_financing": True}),
    ("se puede juntar las dos rentas aunq no estemos casadas?", {"asked_financing": True}),
    ("se pueden sumar las 2 rentas?", {"asked_financing": True}),
    ("podemos unir los sueldos con mi pareja?", {"asked_financing": True}),
    ("empece a boletear este año, con una sola declaracion de renta me pueden evaluar?", {"asked_financing": True}),
    ("con boletas me presta el banco?", {"asked_financing": True}),
    ("me alcanza con un sueldo de 900 pal credito?", {"asked_financing": True, "income": 900_000}),
    ("tengo 95 palos al contado", {"budget": 95_000_000}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TOLD)
def test_what_is_told_in_passing_counts(text: str, expected: dict[str, Any]) -> None:
    assert_reads(text, expected)
