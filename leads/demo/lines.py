"""The sentences of the demo's conversations, as people in Chile write them."""

OPENINGS = {
    "with_place": (
        "Hola, vi {article} {kind} de {place} en el portal, ¿sigue disponible?",
        "Buenas! busco {a_kind} en {comuna}, me interesó el aviso de {place}",
        "Hola, ¿me pueden dar información del aviso de {place} en {comuna}?",
        "holaa, sigue a la venta {article} {kind} de {place}? ando buscando en {comuna}",
        "Buenas tardes, quisiera saber por {article} {kind} en {comuna}",
        "Hola! con mi pareja andamos mirando en {comuna} y nos gustó {article} {kind} de {place}",
    ),
    "without_place": (
        "Hola, ando buscando {a_kind}, ¿me pueden ayudar?",
        "Buenas! necesito comprar {a_kind}, cómo funciona con ustedes?",
        "Hola buenas tardes, quiero dejar de arrendar y comprar {a_kind}",
        "hola, me recomendaron hablar con ustedes, busco {a_kind}",
        "Buenas, estoy recién empezando a ver {kind}s para comprar",
    ),
}

INTRODUCTIONS = (
    "¡Hola! Soy Sofía, la asistente virtual de {broker}. Con gusto te ayudo. {question}",
    "Hola, qué bueno que escribes. Te habla Sofía, asistente virtual de {broker}. {question}",
    "¡Hola! Gracias por escribir a {broker}. Soy Sofía, una asistente virtual, y te voy a orientar. "
    "{question}",
)

REACTIONS = ("Gracias, {first}.", "Perfecto, {first}.", "Anotado, {first}.", "¡Buenísimo, {first}!")
PLAIN_REACTIONS = ("Gracias por contarme.", "Perfecto.", "Entiendo.", "Anotado.")

ASKS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("name",): (
        "¿Con quién tengo el gusto?",
        "¿Me dices tu nombre y apellido?",
        "Para partir, ¿cómo te llamas?",
    ),
    ("location",): (
        "¿En qué comuna te gustaría vivir?",
        "¿Qué comuna o sector estás mirando?",
    ),
    ("budget",): (
        "¿Hasta cuánto piensas invertir, aproximadamente en UF?",
        "¿Tienes un presupuesto en mente, más o menos en UF?",
    ),
    ("location", "budget"): (
        "¿Qué comuna prefieres y hasta cuántas UF piensas invertir?",
        "Cuéntame en qué sector buscas y qué presupuesto tienes, aunque sea aproximado.",
    ),
    ("name", "location", "budget"): (
        "¿Me cuentas tu nombre, en qué comuna buscas y tu presupuesto aproximado en UF?",
    ),
    ("name", "budget"): ("¿Me cuentas tu nombre y tu presupuesto aproximado en UF?",),
    ("phone",): (
        "¿A qué teléfono te puede llamar un ejecutivo si hace falta?",
        "¿Me dejas un número de contacto para coordinar?",
    ),
    ("income",): (
        "Para orientarte con el financiamiento, ¿cuál es tu renta líquida mensual aproximada?",
    ),
    ("dicom",): ("¿Tienes alguna deuda informada en DICOM? «No sé» también sirve.",),
    ("income", "dicom"): (
        "Para orientarte con el crédito: ¿cuál es tu renta líquida mensual y tienes deudas en DICOM?",
        "¿Me cuentas tu renta líquida aproximada y si estás en DICOM? Es solo para orientarte mejor.",
    ),
}

TELLS: dict[str, tuple[str, ...]] = {
    "name": ("{name}", "Soy {name}", "Me llamo {name}", "{name}, mucho gusto"),
    "location": (
        "idealmente en {comuna}",
        "estoy mirando {comuna}",
        "{comuna} me gusta harto",
        "por {comuna} ojalá",
    ),
    "budget": (
        "hasta {budget} UF más o menos",
        "unas {budget} UF",
        "tengo pensado cerca de {budget} UF",
        "no más de UF {budget}",
    ),
    "phone": ("{phone}", "claro, es el {phone}", "anota: {phone}", "mi celu es {phone}"),
    "email": ("y mi correo es {email}",),
    "income": (
        "gano {income} líquidos",
        "mi sueldo líquido es de {income}",
        "como {income} al mes, líquido",
        "entre los dos juntamos {income}",
    ),
}

