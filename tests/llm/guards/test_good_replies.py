"""Replies as good models write them: none of the guards stops one."""

import pytest

from llm.guards.checking import violations
from llm.guards.known import Known
from tests.llm.guards.examples import BOOKED, NOTHING, TURN, turn

WITH_OFFERS = (
    "¡Hola, Camila! Sí, el departamento de Plaza Ñuñoa sigue disponible: vale UF 4.250 y tiene 2 dormitorios y 2 baños. ¿Te gustaría visitarlo?",
    "Para visitarlo puedo ofrecerte el jueves 26 a las 11:00 o a las 16:00, o el viernes 27 a las 10:00. ¿Cuál te acomoda?",
    "Tengo estas horas para la visita:\n1) jueves 26 de noviembre a las 11:00\n2) jueves 26 de noviembre a las 16:00\n3) viernes 27 de noviembre a las 10:00\n¿Cuál te queda mejor?",
    "El sábado a las 12 no tengo disponibilidad, pero sí el viernes a las 10:00. ¿Te sirve?",
    "Los gastos comunes son aproximadamente $95.000 al mes, según la ficha del Departamento Plaza Ñuñoa.",
    "Tiene 58 m² útiles, entrega inmediata y queda a cuatro cuadras del metro Ñuñoa.",
    "Con tu presupuesto de UF 3.800 quedarías UF 450 por debajo del precio. ¿Quieres que busque algo más económico?",
    "El pie habitual es del 20 %, es decir, unas UF 850 para un departamento de UF 4.250.",
    "La reserva es de $300.000. ¿Te gustaría conocer el departamento antes de decidir?",
    "Estamos en Avenida Providencia 1650, oficina 1203, de lunes a viernes de 9:30 a 18:30 y los sábados de 10:00 a 14:00.",
    "No tengo ese dato confirmado; lo reviso con el equipo y te aviso por aquí.",
    "Para Maipú no encontré departamentos publicados, pero puedo avisarte si aparece uno.",
    "¿Buscas departamento o casa? ¿Y en qué comuna?",
    "Anotado: 2 dormitorios, hasta UF 3.800. ¿Para cuándo te gustaría cambiarte?",
    "Perfecto, gracias. Para coordinar la visita, ¿me dices tu nombre y un teléfono?",
    "El DS1 tiene tres tramos; en el tramo 3 la vivienda puede costar hasta UF 2.200 y se pide un ahorro de UF 80. ¿Quieres que un ejecutivo te oriente?",
    "Entiendo, comprar la primera vivienda da un poco de susto. Vamos paso a paso: ¿qué comunas te gustan?",
    "Puedes complementar renta con tu pareja; el banco evalúa los dos ingresos.",
    "Claro que sí. ¿Qué día te acomoda más, en la mañana o en la tarde?",
    "¿Te parece bien el jueves a las 4 de la tarde?",
    "Sí, aceptan mascotas pequeñas según el reglamento; te lo confirmo con el equipo.",
    "Lamento mucho lo que pasó. Le paso tu caso a una persona del equipo para que lo vea hoy mismo.",
    "Puedes escribirme por aquí cuando quieras, o al +56 2 2345 6789.",
    "Gracias por contarme. Tu ingreso de $1.400.000 me ayuda a buscar mejor.",
    "Soy Sofía, asistente virtual de Andes Propiedades. Te ayudo a buscar propiedad y a coordinar visitas.",
    "Te cuento: el edificio tiene ascensor, y el departamento es muy luminoso. ¿Te muestro horarios para conocerlo?",
    "Si el jueves no puedes, dime qué día te queda mejor y busco otra hora.",
    "Perfecto, entonces busco horas para el sábado a las 12 y te cuento.",
    "Solo puedo ayudarte con propiedades, financiamiento y visitas. ¿Qué estás buscando?",
    "De acuerdo, no te escribo más por ahora. ¡Que estés muy bien!",
    "Hola Camila, ¿cómo estás? Soy Sofía, asistente virtual de Andes. Vi que te interesa Ñuñoa, ¿buscas para vivir o invertir?",
    "Te entiendo. La ficha dice que el departamento tiene 2 dormitorios, 2 baños y 58 m² útiles, a UF 4.250.",
    "Los bancos suelen pedir tres liquidaciones de sueldo y 12 meses de cotizaciones.",
    "Con UF 4.250 y un pie del 20 % necesitarías juntar unas UF 850, y el saldo de UF 3.400 sería con crédito.",
    "Con gusto. Si quieres, el jueves a las 11:00 Ana te recibe en el edificio.",
    "La visita dura cerca de una hora y no tiene costo.",
    "Anoté tu correo y tu teléfono, gracias. ¿Tienes alguna otra duda?",
    "El departamento está en el piso 9 y tiene 2 estacionamientos.",
    "Por ahora no tengo departamentos de 3 dormitorios en Ñuñoa; el que hay es de 2 dormitorios, a UF 4.250.",
    "¡Genial! ¿Te acomoda más en la mañana o en la tarde?",
    "Para el jueves tengo a las 11:00 y a las 16:00.",
    "Perfecto, dejo anotado que prefieres el sábado a las 12 y lo consulto con el equipo.",
    "El ejecutivo te puede llamar hoy mismo si me dejas tu número.",
    "Lamentablemente el sábado no hay visitas, pero el viernes a las 10:00 sí.",
    "No te preocupes, podemos ver otro día.",
    "El subsidio DS1 lo otorga el Minvu; se postula en los llamados del año.",
    "Podemos ir juntos a verlo el jueves 26 a las 16:00, ¿te tinca?",
    "Te mando el resumen: Plaza Ñuñoa, UF 4.250, entrega inmediata.",
    "Está cerca de colegios y supermercados.",
    "Son 2 opciones: 1) Plaza Ñuñoa, UF 4.250 2) otra que estoy confirmando.",
)  # fmt: skip
AFTER_BOOKING = (
    "¡Listo, Camila! Tu visita quedó agendada para el jueves 26 de noviembre a las 11:00. Te esperamos.",
    "Tu visita está confirmada: jueves 26 a las 11:00. Si necesitas cambiarla, me escribes por acá.",
    "Sí, sigue en pie: te esperamos el jueves a las 11.",
    "Recuerda llegar unos minutos antes. ¿Necesitas la dirección?",
    "Puedo moverla al viernes a las 10:00. ¿La cambio?",
    "¿Quieres que cancele la visita del jueves?",
)
ENGLISH = (
    "Hi Tom! The Plaza Ñuñoa apartment costs UF 4,250 and has two bedrooms. Would you like to visit it?",
    "I can offer you Thursday 26 November at 11:00 or 16:00, or Friday at 10:00. Which one suits you?",
    "I don't have that confirmed; I'll check with the team and let you know here.",
    "Foreigners can buy property too; an agent will explain the documents that you need.",
)
PORTUGUESE = (
    "Oi, Ana! O apartamento em Ñuñoa custa UF 4.250 e tem dois quartos. Você gostaria de visitar?",
    "Posso oferecer quinta-feira às 11:00 ou às 16:00. Qual fica melhor para você?",
    "Não tenho esse dado confirmado; vou verificar com a equipe e aviso por aqui.",
)
TO_A_DEBTOR = (
    "Gracias por contármelo. Con una deuda vigente no te puedo adelantar cómo evaluará el banco; un ejecutivo revisará tu caso contigo.",
    "Lo primero suele ser regularizar la deuda. ¿De cuánto es, más o menos?",
    "Muchas personas pasan por eso, tranquila. ¿Quieres que un ejecutivo te oriente?",
    "El banco decide según tu situación; nosotros te acompañamos en el proceso. ¿Qué comuna te gusta?",
    "Mientras tanto puedes visitar el departamento sin compromiso: tengo el jueves a las 11:00.",
)
CASES: tuple[tuple[Known, tuple[str, ...]], ...] = (
    (TURN, WITH_OFFERS),
    (BOOKED, AFTER_BOOKING),
    (turn(language="en"), ENGLISH),
    (turn(language="pt"), PORTUGUESE),
    (turn(owes=True, question="¿me dan crédito con dicom?"), TO_A_DEBTOR),
    (NOTHING, ("¡Hola! ¿En qué comuna buscas?", "¿Me dices tu nombre?", "¡Que estés muy bien!")),
)


@pytest.mark.parametrize(
    ("known", "text"), [(known, text) for known, texts in CASES for text in texts]
)
def test_a_good_reply_passes(known: Known, text: str) -> None:
    assert violations(text, known) == []
