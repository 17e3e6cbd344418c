"""Opt-outs: said in every Chilean way, and never read into what is said of homes and visits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import optout
from leads.optout import OptOut

CHANNEL = [
    "alto",
    "ALTO",
    "Alto.",
    "¡Alto!",
    "baja",
    "BAJA",
    "stop",
    "Stop!!",
    "cancelar",
    "CANCELAR",
    "no molestar",
    "NO MOLESTAR",
    "Por favor no molestar",
    "hola, stop",
    "stop por favor",
    "Baja, gracias",
    "no me llamen",
    "No me llamen por favor",
    "no me llames",
    "no me llames más",
    "No me llame más",
    "no me llamen mas, gracias",
    "por favor no me escriban",
    "no me escriban más",
    "No me escribas más",
    "no me hablen más",
    "no me manden más mensajes",
    "no me envíen publicidad",
    "no me envien nada más",
    "no me molesten",
    "No me molestes más",
    "ya no me escriban",
    "no quiero mensajes",
    "no quiero más mensajes",
    "No quiero recibir más mensajes",
    "no deseo recibir publicidad",
    "no quiero que me llamen",
    "no quiero que me escriban más",
    "no quiero más llamadas",
    "dejen de llamarme",
    "Dejen de escribirme por favor",
    "deja de escribirme",
    "deje de molestar",
    "dejen de mandarme cosas",
    "número equivocado",
    "Numero equivocado",
    "hola, número equivocado, saludos",
    "se equivocó de número",
    "está equivocado de número",
    "te equivocaste de número",
    "sáquenme de la lista",
    "Sáqueme de su lista",
    "sácame de la lista",
    "sáquenme de sus listas por favor",
    "sáquenme de la base de datos",
    "bórrenme de la lista",
    "elimínenme de su lista",
    "quiero darme de baja",
    "denme de baja",
    "dame de baja por favor",
    "Quiero que me den de baja",
    "dar de baja mi número",
    "dar de baja mi suscripción",
    "me quiero dar de baja",
    "unsubscribe",
    "hoy no quiero nada, no me escriban más",
]
EVERYTHING = [
    "nunca más",
    "Nunca más!",
    "por favor nunca más",
    "nunca más me llamen",
    "nunca más me contacten",
    "no me vuelvan a llamar",
    "No me vuelvas a escribir",
    "no vuelvan a contactarme",
    "no me llamen nunca más",
    "no me escriban nunca más",
    "no me contacten",
    "no me contacten más",
    "No me contacte por favor",
    "no quiero que me contacten",
    "no deseo ser contactado",
    "No quiero ser contactada",
    "borren mis datos",
    "Eliminen mis datos personales",
    "quiero que borren todos mis datos",
]
NEVER = [
    "",
    "   ",
    "😀",
    "hola",
    "busco en Puente Alto",
    "Puente Alto",
    "puente alto por favor",
    "alto las condes",
    "el precio está muy alto",
    "techo alto",
    "un piso alto con vista",
    "planta baja",
    "Planta Baja",
    "en planta baja si se puede",
    "de baja altura",
    "cuota más baja",
    "quiero una cuota más baja",
    "las cuotas más bajas",
    "un dividendo más bajo",
    "¿la tasa baja este año?",
    "cancelar la visita",
    "quiero cancelar mi visita",
    "necesito cancelar una hora",
    "cancelar la del jueves",
    "¿puedo cancelar el pie en cuotas?",
    "cancelar la cuota del mes",
    "me gustaría cancelar",
    "no me llames hoy, mejor mañana",
    "no me llamen ahora, estoy en reunión",
    "no me llamen por la mañana",
    "no me llames en la tarde porque trabajo",
    "no me llamen antes de las 10",
    "no me llamen después de las 8",
    "no me llamen tan temprano",
    "no me escriban tan tarde",
    "no me llamen todavía",
    "no me llamen mañana, el lunes sí",
    "no me llamen el jueves en la mañana",
    "no me llamen al trabajo, mejor al celular",
    "no me llamen, escríbanme por acá",
    "no me llamen por teléfono, prefiero whatsapp",
    "no me manden el plano todavía",
    "aún no me mandan la cotización",
    "todavía no me llaman",
    "no me han llamado",
    "¿por qué no me llaman?",
    "nadie me llama, no me llamaron",
    "no me enviaron la información",
    "¿no me envías fotos?",
    "no me mandas el link",
    "¿puedo dar de baja el seguro?",
    "quiero dar de baja mi arriendo actual",
    "nunca más voy a arrendar",
    "nunca más vi un depto así",
    "no quiero que suba el dividendo",
    "no quiero deptos en primer piso",
    "¿borran mis datos si no compro?",
    "¿qué hacen con mis datos?",
    "el número equivocado era el de la calle",
    "parada de metro",
    "stop and go en el estacionamiento",
    "no molesta el ruido?",
    "no me molesta el ruido",
    "la lista de precios por favor",
    "sáquenme de una duda",
    "dejen de lado el estacionamiento",
    "deja de ser subsidio si gano más?",
    "no quiero más dormitorios",
    "si no me contactan hoy lo dejo",
]


@pytest.mark.parametrize("text", CHANNEL)
def test_these_words_stop_the_channel(text: str) -> None:
    assert optout.asked(text) == OptOut.CHANNEL


@pytest.mark.parametrize("text", EVERYTHING)
def test_these_words_stop_everything(text: str) -> None:
    assert optout.asked(text) == OptOut.EVERYTHING


@pytest.mark.parametrize("text", NEVER)
def test_these_words_stop_nothing(text: str) -> None:
    assert optout.asked(text) is None


@pytest.mark.parametrize("word", sorted(optout.WHOLE))
def test_single_words_count_only_when_they_are_the_whole_message(word: str) -> None:
    assert optout.asked(f"  ¡¡{word.upper()}!! ") == OptOut.CHANNEL
    assert optout.asked(f"quiero saber si el piso es {word} o no") is None


@given(st.text(max_size=300))
def test_any_text_is_decided_without_an_error(text: str) -> None:
    assert optout.asked(text) in (None, OptOut.CHANNEL, OptOut.EVERYTHING)


@given(st.sampled_from(CHANNEL + EVERYTHING + NEVER), st.sampled_from(["upper", "lower", "title"]))
def test_case_and_outer_punctuation_do_not_matter(text: str, case: str) -> None:
    assert optout.asked(f"  ¡{getattr(text, case)()}!!  ") == optout.asked(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("número equivocado", True),
        ("se equivocó de número", True),
        ("te equivocaste de número", True),
        ("no me escriban más", False),
        ("el número equivocado era el de la calle", False),
    ],
)
def test_a_wrong_number_is_told_apart(text: str, wrong: bool) -> None:
    assert optout.says_wrong_number(text) is wrong