DICOM: dict[str, tuple[str, ...]] = {
    "clean": (
        "y en dicom nada, por suerte",
        "cero deudas en dicom",
        "no estoy en dicom",
        "dicom limpio",
    ),
    "has_debt": (
        "tengo una deuda en dicom de {debt}",
        "sí, aparezco en dicom por {debt} de una tarjeta",
    ),
    "unknown": ("la verdad no sé si estoy en dicom",),
}

TIMELINES: dict[str, tuple[str, ...]] = {
    "now": ("queremos cambiarnos lo antes posible", "ojalá cerrar este mes"),
    "within_90_days": ("la idea es comprar en unos dos o tres meses", "antes de marzo ojalá"),
    "later": ("igual es para el próximo año", "no tengo tanto apuro, es para más adelante"),
}

# What leads ask, and the answer that the knowledge base gives.
QUESTIONS: dict[str, tuple[str, str]] = {
    "pie": (
        "¿cuánto pie piden?",
        "Lo habitual es un pie del 20 %; en proyectos en verde se puede pagar en hasta 36 cuotas sin "
        "interés.",
    ),
    "ds19": (
        "¿se puede con subsidio DS19?",
        "Sí: Vicuña Mackenna, en La Florida, es un proyecto adscrito al DS19. Se reserva directamente "
        "si cumples los requisitos de ahorro y de Registro Social de Hogares.",
    ),
    "ds1": (
        "¿qué necesito para el DS1?",
        "Para el DS1 se pide una cuenta de ahorro para la vivienda con 12 meses de antigüedad, estar "
        "en el Registro Social de Hogares y no tener otra vivienda.",
    ),
    "inversion": (
        "lo quiero para arrendarlo, ¿en cuánto se arrienda?",
        "El de 1 dormitorio en metro Irarrázaval tiene un arriendo estimado de $420.000 mensuales.",
    ),
    "mascotas": (
        "¿aceptan mascotas? tengo una perrita",
        "Sí, admiten mascotas; cada reglamento de copropiedad fija las condiciones para los espacios "
        "comunes.",
    ),
    "comision": (
        "¿ustedes cobran comisión?",
        "En propiedades usadas la comisión es del 2 % más IVA, al firmar la escritura; en proyectos "
        "nuevos no pagas comisión.",
    ),
    "reserva": (
        "¿con cuánto se reserva?",
        "Se reserva con $300.000, que se descuentan del precio, y queda fuera de la venta por 7 días.",
    ),
}
ORDER = ("name", "location", "budget", "phone", "income", "dicom")
FINANCING = frozenset({"pie", "ds19", "ds1"})

OFFERS = (
    "Para conocer {home} tengo {slot} o {other}. ¿Cuál te acomoda?",
    "Te puedo coordinar una visita {to_home}: {slot} o {other}. ¿Te sirve alguna?",
)
CHOICES = (
    "{slot} me acomoda, {timeline}",
    "perfecto {slot}. {timeline}",
    "dale, {slot} está bien. {timeline}",
)
BOOKED = (
    "Listo, {first}: tu visita {to_home} quedó agendada para {slot}. Te espera {agent}. ¡Nos vemos!",
    "¡Agendado! Te esperamos {slot} en {home}, con {agent}. Si necesitas cambiarla, escríbeme.",
)
NUDGES = (
    "Hola, te leo cuando puedas. Cuéntame un poco de lo que buscas y te envío opciones.",
    "¿Sigues buscando? Escríbeme cuando quieras y te ayudo con los detalles.",
)

