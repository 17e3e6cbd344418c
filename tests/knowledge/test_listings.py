from typing import Any

import pytest

from knowledge import demo, listings
from knowledge.listings import Listing
from knowledge.models import KnowledgeEntry, SourceType
from tests.factories import KnowledgeEntryFactory


def read(metadata: Any = None, *, title: str = "Departamento", content: str = "") -> Listing:
    return listings.read(title, content, metadata or {})


def test_a_listing_is_read_from_its_data() -> None:
    found = read(
        {
            "code": "AP-1",
            "price_uf": 4_250.5,
            "location": "nunoa",
            "bedrooms": 2,
            "bathrooms": 2,
            "m2": 58,
            "pets": True,
            "delivery": "Entrega inmediata",
            "subsidies": ["DS1", "DS 19"],
        }
    )
    assert found == Listing(
        code="AP-1",
        kind="departamento",
        operation="buy",
        place="Ñuñoa",
        uf=4_250.5,
        bedrooms=2,
        bathrooms=2,
        m2=58,
        pets=True,
        delivery="immediate",
        subsidies=["DS1", "DS19"],
    )


def test_the_columns_of_a_spreadsheet_are_read_as_chileans_head_and_write_them() -> None:
    row = {
        "Código": "K-7",
        "Precio": "UF 3.990",
        "Comuna": "Maipu",
        "Dormitorios": "3",
        "Superficie": "78,5 m²",
        "Inmueble": "Casa pareada",
        "Operación": "Venta",
        "Mascotas": "No",
        "Entrega": "segundo semestre 2027",
    }
    found = read(row, title="K-7")
    assert (found.code, found.uf, found.place, found.bedrooms) == ("K-7", 3_990, "Maipú", 3)
    assert (found.m2, found.kind, found.operation) == (78.5, "casa", "buy")
    assert (found.pets, found.delivery) == (False, "future")


@pytest.mark.parametrize(
    ("given", "uf", "clp"),
    [
        ({"precio": "4.250"}, 4_250, None),
        ({"precio": "$520.000"}, None, 520_000),
        ({"precio_clp": "450000"}, None, 450_000),
        ({"price_uf": 0}, None, None),
        ({"price_uf": "consultar"}, None, None),
        ({"price_uf": float("inf")}, None, None),
        ({"price_uf": 10**30}, None, None),
        ({"price_uf": True}, None, None),
        ({"price_uf": ["3.000"]}, 3_000, None),
        ("no es un objeto", None, None),
    ],
)
def test_a_price_is_in_uf_or_in_pesos_or_unknown(given: Any, uf: Any, clp: Any) -> None:
    assert (read(given).uf, read(given).clp) == (uf, clp)


def test_where_the_data_are_silent_the_text_speaks() -> None:
    found = read(
        title="Casa en Peñalolén",
        content="3 dormitorios, UF 5.200. No se aceptan mascotas. Entrega en marzo de 2028, DS19.",
    )
    assert (found.kind, found.place, found.uf, found.bedrooms) == ("casa", "Peñalolén", 5_200, 3)
    assert (found.pets, found.delivery, found.subsidies) == (False, "future", ["DS19"])


def test_a_rent_and_what_is_gone_are_known_as_such() -> None:
    assert read(title="Arriendo departamento Ñuñoa").operation == "rent"
    assert read({"operacion": "Venta"}, title="Arriendo o venta").operation == "buy"
    assert not read({"estado": "Vendida"}).is_available
    assert read({"estado": "Disponible"}).is_available


def test_every_listing_of_the_demo_is_read_whole() -> None:
    for text in demo.LISTINGS:
        found = listings.read(text.title, text.content, text.metadata)
        assert found.place == text.metadata["location"]
        assert (found.uf, found.bedrooms) == (text.metadata["price_uf"], text.metadata["bedrooms"])
        assert found.kind in ("casa", "departamento", ""), text.title


@pytest.mark.django_db
def test_an_entry_keeps_its_listing_in_step_whoever_saves_it(broker: Any) -> None:
    entry = KnowledgeEntryFactory(
        broker=broker, source_type="property", metadata={"price_uf": 3_500, "comuna": "Ñuñoa"}
    )
    assert (entry.listed_uf, entry.listed_place) == (3_500, "Ñuñoa")
    entry.metadata = {**entry.metadata, "price_uf": 3_200}
    entry.save(update_fields=["metadata"])
    entry = KnowledgeEntry.objects.get(pk=entry.pk)
    assert (entry.listed_uf, entry.listing["uf"]) == (3_200, 3_200)
    entry.source_type = SourceType.FAQ
    entry.save()
    entry.refresh_from_db()
    assert (entry.listing, entry.listed_place, entry.listed_uf) == (None, "", None)
