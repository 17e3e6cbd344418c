import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.comunas import COMUNAS, canonical, find_comunas, meanings, region_of
from leads.comunas_data import ALIASES, NOT_PLACES, REGIONS, SECTORS
from leads.folding import clean, fold


def test_chile_has_346_comunas_in_16_regions() -> None:
    assert len(COMUNAS) == 346
    assert len(REGIONS) == 16


def test_every_alias_and_sector_points_to_a_comuna() -> None:
    assert set(ALIASES.values()) <= set(COMUNAS)
    assert set(SECTORS) <= set(COMUNAS)


def test_tables_are_written_folded() -> None:
    names = {*ALIASES, *NOT_PLACES, *(each for group in SECTORS.values() for each in group)}
    assert {name for name in names if fold(name) != name} == set()


@pytest.mark.parametrize("comuna", COMUNAS)
def test_every_comuna_is_found_by_its_own_name(comuna: str) -> None:
    assert canonical(comuna) == comuna
    assert canonical(fold(comuna).upper()) == comuna


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nunoa", ["Ñuñoa"]),
        ("Ñuñoa", ["Ñuñoa"]),
        ("busco en ÑUÑOA", ["Ñuñoa"]),
        ("n\u0303un\u0303oa", ["Ñuñoa"]),
        ("las condes", ["Las Condes"]),
        ("lascondes", ["Las Condes"]),
        ("provi", ["Providencia"]),
        ("Stgo centro", ["Santiago"]),
        ("la florida", ["La Florida"]),
        ("florida", ["La Florida"]),
        ("Maipu", ["Maipú"]),
        ("viña", ["Viña del Mar"]),
        ("valpo o viña", ["Valparaíso", "Viña del Mar"]),
        ("algo en la reina", ["La Reina"]),
        ("independencia", ["Independencia"]),
        ("Victoria", ["Victoria"]),
        ("Lago Ranco", ["Lago Ranco"]),
        ("estacion centrla", ["Estación Central"]),
        ("huechurava", ["Huechuraba"]),
        ("peñalolem", ["Peñalolén"]),
        ("kilicura", ["Quilicura"]),
        ("pto varas", ["Puerto Varas"]),
        ("sn miguel", ["San Miguel"]),
        ("depto en chicureo", ["Colina"]),
        ("la dehesa", ["Lo Barnechea"]),
        ("barrio italia o barrio yungay", ["Providencia", "Santiago"]),
        ("maipu, la florida y san miguel", ["Maipú", "La Florida", "San Miguel"]),
        ("ñuñoa, ñuñoa, Ñuñoa", ["Ñuñoa"]),
        ("san pedro de la paz", ["San Pedro de la Paz"]),
        ("reñaca o concón", ["Viña del Mar", "Concón"]),
    ],
)
def test_finds_what_people_write(text: str, expected: list[str]) -> None:
    assert find_comunas(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "tomé un crédito",
        "después de navidad, en primavera",
        "cocina americana",
        "con calma",
        "vicuña mackenna 3000",
        "la independencia financiera",
        "calle Independencia 123",
        "Juan y Victoria",
        "soy Santiago Vera",
        "renta de un palo",
        "tiene caldera nueva",
        "el retiro del 10%",
        "nos vemos en la tarde",
        "",
    ],
)
def test_is_not_fooled_by_common_words(text: str) -> None:
    assert find_comunas(text) == []


def test_knows_the_region() -> None:
    assert region_of("Ñuñoa") == "Metropolitana de Santiago"
    assert region_of("Atlantis") is None
    assert canonical("Atlantis") is None
    assert canonical("") is None


@given(st.text(max_size=200))
def test_never_finds_what_is_no_comuna(text: str) -> None:
    assert set(find_comunas(text)) <= set(COMUNAS)


@given(st.text(max_size=200))
def test_folding_keeps_every_position(text: str) -> None:
    assert len(fold(clean(text))) == len(clean(text))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("providensia", ["Providencia"]),
        ("stgo centro", ["Santiago"]),
        ("san pedro", ["San Pedro", "San Pedro de la Paz", "San Pedro de Atacama"]),
        ("san pedro de melipilla", ["San Pedro"]),
        ("Calera", ["La Calera", "Calera de Tango"]),
        ("Atlantis", []),
        ("", []),
    ],
)
def test_a_name_with_several_meanings_is_told_with_all_of_them(name: str, meant: list[str]) -> None:
    assert meanings(name) == meant


def test_an_ambiguous_name_is_not_found_in_running_text() -> None:
    assert find_comunas("busco en san pedro o en ñuñoa") == ["Ñuñoa"]
