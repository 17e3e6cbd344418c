import pytest

from knowledge import listings, naming
from knowledge.demo import LISTINGS
from knowledge.naming import Property, Stock

STOCK = Stock(
    Property(
        number, text.title, listings.read(text.title, text.content, text.metadata), text.content
    )
    for number, text in enumerate(LISTINGS)
)


def codes(found: list[Property]) -> list[str]:
    return [each.listing.code for each in found]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("cuánto vale el AP-103?", ["AP-103"]),
        ("y el ap 104", ["AP-104"]),
        ("me gusto el de plaza ñuñoa", ["AP-101"]),
        ("plaza nunoa o los leones, cual es mas grande", ["AP-101", "AP-104"]),
        ("el de irarrazabal tiene bodega", ["AP-102"]),
        ("el de irarazaval", ["AP-102"]),
        ("el depto de Pedro de Valdivia", ["AP-103"]),
        ("sta isabel sigue disponible?", ["AP-110"]),
        ("el estudio viene amoblado?", ["AP-110"]),
        ("la pareada de maipú", ["AP-108"]),
        ("gran avenida tiene terraza?", ["AP-109"]),
        ("alonso de cordova", ["AP-105"]),
        ("la casa de kilin", ["AP-106"]),
        ("la de piedra roja", ["AP-111"]),
        ("is the Reñaca apartment still available?", ["AP-112"]),
        ("el apartamento de renaca", ["AP-112"]),
        ("el de vicuña mackena", ["AP-107"]),
        ("la del condominio", ["AP-106"]),
        ("consulta x la casa del abrazo", ["AP-108"]),
        ("tengo q ver el depto de la playa", ["AP-112"]),
        ("el pareado", ["AP-108"]),
        ("el depto frente al metro lo vial", ["AP-109"]),
        ("el de los lenoes", ["AP-104"]),
        ("el de la calefaccion central", ["AP-103"]),
        ("la del riego automatico", ["AP-106"]),
        ("el dpto del ds19", ["AP-107"]),
        ("no ese, el otro: el de los leones", ["AP-104"]),
        # Near misses.
        ("el de la piscina", []),
        ("busco un depto con calefaccion central", []),
        ("trabajo cerca del metro lo vial", []),
        ("la visita de la tarde", []),
        ("soy Pedro Valdivia", []),
        ("me llamo Isabel", []),
        ("un abrazo grande", []),
        ("vivo en gran avenida", []),
        ("vivo cerca de los leones", []),
        ("busco en ñuñoa", []),
        ("estudio en la universidad", []),
        ("quiero ver la plaza", []),
        ("tengo 103 mil", []),
        ("el metro está lejos?", []),
    ],
)
def test_a_text_names_properties(text: str, named: list[str]) -> None:
    assert codes(STOCK.named_in(text)) == named


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("el depto de la florida", ["AP-107"]),
        ("la casa de maipu", ["AP-108"]),
        ("el de providencia", ["AP-103", "AP-104"]),
        ("el de providencia de 3 dormitorios", ["AP-103"]),
        ("busco depto de 2 dormitorios en ñuñoa", ["AP-101"]),
        ("casa en ñuñoa", []),
        ("vivo en maipu", []),
        ("algo en Calama", []),
    ],
)
def test_a_text_describes_properties(text: str, described: list[str]) -> None:
    assert codes(STOCK.described_in(text)) == described


SHOWN = [each for each in STOCK.properties if each.listing.code in ("AP-102", "AP-101", "AP-103")]


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("la segunda tiene bodega?", ["AP-102"]),
        ("el primero", ["AP-101"]),
        ("y el último?", ["AP-103"]),
        ("el de 3", ["AP-103"]),
        ("el de un dormitorio", ["AP-102"]),
        ("el más barato", ["AP-102"]),
        ("cuál es el más grande?", ["AP-103"]),
        ("the first one please", ["AP-101"]),
        ("tiene bodega?", []),
        ("el de 3 millones", []),
        ("ese", []),
    ],
)
def test_a_text_picks_of_what_was_shown(text: str, picked: list[str]) -> None:
    assert codes(naming.picked_in(text, SHOWN)) == picked
