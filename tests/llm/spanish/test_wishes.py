"""What people want, in words nobody taught: complaints, opt-outs, remarks, and what only resembles them."""

import pytest

from leads.folding import fold
from leads.optout import OptOut, asked
from llm.spanish.intents import find_intents
from llm.spanish.meaning import Intent

PEOPLE = {Intent.COMPLAINT, Intent.ANGER, Intent.LEGAL_THREAT, Intent.WANTS_HUMAN}
NOT_FOR_PEOPLE = [
    "uy no, me equivoque, era el de los leones jaja",
    "tengo que mostrarle la casa a mi viejo",
    "ya vi la de quilin el otro dia",
    "me carga el banco de siempre, no ustedes",
    "mi jefe es muy pesado, por eso quiero trabajar desde la casa",
    "soy sorda de un oido, mejor por escrito",
    "tengo que ver el depto con mi cuñada, ella decide",
    "uf que susto el temblor de anoche",
]


@pytest.mark.parametrize(
    "text",
    [
        "q sistema mas malo, paseme con alguien",
        "pregunte por el metro y me salen con dicom",
        "me siento pasada a llevar por su ejecutiva",
        "oiga y la devolucion pa cuando",
        "la plata que puse no vuelve nunca",
        "hola, todo bien? les cuento que el sabado fui. nadie de ustedes llego a abrirme",
    ],
)
def test_who_was_treated_badly_goes_to_a_person(text: str) -> None:
    assert find_intents(fold(text)) & PEOPLE


@pytest.mark.parametrize("text", NOT_FOR_PEOPLE)
def test_a_correction_or_a_remark_is_no_complaint(text: str) -> None:
    assert not find_intents(fold(text)) & PEOPLE


@pytest.mark.parametrize("text", NOT_FOR_PEOPLE)
def test_to_have_seen_or_to_show_is_no_wish_for_hours(text: str) -> None:
    assert not find_intents(fold(text)) & {Intent.WANTS_VISIT, Intent.WANTS_OTHER_SLOTS}


@pytest.mark.parametrize(
    "text",
    [
        "hagan como si yo no existiera y pierdan mi numero",
        "yo no kiere ma mensaje señor",
        "ya no escriban de nuevo que me aburri",
        "dejen mi celular tranquilo",
        "este numero antes era de otro, saquenme de ahi",
        "gracias por todo. ya compre. no me escriban mas",
    ],
)
def test_an_opt_out_in_any_words(text: str) -> None:
    assert asked(text) in (OptOut.CHANNEL, OptOut.EVERYTHING)


@pytest.mark.parametrize(
    "text",
    [
        "no me mandes mas cosas de maipu",
        "soy sorda, no me llamen por telefono, pero quiero chatear",
        "stop al dividendo",
        "no me manden correos q no los reviso, por aqui nomas",
        "no mas llamadas porfa, por wsp si",
        "no me mandes mas deptos con piscina",
        "no me llames, chateemos",
        "a q hora era mi visita? se me borro el mensaje",
        "borren lo de la comuna",
    ],
)
def test_what_limits_the_search_or_the_way_is_no_opt_out(text: str) -> None:
    assert asked(text) is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("a que hora va mi cuñada a la visita", Intent.ASKS_OF_OTHERS),
        ("que presupuesto les dio mi ex", Intent.ASKS_OF_OTHERS),
        ("ahi te va la fotito", Intent.SENDS_MEDIA),
        ("i need to cancel my viewing tomorrow", Intent.WANTS_CANCEL),
        ("could we do saturday instead of thursday", Intent.WANTS_RESCHEDULE),
        ("a que hora termina la visita del jueves", Intent.ASKS_APPOINTMENT),
    ],
)
def test_other_wishes(text: str, intent: Intent) -> None:
    assert intent in find_intents(fold(text))
