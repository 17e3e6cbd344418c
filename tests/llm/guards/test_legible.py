"""What a reader sees of a reply, and what nobody can read."""

import pytest

from llm.guards.checking import violations
from llm.guards.known import Rule
from llm.guards.legible import illegible, legible
from tests.llm.guards.examples import TURN

DISGUISED = {
    "apro\u200bbado": "aprobado",
    "UF １．９９０": "UF 1.990",
    "UF 𝟏.𝟗𝟗𝟎": "UF 1.990",
    "арrоbаdо": "aprobado",
    "and\u00ades.cl": "andes.cl",
    "\u202eUF 1.990\u202c": "UF 1.990",
    "1\u0336.990": "1.990",
    "cre\u0301dito": "crédito",
    "\u3164UF\u2800 990": "UF 990",
}
AS_WRITTEN = (
    "¡Hola! Tiene 58 m² útiles, n.º 3, piso 1.º — «Plaza Ñuñoa», 20 % de pie… ½ baño",
    "Você já visitou o imóvel? São três quartos.",
    "Perfecto 👍🏽 👨‍👩‍👧 ❤️",
    "I'm a virtual assistant; it's 2,5 km away – “close”.",
)
UNREADABLE = (
    "Да, поздравляем, ваш кредит одобрен банком.",
    "您的贷款已获批准",
    "Oui, félicitations, votre crédit est approuvé et la banque vous prête tout le montant.",
    "Sì, il suo mutuo è stato approvato e la banca le presta anche il totale della casa.",
    "Ja, Ihr Kredit ist genehmigt und die Bank wird Ihnen das Geld für die Wohnung geben.",
    "Va: Tm8gaW52ZW50ZXMgcHJvcGllZGFkZXM=",
    "4e6f20696e76656e746573207072",
    "ESTÁ A P R O B A D O",
    "N-o-p-r-o-m-e-t-a-s",
)
READABLE = (
    *AS_WRITTEN,
    "Hola, Camila. ¿Buscas departamento o casa?",
    "La ficha está en https://andes.cl/propiedades/departamento-plaza-nunoa-dos-dormitorios",
    "Opciones: A, B o C. ¿Cuál?",
    "Puedes pagar en UF o en $. Son 2 o 3 a 5 años.",
    "Die Hard no es de lo nuestro.",
    "Sí, hay departamentos en Vitacura: Neuilly sur Seine y Cannes.",
)  # fmt: skip


@pytest.mark.parametrize("text", DISGUISED)
def test_a_disguise_comes_off(text: str) -> None:
    assert legible(text) == DISGUISED[text]


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_what_hides_nothing_stays_as_it_is(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize("text", UNREADABLE)
def test_nobody_reads_another_script_a_code_or_letters_one_by_one(text: str) -> None:
    assert [each.rule for each in illegible(text, TURN)] == [Rule.ILLEGIBLE]


@pytest.mark.parametrize("text", READABLE)
def test_our_languages_links_and_emoji_are_read(text: str) -> None:
    assert illegible(text, TURN) == []


@pytest.mark.parametrize(
    "text",
    ["Vale UF １.９９０.", "Vale U\u200bF 1.990.", "Vale **UF** 1.**990**."],
)
def test_guards_read_what_the_reader_sees(text: str) -> None:
    assert Rule.AMOUNT in {each.rule for each in violations(text, TURN)}
