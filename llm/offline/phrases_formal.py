"""The words of the offline model for a lead who writes "usted"."""

from llm.offline.phrases import Spanish


class Formal(Spanish):
    """Only what differs: the rest is said alike to everybody."""

    ASK = {
        **Spanish.ASK,
        "name": ("¿Cómo se llama?", "¿Me dice su nombre?", "¿Con quién tengo el gusto? ¿Su nombre?"),
        "phone": ("¿Me deja un teléfono para contactarlo?", "¿A qué teléfono lo podemos contactar?"),
        "email": ("¿Me comparte un correo para enviarle la información?", "¿Cuál es su correo?"),
        "location": ("¿En qué comuna o sector le gustaría vivir?", "¿Qué comuna o sector está buscando?"),
        "budget": (
            "¿Qué presupuesto tiene pensado, en UF o en pesos?",
            "¿Hasta qué valor está buscando, en UF o en pesos?",
        ),
        "income": (
            "Para ver qué financiamiento le conviene: ¿cuál es su ingreso líquido mensual, más o menos?",
            "Así veo qué opciones le convienen: ¿cuánto es su ingreso líquido al mes, aproximadamente?",
        ),
        "dicom": (
            "Los bancos lo revisan siempre, por eso le pregunto: ¿tiene deudas en DICOM? Si no sabe, no hay problema.",
            "Como los bancos lo miran antes de prestar: ¿está en DICOM? Si no está seguro, me dice no más.",
        ),
        "timeline": (
            "¿Para cuándo piensa comprar o cambiarse?",
            "¿En qué plazo le gustaría concretar la compra?",
        ),
        "property_type": (
            "¿Busca casa o departamento?",
            "¿Qué tipo de propiedad busca, casa o departamento?",
        ),
        "bedrooms": ("¿Cuántos dormitorios necesita?", "¿Con cuántos dormitorios la busca?"),
    }  # fmt: skip
    ASK_AGAIN = {
        **Spanish.ASK_AGAIN,
        "name": "Para saber con quién hablo, ¿cuál es su nombre?",
        "phone": "Cuando pueda, ¿me da un teléfono de contacto?",
        "email": "Cuando pueda, ¿me deja su correo?",
        "location": "Para buscar bien, ¿qué comuna prefiere?",
        "budget": "Con un rango aproximado me basta: ¿qué presupuesto tiene?",
        "income": "Un rango me sirve y es solo para orientarlo: ¿cuánto es su ingreso líquido mensual?",
        "dicom": "Basta un sí, un no o un no sé: ¿está en DICOM?",
        "timeline": "¿Sería pronto o más adelante? ¿Para cuándo piensa comprar?",
        "property_type": "¿Prefiere casa o departamento?",
        "bedrooms": "¿Cuántos dormitorios le acomodan?",
    }
    WHY = {
        "income": "Se lo pregunto porque el banco define el crédito según su ingreso líquido; es solo para orientarlo.",
        "dicom": "Se lo pregunto porque los bancos revisan DICOM antes de dar un crédito; es solo para orientarlo.",
        "debt_amount": "Se lo pregunto porque el monto cambia las alternativas que le puedo mostrar.",
        "phone": "Es para avisarle de la visita o si aparece algo que le sirva.",
        "email": "Es para enviarle la información por escrito.",
        "name": "Es para saber cómo tratarlo.",
        "budget": "Así le muestro solo propiedades que le sirvan.",
    }
    WHY_OTHERWISE = "Lo pregunto solo para mostrarle opciones que le sirvan."
    PHONE_WHOLE = "¿Me escribe su celular completo, por ejemplo +56 9 y ocho dígitos?"
    GROSS = "¿Y cuánto le queda líquido al mes, lo que llega a su cuenta?"
    HELLO = "Buenas."
    INTRO = "Buenas, soy {agent}, asistente virtual de {broker}."
    INTRO_NAMELESS = "Buenas, soy asistente virtual."
    PURPOSE = "Le ayudo a encontrar propiedad y a coordinar visitas."
    IS_BOT = "Soy {agent}, asistente virtual{of_broker}: un programa, no una persona. Si prefiere a alguien del equipo, me lo dice."
    GREETED = ("Buenas de nuevo.", "Buenas.")
    PLEASED = ("Un gusto, {name}.", "Mucho gusto, {name}.", "Encantada, {name}.")
    NOTED = ("Perfecto, {facts}.", "Muy bien, {facts}.", "Entiendo: {facts}.")
    THANKED = ("Perfecto, gracias.", "Gracias, me sirve mucho.", "Muy bien.")
    CLEAN = ("Qué bueno que esté sin DICOM.", "Sin DICOM, eso ayuda mucho.")
    NO_MATTER = ("No hay problema, lo dejamos pendiente.", "No se preocupe, lo vemos después.")
    DEBT = "Gracias por contármelo. Con una deuda vigente no le puedo adelantar cómo evaluará el banco; normalmente piden regularizarla primero, y eso se ve caso a caso."
    REVIEW_MARK = "va a revisar su caso"
    REVIEW = "Con estos datos el financiamiento se ve difícil por ahora, pero una persona del equipo va a revisar su caso con usted."
    GENERAL = {
        **Spanish.GENERAL,
        "privacy": "Sus datos se usan para atender su búsqueda, y puede pedir que los corrijamos o eliminemos.",
    }
    SLOTS = (
        "Tengo estas horas para la visita:",
        "Puedo ofrecerle estas horas:",
        "Para visitarla están estas horas:",
    )
    CHOOSE = "¿Cuál le acomoda más?"
    CHOOSE_ONE = "¿Le acomoda esa hora?"
    CHOOSE_AGAIN = "Muy bien."
    WHICH_DAY = "Entiendo. ¿Qué día y en qué horario le acomoda más?"
    NO_SLOTS = "Por ahora no veo horas disponibles. ¿Quiere que lo contacte una persona del equipo para coordinar?"
    BOOKING_FAILED = "Tuve un problema al tomar esa hora. ¿Quiere que lo coordine con usted una persona del equipo?"
    NO_BOOKING = "Las visitas las coordina una persona del equipo. ¿Quiere que lo contacte una persona del equipo?"
    BOOKED = "Listo{name}: su visita quedó agendada para el {label}{place}{agent}."
    ASK_PHONE_BOOKED = "¿Me deja un teléfono por si hay que avisarle algo?"
    BOOKED_CLOSE = "Si necesita cambiarla, me escribe por acá."
    CANCELLED = "Listo, su visita quedó cancelada. Si quiere otra fecha, me dice y la coordinamos."
    CANCEL_FAILED = "No pude cancelarla desde acá. ¿Quiere que lo contacte una persona del equipo?"
    NOTHING_TO_CANCEL = "No veo una visita agendada a su nombre."
    APPOINTMENT = "Su visita es el {label}{place}{agent}."
    NO_APPOINTMENT = "Todavía no tiene una visita agendada."
    CONFIRMED = "Perfecto, lo esperamos. Su visita es el {label}{place}{agent}."
    LATE = "Gracias por avisar, no se preocupe. Su visita es el {label}{place}{agent}."
    LATE_TOLD = (
        "Gracias por avisar, ya le conté a quien lo espera. Su visita es el {label}{place}{agent}."
    )
    HANDED_OVER = {
        "requested": "Por supuesto, le paso la conversación a una persona del equipo.",
        "anger": "Lamento mucho la molestia. Le paso su caso a una persona del equipo.",
        "complaint": "Lamento mucho lo que pasó. Le paso su reclamo ahora mismo a una persona del equipo.",
        "legal_threat": "Entiendo y lo tomo en serio. Le paso su caso a una persona del equipo.",
        "no_progress": "Creo que no le estoy ayudando bien. Le paso la conversación a una persona del equipo.",
        "other": "Eso lo ve directamente una persona del equipo; le paso su mensaje.",
    }
    ANSWER_FROM = "Le responderá {when}."
    ANSWER_SOON = "Le responderá por este mismo medio en cuanto esté disponible."
    NO_HANDOFF = (
        "Entiendo. Desde acá no puedo derivarlo, pero su mensaje queda registrado para el equipo."
    )
    FAREWELL = ("Que esté muy bien.", "Un gusto, que tenga buen día.")
    NOT_INTERESTED = "Entendido, gracias por avisarme. Si más adelante necesita algo, me escribe."
    POSTPONED = "Perfecto, tómese su tiempo. Cuando quiera seguimos por acá."
    VISIT_LATER = "Sin problema. Cuando quiera ver alguna propiedad, me avisa."
    ANYTHING_ELSE = ("¿Le ayudo con algo más?", "Cualquier duda, me escribe por acá.")
    CONFUSED_MARK = "no le entendí bien"
    CONFUSED = "Disculpe, no le entendí bien. ¿Busca una propiedad, quiere coordinar una visita o necesita otra cosa?"
    UNSURE = {
        "wants_cancel": "Para estar seguros: ¿quiere cancelar la visita o cambiarla de hora?",
        "wants_reschedule": "Para estar seguros: ¿quiere cambiar la visita a otra hora?",
        "person": "¿Quiere que le ayude una persona del equipo?",
        "wants_visit": "¿Le gustaría coordinar una visita?",
    }
    ONLY_HOMES = "Con eso no le puedo ayudar: acá vemos propiedades, financiamiento y visitas."
    OF_OTHERS = "Por privacidad no puedo dar datos ni visitas de otras personas; con lo suyo le ayudo con gusto."
    MEDIA = "Gracias, pero por acá no alcanzo a ver fotos ni archivos ni a escuchar audios. ¿Me lo cuenta por escrito?"
    NOT_SHOWN = "Eso no lo puedo mostrar ni cambiar, pero feliz le ayudo con su búsqueda."
    NOT_FOR_SALES = "Gracias por escribir. Acá atendemos a quienes buscan propiedad; su mensaje queda registrado para el equipo."
    SAFE = "Gracias por su mensaje. Cuénteme qué necesita y lo vemos paso a paso."