# What follows after the first conversation: (who, text).
ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "liked": (
        ("agent", "Hola {first}, soy {agent}, de {broker}. ¿Qué te pareció la visita {to_home}?"),
        (
            "lead",
            "Nos gustó harto! la luz es increíble. Lo estamos conversando, ¿nos mandas la simulación?",
        ),
        (
            "agent",
            "Qué bueno. Hoy te envío la simulación con dos bancos para que la revisen juntos.",
        ),
    ),
    "doubts": (
        ("agent", "Hola {first}, soy {agent}. Gracias por visitar {home}. ¿Cómo lo vieron?"),
        (
            "lead",
            "Lindo, pero los gastos comunes se me escapan un poco. Queremos ver un par de opciones más",
        ),
        ("agent", "Te entiendo. Te busco alternativas parecidas con menos gastos y te escribo."),
    ),
    "referral": (
        ("agent", "{first}, ¡felicitaciones! El banco ya cursó el crédito {of_home}."),
        (
            "lead",
            "Gracias por todo {agent}! Mi cuñada también anda buscando, le voy a pasar tu contacto",
        ),
        (
            "agent",
            "Muchas gracias por la confianza. Feliz de ayudarla, que me escriba cuando quiera.",
        ),
    ),
    "won": (
        ("agent", "Hola {first}, quedó firmada la escritura {of_home}. ¡Muchas felicidades!"),
        ("lead", "Muchas gracias! Impecable la atención, los vamos a recomendar"),
        ("agent", "Gracias a ustedes. Cualquier cosa con la entrega, me avisas."),
    ),
    "bought_elsewhere": (
        ("agent", "Hola {first}, soy {agent}. ¿Pudiste revisar las opciones que te mandamos?"),
        ("lead", "Hola, gracias, pero al final ya compramos con otra corredora"),
    ),
    "postponed": (
        ("agent", "Hola {first}, ¿cómo va la búsqueda en {comuna}?"),
        ("lead", "Lo vamos a dejar para el próximo año, mi marido cambió de trabajo"),
        ("agent", "Ningún problema. Quedo atento y les escribo cuando lo retomen."),
    ),
    "opted_out": (("lead", "gracias pero no me escriban más por favor"),),
    "not_qualified": (
        (
            "agent",
            "Hola {first}, soy {agent}. Revisé tu caso y me gustaría contarte qué opciones hay.",
        ),
        ("lead", "Gracias, ¿me puedes llamar mañana después de las 6?"),
        ("agent", "Claro, te llamo mañana a las 18:15."),
    ),
}
REASONS = {
    "bought_elsewhere": "Compró con otra corredora",
    "postponed": "Postergó la compra para el próximo año",
    "opted_out": "Pidió no ser contactado",
}

HANDOVERS: dict[str, tuple[str, str, str, str]] = {
    # the lead's words, the assistant's last ones, the reason, why now
    "requested": (
        "prefiero hablar con una persona, ¿me puede llamar un ejecutivo?",
        "Por supuesto, {first}. Ya le avisé a un ejecutivo del equipo, que te escribe o te llama "
        "durante la próxima hora de atención.",
        "requested",
        "Quiere que lo llame un ejecutivo; no sabe si está en DICOM.",
    ),
    "anger": (
        "la otra vez dejé una reserva con ustedes y nadie me la devuelve. Si no lo arreglan voy al "
        "Sernac y a mi abogado",
        "Lamento mucho lo ocurrido, {first}. Ya le avisé a una persona del equipo para que lo revise "
        "contigo; te contactará durante la próxima hora de atención.",
        "legal_threat",
        "Reclama la devolución de una reserva: revisar el caso antes de responder.",
    ),
}

CLOSINGS = {
    "low_income": "Gracias por la confianza, {first}. Con esa renta conviene mirar los subsidios del "
    "Estado, como el DS1 o el DS19. Le pido a un ejecutivo que revise tu caso y te contacte.",
    "debt": "Gracias por contármelo, {first}. Con una deuda vigente no puedo adelantarte una "
    "evaluación. Le pido a un ejecutivo que te oriente sobre cómo regularizarla y qué opciones hay.",
    "visit": "¿Te gustaría conocer {home}? Las visitas duran cerca de una hora y no tienen costo.",
    "unknown_dicom": "No hay problema, {first}: puedes revisarlo gratis y me cuentas. Mientras tanto, "
    "¿te gustaría conocer {home}?",
}
