"""Tells from the assistant's last message what it asked the lead for."""

from crm.patterns import Pattern
from leads.folding import clean, fold

# In order: the first that fits the last question wins. "dicom_clean" asks whether there is no debt.
_TABLE: tuple[tuple[str, str], ...] = (
    ("clarify", r"necesitas? otra cosa|something else|outra coisa"),
    ("reschedule", r"quieres? cambiar la visita a otra hora|move the visit to another time\?|mudar a visita para outro horario"),
    ("debt_amount", r"amount of the debt|how much is the debt|valor da divida|quanto e a divida|(?:monto|cuanto|a cuanto|valor|total|suma)[^?]*(?:deud|debes|adeud|moros)|deuda[^?]*(?:monto|cuanto|a cuanto|asciende)"),
    ("dicom_clean", r"(?:estas|estar|tienes|te encuentras) (?:\w+ )?(?:limpi[oa]|sin deudas|libre|al dia)"),
    ("dicom", r"dicom|deudas?|moros|boletin comercial|antecedentes comerciales|situacion (?:comercial|crediticia)|protestos|historial credit"),
    ("cancel", r"(?:cancel|anul)[^?]*\?"),
    ("human", r"someone from the team|pessoa da equipe|(?:persona|alguien|ejecutiv|asesor|humano)[^?]*(?:equipo|contacte|llame|responda|escriba|te ayude)|(?:hablar|conversar|derive) con (?:una|un|alguien)"),
    ("slot", r"which (?:one|day)|does that time|qual (?:fica|dia)|esse horario fica|(?:cual|que|alguna?|alguno)[^?]*(?:horario|hora|opcion|alternativa|dia|de (?:estos|estas))[^?]*(?:acomoda|prefieres|sirve|queda|conviene|gusta|reserv|agend)"
             r"|cual (?:de \w+ )?(?:te |le )?(?:acomoda|prefieres|sirve|queda|conviene|tomas|eliges|reservo|agendo)|(?:que|para que) dia|elige|dime cual|cual eliges|te (?:acomoda|sirve) (?:alg|el|la|es)"),
    ("income", r"net (?:monthly|per month)|\brenda\b|ingreso|sueldo|\brenta\b|\bganas\b|liquid|cuanto (?:te )?(?:ganas|pagan)|remuneracion|salario"),
    ("email", r"correo|e-?mail\b|\bmail\b"),
    ("phone", r"\bphone\b|telefone|telefono|celular|\bfono\b|whats ?app|numero (?:de (?:contacto|celular)|para (?:contactar|llamar)|te (?:contact|llam))|que numero|tu numero|contactarte"),
    ("name", r"your name|what name|seu nome|nome de quem|voce se chama|como te llamas|(?:tu|su) nombre|con quien (?:tengo|hablo|converso)|a nombre de quien|como (?:puedo|debo|te puedo) (?:llamarte|decirte|dirigirme)|como se llama|quien (?:eres|habla)|cual es tu nombre"),
    ("property_type", r"house or an? apartment|casa ou apartamento|casa[^?]* o [^?]*(?:depto|departamento)|(?:depto|departamento)[^?]* o [^?]*casa|tipo de (?:propiedad|inmueble|vivienda)|que (?:propiedad|inmueble|vivienda) (?:buscas|te)"),
    ("bedrooms", r"bedrooms|quartos|dormitorios|habitaciones|piezas"),
    ("budget", r"\bbudget\b|orcamento|presupuesto|rango de (?:precio|valor)|cuanto (?:te gustaria |quieres |piensas |puedes |estas dispuest\w )?(?:invertir|gastar|pagar)|(?:valor|precio|monto) (?:maximo|aproximado|de la propiedad|tienes|buscas)|hasta (?:cuanto|que (?:valor|monto|precio))|inversion"),
    ("timeline", r"do you plan to|timeline|para quando voce|\bprazo\b|(?:cuando|para cuando|en que plazo|que plazo|en cuanto tiempo)[^?]*(?:compr|cambi|mud|adquir|concretar|decid|tener|necesit|buscas|arrend|vivienda|plazo)?|plazo|que tan pronto|horizonte"),
    ("location", r"which area|neighbourhood|\bbairro\b|\bregiao\b|comuna|sector|zona|ubicacion|(?:en )?donde (?:buscas|te gustaria|quieres|estas buscando|te interesa|prefieres|necesitas)|que (?:barrio|ciudad|lugar)"),
    ("visit", r"arrange a visit|marcar uma visita|(?:agend|coordin|visit|conocer|ver)[^?]*(?:visita|propiedad|departamento|casa|depto|horarios?|opciones|piloto)|(?:agend|coordin)(?:amos|ar|emos)|te muestro (?:los )?horarios|horarios disponibles"),
)  # fmt: skip
_LONGEST = 1500  # the question stands at the end
_MOST = 12  # sentences looked at, from the last one back
_PATTERNS = tuple((name, Pattern(pattern)) for name, pattern in _TABLE)
# Words that hold one of the table's and mean something else.
_ASIDE = (("asesoria", ""), ("renta de arriendo", "arriendo"))
_EITHER = Pattern(r"(?:limpi[oa]|sin deudas|libre|al dia)[^?]*\bo (?:tienes|estas|con)")
_QUESTION = Pattern(r"[^.!?¿\n:]*(?:¿[^?]*|[^.!?¿\n]*)\?")
_REQUEST = Pattern(
    r"(?:me (?:das|dejas|compartes|indicas|cuentas|dices|confirmas|regalas)|cuentame|dime|indicame|confirmame|necesito|falta|podrias|dejame|elige|escribeme|responde)[^.!?\n]*"
)


def asked_in(text: str | None) -> str | None:
    """The fact (or "slot", "visit", "human", "cancel", "reschedule", "clarify") that the message's last question asks for."""
    if not text:
        return None
    folded = fold(clean(text[-2 * _LONGEST :]))[-_LONGEST:]
    sentences = _QUESTION.findall(folded) or _REQUEST.findall(folded)
    latest = reversed(sentences[-_MOST:])
    return next((name for sentence in latest if (name := _named(sentence))), None)


def _named(sentence: str) -> str | None:
    for aside, plain in _ASIDE:
        sentence = sentence.replace(aside, plain)
    named = (name for name, pattern in _PATTERNS if pattern.search(sentence))
    return next((name for name in named if name != "dicom_clean" or _is_clean(sentence)), None)


def _is_clean(sentence: str) -> bool:
    """Not "¿estás al día, o tienes deudas?", which asks for both."""
    return not _EITHER.search(sentence)
