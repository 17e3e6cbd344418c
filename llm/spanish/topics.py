"""Finds the question in a lead's message, what it is about, and the words to search with."""

import re

from crm.patterns import Pattern
from leads.folding import fold
from llm.spanish.meaning import Question

_TOPICS: tuple[tuple[str, str], ...] = (
    ("dicom", r"\bdicom\b|morosidad"),
    ("subsidy", r"\bsubsidio|\bds ?-?(?:1|01|19|49)\b|minvu|serviu"),
    ("financing", r"credito|hipotecari|financi|\bpie\b|dividendo|leasing|\btasa|banco|preaprob|pre.aprob|calific|fogaes|renta minima|complementar"),
    ("expenses", r"gastos? comun|contribuciones|\bgc\b|\bggcc\b|mantencion"),
    ("pets", r"mascota|perr[oa]s?\b|perrit|gat[oa]s?\b|gatit|pet ?friendly"),
    ("parking", r"estacionamiento|parking|\bauto\b|bodega"),
    ("documents", r"documento|papeles|requisito|que (?:se )?necesit|liquidaciones|que piden"),
    ("delivery", r"entrega|en verde|en blanco|inmediata|listo para|ano de construc|antiguedad"),
    ("size", r"metros|\bm2\b|superficie|tamano|cuantos? (?:dormitorios|banos|piezas)|orientacion|que piso"),
    ("amenities", r"piscina|gimnasio|quincho|lavander|terraza|balcon|conserje|seguridad|ascensor|cowork|sala de|areas verdes|juegos|jardin|patio|calefac|amoblad"),
    ("location", r"\bdonde (?:queda|esta|se ubica|es|estan)|direccion|ubica|\bmetro\b|cerca de|que comuna|en que (?:comuna|sector|calle)|locomocion|colegio|supermercado|barrio"),
    ("photos", r"\bfotos?\b|\bvideos?\b|imagenes|plano|recorrido virtual|brochure|folleto|link"),
    ("price", r"\bprecio|\bvalor|\bcuanto (?:vale|cuesta|sale|es|piden|esta)|\bcosto|descuento|promocion|oferta|\brebaja|negociable|\buf\b.*\bhoy|reserva"),
    ("privacy", r"(?:de donde|como) (?:\w+ )?(?:sacaron|obtuvieron|consiguieron|tienen) (?:mi|mis)|mis datos|privacidad|ley 21\.?719"),
    ("company", r"\b(?:horario de atencion|oficinas?|sucursal|quienes son|a que hora (?:atienden|abren|cierran)|que empresa|de que (?:empresa|inmobiliaria)|comision|cobran|honorarios|son confiables|es gratis|tiene costo)\b"),
    ("availability", r"tien(?:en|es)|\bhay\b|dispon|queda[n]?\b|busca|opciones|alternativas|ofrece|aun esta|sigue|venden|arriendan|\binfo(?:rmacion)?\b|detalles|interesa|do you have|available"),
)  # fmt: skip
_TOPIC_PATTERNS = tuple((topic, Pattern(pattern)) for topic, pattern in _TOPICS)
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.](?=\d)[^.!?\n]*)*[.!?]*\n?")
_STARTS = re.compile(
    r"^\W*(?:(?:hola+|buenas?(?: tardes| noches)?|buenos dias|oye|disculp[ae]|una (?:consulta|pregunta|duda)|consulta|pregunta|y|pero|ah|ok|perdon|gracias)\b[\s,:.]*)*"
    r"(?:que|cual(?:es)?|cuant[oa]s?|donde|como (?:puedo|podria|es|funciona|hago|se|seria|queda|son|estan?|puede)|cuando (?:puedo|podria|podemos|es|son|entregan|parten|abren|se entrega|estaria|hay)|quien|(?:a|de|en|con|por|para) (?:que|cual|cuanto|donde|quien)|tien(?:en|es)|hay|acepta[ns]?|se puede|sirve|incluye|tiene|viene|es (?:posible|cierto|verdad)|esta (?:disponible|cerca|incluido)|aun (?:esta|tienen|queda)|sigue|queda|q|k|puedo|podria|admiten|permiten|trabajan|cuesta|vale)\b"
)
_ASKS = Pattern(
    r"\b(?:quisiera|quiero|me gustaria|necesito|queria|quería|me interesa) (?:saber|conocer mas|mas (?:info|informacion|detalles)|informacion|info|que me (?:cuentes|expliques|digas|informes|manden|envies))\b"
    r"|\b(?:me (?:puedes?|podrias?|pueden|podrian)|puedes?|podrias?|pueden) (?:decir|contar|explicar|informar|mandar|enviar|dar|indicar|confirmar|compartir)(?:me|nos)?\b|\b(?:mandame|enviame|cuentame|dime|explicame|dame) (?:mas |las? |los? |el |que |cuanto |de |info|foto)"
    r"|\b(?:informacion|info|detalles) (?:de|del|sobre|por)\b|\bmas (?:info|informacion|detalles)\b|^\W*(?:info|informacion|precios?|valor(?:es)?|ubicacion|fotos?|requisitos|disponible)\W*$"
)
_NOT_A_QUESTION = re.compile(
    r"^\W*(?:(?:hola+|y|ok|ya|bueno|si|hola)?[\s,]*)(?:(?:y (?:tu|usted|ud))|cierto|verdad|ok|ya|si|no|dale|te parece|cachai|me explico|hola|alo|(?:hay )?alguien(?: ahi)?|estas(?: ahi)?|como (?:estas?|te va|andas?|estai)|que tal|sabes|(?:que|como) te llamas|cual es tu nombre|quien eres|sii*)?\W*$"
    r"|^\W*que (?:lata|bueno|buena|bien|lindo|linda|rico|pena|fome|genial|mal|triste|raro|amable|bacan|maravilla)\b[^?]*$"
    r"|\bcomo estas?\b(?! ubicad)|\bquien (?:eres|me habla)|^\W*(?:que|como)\W*$|\bte puedo (?:hacer|pedir)|\bpuedo (?:preguntar|hacer)"
)


def find_question(text: str) -> Question | None:
    """The sentences that ask something; greetings and "¿y tú?" are no question."""
    asking = [sentence.strip() for sentence in _SENTENCE.findall(text) if _asks(fold(sentence))]
    if not asking:
        return None
    query = " ".join(asking)
    return Question(_topic(fold(query)), query[:300])


def _asks(folded: str) -> bool:
    if not folded.strip() or _NOT_A_QUESTION.search(folded):
        return False
    return "?" in folded or bool(_STARTS.match(folded) or _ASKS.search(folded))


def _topic(folded: str) -> str:
    return next((topic for topic, pattern in _TOPIC_PATTERNS if pattern.search(folded)), "other")
