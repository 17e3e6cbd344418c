"""DICOM of one or of both who buy: clean, in debt, not known, or nobody's."""

import pytest

from leads.folding import fold
from llm.spanish.credit import find_dicom


def read(text: str, asked: str | None = None) -> str | None:
    return find_dicom(fold(text), asked=asked, amount_owed=False)


@pytest.mark.parametrize(
    "text",
    [
        "ninguno de los dos",
        "ninguno",
        "los dos estamos limpios",
        "no, ninguno de los 2",
        "nada",
        "estamos al día los dos",
    ],
)
def test_neither_of_the_two_is_in_debt_when_asked(text: str) -> None:
    assert read(text, "dicom") == "clean"


@pytest.mark.parametrize(
    "text",
    [
        "ninguno de los dos esta en dicom",
        "ella como 900 lucas ninguno tiene dicom",
        "no tenemos dicom ninguno",
        "los dos estamos limpios",
        "ambos limpios de dicom",
        "ni yo ni mi señora tenemos deudas",
        "nadie tiene dicom",
        "dicom ninguno",
        "no estamos en dicom",
        "dicom 0",
        "en dicom no estoy, nunca he debido na",
        "no debo ni un peso",
        "I have no debts",
        "my credit is clean",
        "I'm not in dicom",
        "não tenho dívidas",
        "nome limpo",
        "mi no tiene dicom",
        "sin dicom ni deudas",
        "estuve en dicom pero ya pagué todo",
        "tuve deudas pero ya está saldado",
        "toy limpio de dicom",
        "salí limpio en dicom",
    ],
)
def test_clean(text: str) -> None:
    assert read(text) == "clean"


@pytest.mark.parametrize(
    "text",
    [
        "estoy en dicom",
        "uta reviseee y si salgo en dicom",
        "me sacaron a dicom",
        "debo 500 lucas justas en falabella",
        "I'm in dicom",
        "tenho uma dívida",
        "estoy moroso con la cae",
        "tengo deuda en dicom de 2 palos pero da igual",
        "aparezco en dicom todavia",
        "tengo un protesto",
    ],
)
def test_in_debt(text: str) -> None:
    assert read(text) == "has_debt"


@pytest.mark.parametrize(
    "text",
    [
        "no tengo idea si estoy en dicom, cómo se ve eso?",
        "no se si tengo dicom",
        "dicom? ni idea",
        "not sure if i am in dicom",
    ],
)
def test_not_known(text: str) -> None:
    assert read(text) == "unknown"


@pytest.mark.parametrize(
    "text",
    [
        "si alguien está en dicom le prestan igual los bancos?",
        "puedo comprar con dicom?",
        "mi marido está en dicom",
        "entre los dos 1.630.000",
        "tengo mis imposiciones al día",
        "ninguno de los dos",
        "qué es dicom?",
        "aceptan gente con dicom?",
    ],
)
def test_says_nothing_of_the_leads_debts(text: str) -> None:
    assert read(text) is None
