"""The words of the offline model in Spanish: what it asks and says, warm and short."""


class Spanish:
    """Another language has the same names; {braces} are filled in."""

    # For each fact: first asks, varied by the moment, then how to ask a second time.
    ASK: dict[str, tuple[str, ...]] = {
        "name": ("¿Cómo te llamas?", "¿Me dices tu nombre?", "¿Con quién tengo el gusto?"),
        "phone": (
            "¿Me dejas un teléfono para contactarte?",
            "¿A qué teléfono te podemos contactar?",
        ),
        "email": ("¿Me compartes un correo para enviarte la información?", "¿Cuál es tu correo?"),
        "location": (
            "¿En qué comuna o sector te gustaría vivir?",
            "¿Qué comuna o sector estás buscando?",
        ),
        "budget": (
            "¿Qué presupuesto tienes pensado, en UF o en pesos?",
            "¿Hasta qué valor estás buscando, en UF o en pesos?",
        ),
        "income": (
            "Para ver qué financiamiento te calza: ¿cuál es tu ingreso líquido mensual, más o menos?",
            "Así veo qué opciones te convienen: ¿cuánto es tu ingreso líquido al mes, aproximadamente?",
        ),
        "dicom": (
            "Los bancos lo revisan siempre, por eso te pregunto: ¿tienes deudas en DICOM? Si no sabes, no hay problema.",
            "Como los bancos lo miran antes de prestar: ¿estás en DICOM? Si no estás seguro, me dices no más.",
        ),
        "debt_amount": (
            "¿De cuánto es la deuda, más o menos?",
            "¿Y cuál es el monto de la deuda, aproximadamente?",
        ),
        "timeline": (
            "¿Para cuándo piensas comprar o cambiarte?",
            "¿En qué plazo te gustaría concretar la compra?",
        ),
        "property_type": (
            "¿Buscas casa o departamento?",
            "¿Qué tipo de propiedad buscas, casa o departamento?",
        ),
        "bedrooms": ("¿Cuántos dormitorios necesitas?", "¿Con cuántos dormitorios la buscas?"),
    }
    ASK_AGAIN: dict[str, str] = {
        "name": "Para saber con quién hablo, ¿cuál es tu nombre?",
        "phone": "Cuando puedas, ¿me das un teléfono de contacto?",
        "email": "Cuando puedas, ¿me dejas tu correo?",
        "location": "Para buscar bien, ¿qué comuna prefieres?",
        "budget": "Con un rango aproximado me basta: ¿qué presupuesto tienes?",
        "income": "Un rango me sirve y es solo para orientarte: ¿cuánto es tu ingreso líquido mensual?",
        "dicom": "Basta un sí, un no o un no sé: ¿estás en DICOM?",
        "debt_amount": "Un aproximado me sirve: ¿cuál es el monto de la deuda?",
        "timeline": "¿Sería pronto o más adelante? ¿Para cuándo piensas comprar?",
        "property_type": "¿Prefieres casa o departamento?",
        "bedrooms": "¿Cuántos dormitorios te acomodan?",
    }
    WHY: dict[str, str] = {
        "income": "Te lo pregunto porque el banco define el crédito según tu ingreso líquido; es solo para orientarte.",
        "dicom": "Te lo pregunto porque los bancos revisan DICOM antes de dar un crédito; es solo para orientarte.",
        "debt_amount": "Te lo pregunto porque el monto cambia las alternativas que te puedo mostrar.",
        "phone": "Es para avisarte de la visita o si aparece algo que te sirva.",
        "email": "Es para enviarte la información por escrito.",
        "name": "Es para saber cómo tratarte.",
        "budget": "Así te muestro solo propiedades que te sirvan.",
    }
    WHY_OTHERWISE = "Lo pregunto solo para mostrarte opciones que te sirvan."
    PHONE_WHOLE = "¿Me escribes tu celular completo, por ejemplo +56 9 y ocho dígitos?"
    GROSS = "¿Y cuánto te queda líquido al mes, lo que llega a tu cuenta?"

    HELLO = "¡Hola!"
    INTRO = "¡Hola! Soy {agent}, asistente virtual de {broker}."
    INTRO_NAMELESS = "¡Hola! Soy asistente virtual."
    PURPOSE = "Te ayudo a encontrar propiedad y a coordinar visitas."
    IS_BOT = "Soy {agent}, asistente virtual{of_broker}: un programa, no una persona. Si prefieres a alguien del equipo, me lo dices."
    A_PROGRAM, OF_BROKER = "un programa", " de {broker}"
    GREETED: tuple[str, ...] = ("¡Hola de nuevo!", "¡Hola!")
    FINE = "¡Muy bien, gracias por preguntar!"
    PLEASED: tuple[str, ...] = ("Un gusto, {name}.", "¡Hola, {name}!", "Encantada, {name}.")
    NOTED: tuple[str, ...] = ("Perfecto, {facts}.", "Ya, {facts}.", "Buenísimo: {facts}.")
    THANKED: tuple[str, ...] = ("Perfecto, gracias.", "Ya, me sirve mucho.", "Buenísimo.")
    CLEAN: tuple[str, ...] = ("Qué bueno que estés sin DICOM.", "Sin DICOM, eso ayuda mucho.")
    NO_MATTER: tuple[str, ...] = (
        "No hay problema, lo dejamos pendiente.",
        "Tranquilo, lo vemos después.",
    )
    PHONE_REFUSED = "Ese número no me aparece como un teléfono válido."
    EMAIL_REFUSED = "Ese correo no me aparece como válido."
    KINDS: dict[str, str] = {}
    ROOM, ROOMS, SIZED = "{count} dormitorio", "{count} dormitorios", "{kind} de {rooms}"
    IN_PLACE, OR, UP_TO = "en {places}", " o ", "hasta {limit}"

    DEBT = "Gracias por contármelo. Con una deuda vigente no te puedo adelantar cómo evaluará el banco; normalmente piden regularizarla primero, y eso se ve caso a caso."
    SUBSIDY = "También hay subsidios del Estado, como el DS1 o el DS19, que vale la pena mirar."
    REVIEW_MARK = "va a revisar tu caso"
    REVIEW = "Con estos datos el financiamiento se ve difícil por ahora, pero una persona del equipo va a revisar tu caso contigo."

    GENERAL: dict[str, str] = {
        "dicom": "Con deudas en DICOM los bancos normalmente piden regularizarlas antes de evaluar un crédito; cada caso se ve por separado.",
        "subsidy": "Los subsidios del Estado más usados para comprar son el DS1 y el DS19; los requisitos los publica el Minvu.",
        "privacy": "Tus datos se usan para atender tu búsqueda, y puedes pedir que los corrijamos o eliminemos.",
    }

    SLOTS: tuple[str, ...] = (
        "Tengo estas horas para la visita:",
        "Puedo ofrecerte estas horas:",
        "Mira, para visitarla están estas horas:",
    )
    SLOTS_OTHERWISE = "Para ese momento no tengo horas, pero sí estas:"
    SLOT_TAKEN = "Esa hora se acaba de ocupar. Me quedan estas:"
    CHOOSE = "¿Cuál te acomoda más?"
    CHOOSE_ONE = "¿Te acomoda esa hora?"
    CHOOSE_AGAIN = "¡Buenísimo!"
    WHICH_DAY = "Entiendo. ¿Qué día y en qué horario te acomoda más?"
    NO_SLOTS = "Por ahora no veo horas disponibles. ¿Quieres que te contacte una persona del equipo para coordinar?"
    BOOKING_FAILED = "Tuve un problema al tomar esa hora. ¿Quieres que lo coordine contigo una persona del equipo?"
    NO_BOOKING = "Las visitas las coordina una persona del equipo. ¿Quieres que te contacte una persona del equipo?"
    BOOKED = "¡Listo{name}! Tu visita quedó agendada para el {label}{place}{agent}."
    PLACE, WITH_AGENT, SOME_DAY = ", en {place}", ", con {agent}", "día acordado"
    ASK_NAME_BOOKED = "¿A nombre de quién la dejo?"
    ASK_PHONE_BOOKED = "¿Me dejas un teléfono por si hay que avisarte algo?"
    BOOKED_CLOSE = "Si necesitas cambiarla, me escribes por acá."
    CANCELLED = (
        "Listo, tu visita quedó cancelada. Si quieres otra fecha, me dices y la coordinamos."
    )
    CANCEL_FAILED = "No pude cancelarla desde acá. ¿Quieres que te contacte una persona del equipo?"
    NOTHING_TO_CANCEL = "No veo una visita agendada a tu nombre."
    APPOINTMENT = "Tu visita es el {label}{place}{agent}."
    NO_APPOINTMENT = "Todavía no tienes una visita agendada."
    CONFIRMED = "¡Perfecto, te esperamos! Tu visita es el {label}{place}{agent}."
    LATE = "Gracias por avisar, no te preocupes. Tu visita es el {label}{place}{agent}."
    LATE_TOLD = (
        "Gracias por avisar, ya le conté a quien te espera. Tu visita es el {label}{place}{agent}."
    )

    HANDED_OVER: dict[str, str] = {
        "requested": "Claro, le paso la conversación a una persona del equipo.",
        "anger": "Lamento mucho la molestia. Le paso tu caso a una persona del equipo.",
        "complaint": "Lamento mucho lo que pasó. Le paso tu reclamo ahora mismo a una persona del equipo.",
        "legal_threat": "Entiendo y lo tomo en serio. Le paso tu caso a una persona del equipo.",
        "no_progress": "Creo que no te estoy ayudando bien. Le paso la conversación a una persona del equipo.",
        "other": "Eso lo ve directamente una persona del equipo; le paso tu mensaje.",
    }
    ANSWER_FROM = "Te responderá {when}."
    ANSWER_SOON = "Te responderá por este mismo medio en cuanto esté disponible."
    NO_HANDOFF = (
        "Entiendo. Desde acá no puedo derivarte, pero tu mensaje queda registrado para el equipo."
    )

    WELCOME: tuple[str, ...] = ("¡De nada!", "¡Con gusto!")
    FAREWELL: tuple[str, ...] = ("¡Que estés muy bien!", "¡Un gusto, que tengas buen día!")
    NOT_INTERESTED = "Entendido, gracias por avisarme. Si más adelante necesitas algo, me escribes."
    POSTPONED = "Perfecto, tómate tu tiempo. Cuando quieras seguimos por acá."
    VISIT_LATER = "Sin problema. Cuando quieras ver alguna propiedad, me avisas."
    ANYTHING_ELSE: tuple[str, ...] = (
        "¿Te ayudo con algo más?",
        "Cualquier duda, me escribes por acá.",
    )
    CONFUSED_MARK = "no te entendí bien"
    WILL_CHECK: tuple[str, ...] = (
        "Ese dato no lo tengo confirmado: lo reviso con el equipo y respondo por aquí.",
        "Eso prefiero no inventarlo: lo averiguo y respondo por aquí.",
        "No lo tengo a mano, así que lo consulto con el equipo y respondo por este medio.",
    )
    WILL_CHECK_THE_REST = "Lo otro no lo tengo confirmado: lo reviso y respondo por aquí."
    CONFUSED = "Disculpa, no te entendí bien. ¿Buscas una propiedad, quieres coordinar una visita o necesitas otra cosa?"
    UNSURE: dict[str, str] = {
        "wants_cancel": "Para estar seguros: ¿quieres cancelar la visita o cambiarla de hora?",
        "wants_reschedule": "Para estar seguros: ¿quieres cambiar la visita a otra hora?",
        "person": "¿Quieres que te ayude una persona del equipo?",
        "wants_visit": "¿Te gustaría coordinar una visita?",
    }
    ONLY_HOMES = "Con eso no te puedo ayudar: acá vemos propiedades, financiamiento y visitas."
    OF_OTHERS = "Por privacidad no puedo dar datos ni visitas de otras personas; con lo tuyo feliz te ayudo."
    MEDIA = "Gracias, pero por acá no alcanzo a ver fotos ni archivos ni a escuchar audios. ¿Me lo cuentas por escrito?"
    REMARKED: dict[str, tuple[str, ...]] = {
        "joke": ("Jaja, entiendo.", "Jaja, ya."),
        "story": ("Gracias por contarme.", "Entiendo, gracias por contarme."),
    }
    NOT_SHOWN = "Eso no lo puedo mostrar ni cambiar, pero feliz te ayudo con tu búsqueda."
    NOT_FOR_SALES = "Gracias por escribir. Acá atendemos a quienes buscan propiedad; tu mensaje queda registrado para el equipo."
    SAFE = "Gracias por tu mensaje. Cuéntame qué necesitas y lo vemos paso a paso."

    @classmethod
    def clarifying(cls) -> tuple[str, ...]:
        """The questions that ask what a message is for: a second one in a row goes to a person."""
        return (cls.CONFUSED_MARK, *cls.UNSURE.values())
