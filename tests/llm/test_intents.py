"""What a message is for, from both sides: sentences that are no examples of the model."""

import pytest

from leads.folding import clean, fold
from leads.intents.training import read_examples
from llm.spanish.intents import find_intents
from llm.spanish.meaning import Intent

SAYS: dict[Intent, str] = {
    Intent.COMPLAINT: """
        me cobraron dos veces
        el agente nunca llegó
        se llueve el baño
        hola, el mes pasado compre con ustedes y la puerta del closet llego rota, nadie responde
        el corredor que iba a mostrarme la casa no apareció, estuve media hora parada en la calle
        aun no me devuelven los 300 mil de la reserva
        pagamos la garantia hace 3 meses y no nos han devuelto ni un peso
        donde puedo poner un reclamo por el servicio de la ejecutiva
        tengo una queja por el cobro del mes
        hay una filtracion en el depto que arriendo con ustedes y sigue igual
        my money back please, I was charged for two reservations
        o corretor não veio e ninguém avisou
        quedaron de llamarme el lunes y nunca llamaron""",
    Intent.ANGER: """
        son unos sinverguenzas
        me tienen chato con sus preguntas
        que pésima atención tienen
        hasta cuándo me van a preguntar lo mismo""",
    Intent.LEGAL_THREAT: """
        hoy mismo pongo la denuncia en el sernac
        mi abogado les va a escribir
        nos vemos en tribunales entonces
        I am going to sue your company""",
    Intent.WANTS_CANCEL: """
        pucha al final no voy a poder ir el viernes
        cancele mi visita por favor señorita
        hay que anular la hora de mañana
        no vamos a poder ir a la visita
        sorry, I can't make it tomorrow
        preciso cancelar a visita de sexta""",
    Intent.WANTS_RESCHEDULE: """
        ¿lo podemos correr para el jueves?
        la podemos dejar para el lunes en la tarde?
        me la puede mover pal sabado
        reagendemos porfa
        podemos cambiar la visita a otro día
        se puede adelantar la hora
        can we move my visit to Friday?
        pásala para el martes mejor""",
    Intent.ASKS_APPOINTMENT: """
        ¿era a las 5?
        a que hora era la visita?
        sigue en pie lo de mañana?
        a donde tengo que llegar el sabado
        when is my visit?""",
    Intent.RUNNING_LATE: """
        voy 15 min atrasado
        llego en 20 minutos, hay un taco terrible
        perdón me atrasé un poco
        me esperan porfa? voy llegando tarde
        I'm running late, sorry""",
    Intent.CONFIRMS_VISIT: """
        confirmo que voy mañana
        ahí estaré sin falta
        cuenten conmigo el sábado""",
    Intent.WANTS_VISIT: """
        cuando lo puedo ir a ver
        me gustaría conocer la casa con mi señora
        quien me muestra el depto
        agendemos para verlo
        can I see the flat this week?
        posso visitar o apartamento?""",
    Intent.WANTS_HUMAN: """
        quiero hablar con alguien de carne y hueso, una persona
        me puede llamar un ejecutivo?
        prefiero que me atienda una persona
        let me speak with a person please""",
    Intent.WANTS_TO_SELL: """
        quiero vender mi parcela
        necesito arrendar mi depto a alguien, ustedes administran?
        I want to sell my flat""",
    Intent.JOB_SEEKER: """
        están contratando corredores?
        donde puedo mandar mi curriculum""",
    Intent.SUPPLIER: """
        ofrezco servicios de aseo para departamentos
        somos una agencia de marketing para inmobiliarias""",
    Intent.POSTPONES: """
        lo converso con mi pareja y te aviso
        más rato te escribo, estoy en la pega""",
    Intent.SMALLTALK: """
        jajaja
        jajajajaja""",
}
SAYS_NOT: dict[Intent, str] = {
    Intent.COMPLAINT: """
        vivo en un depto que se llueve, por eso busco otro
        la casa tiene humedad?
        busco algo sin filtraciones
        me cobran comisión?
        cuánto cobran por la reserva
        quiero cambiarme porque hay ratones
        el agente puede mostrarme la casa?
        no me llegó la ficha, me la mandas?""",
    Intent.ANGER: """
        como sé que no es una estafa
        estoy chata de arrendar
        estoy chato con el banco
        estoy aburrido de vivir con mis suegros
        el taco me tiene loco, quiero algo cerca""",
    Intent.LEGAL_THREAT: """
        soy abogada
        trabajo en un juzgado de garantía como funcionaria y gano 1.300.000
        hay mucha demanda por ese depto?""",
    Intent.WANTS_CANCEL: """
        ya cancelé mi deuda
        puedo cancelar con tarjeta?
        no puedo gastar más de 3000 uf
        no voy a poder pagar más de 90 millones""",
    Intent.WANTS_RESCHEDULE: """
        quiero cambiarme de casa en marzo
        mejor en Macul que en Ñuñoa
        cambié de trabajo hace poco""",
    Intent.WANTS_HUMAN: """
        somos cuatro personas
        busco para una persona sola
        soy agente de viajes
        el edificio tiene encargado?""",
    Intent.WANTS_TO_SELL: """
        venden casas en Maipú?
        quiero comprar a quien me venda barato
        busco arriendo""",
    Intent.JOB_SEEKER: """
        busco depto cerca del trabajo
        trabajo en un banco""",
    Intent.WANTS_VISIT: """
        tiene estacionamiento de visitas?
        me mandas fotos para ver cómo es?""",
    Intent.RUNNING_LATE: """
        en la tarde puedo
        llego a Chile en febrero""",
}


def _cases(table: dict[Intent, str]) -> list[tuple[Intent, str]]:
    return [
        (intent, line.strip()) for intent, text in table.items() for line in text.splitlines()[1:]
    ]


@pytest.mark.parametrize(("intent", "text"), _cases(SAYS))
def test_is_understood(intent: Intent, text: str) -> None:
    assert intent in find_intents(fold(clean(text)))


@pytest.mark.parametrize(("intent", "text"), _cases(SAYS_NOT))
def test_is_not_taken_for_it(intent: Intent, text: str) -> None:
    assert intent not in find_intents(fold(clean(text)))


def test_every_intent_that_is_taught_is_one_of_ours_or_judged_by_the_question() -> None:
    others = {"facts", "picks", "opt_out", "wrong_number", "needs_person"}
    taught = {intent for each in read_examples() for intent in each.intents}
    assert taught - others <= {intent.value for intent in Intent}
