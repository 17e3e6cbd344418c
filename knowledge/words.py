"""The Spanish words of questions and listings: which count, which mean the same, their stems."""

import re
from collections.abc import Iterator

from leads.comunas import COMUNAS
from leads.folding import clean, fold

_WORD = re.compile(r"[^\W_]+")
_DECREE = re.compile(r"\bd\.?\s?s\.?\s?(?:n[°º]?\s?)?(1|19|49)\b", re.IGNORECASE)

_WITHOUT_CONTENT = (
    "a acepta aceptan acerca ademas ahi ahora al algo alguien algun alguna algunas alguno algunos alli antes aqui asi aun aunque bien"
    " busca buscamos buscando busco buen buena buenas bueno buenos cada como con cosa cosas cual cuales cualquier cuando cuanta cuantas cuanto"
    " cuantos cuesta cuestan da dame dan dar de debo del desde dia dias digo dime donde dos e el ella ellas ellos en"
    " entre era eran es esa esas ese eso esos esta estaba estan estar estas este esto estos estoy favor fue fueron funciona"
    " gracias gustaria ha haber habra hace hacen hacer hago han hasta hay haya hola igual interesa interesan info informacion ir la las"
    " le les lo los mas me mejor menos mi mis mismo mucha muchas mucho muchos muy nada necesita necesito ni ninguna ninguno no"
    " nos nosotros nuestra nuestro o ofrecen otra otras otro otros para pero pide piden podemos podria podrian poner por porfa"
    " porque posible preguntar pucha pudiera puede pueden puedo pues que queda quedan queria quien quienes quiero quisiera"
    " saber se sea seria ser si sido sin sirve sobre sola solo son soy su sus tal tambien tampoco tan"
    " tanto te tendria tendran tener tengo tiene tienen tienes toda todas todo todos tu tus u un una unas uno unos"
    " usted ustedes va vale valen van vas venden ver vez voy y ya yo"
)
STOP_WORDS = frozenset(_WITHOUT_CONTENT.split())

# Words that stand for one another; also forms that PostgreSQL's Spanish stemmer keeps apart.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    (
        "arriendo",
        "arriendos",
        "arrendar",
        "arriendan",
        "arrendado",
        "arrendatario",
        "alquiler",
        "alquileres",
        "alquilar",
    ),
    (
        "departamento",
        "departamentos",
        "depto",
        "deptos",
        "dpto",
        "dptos",
        "depa",
        "depas",
        "apartamento",
    ),
    ("dormitorio", "dormitorios", "dorm", "dorms", "habitación", "habitaciones", "pieza", "piezas"),
    ("estacionamiento", "estacionamientos", "estac", "parking", "cochera"),
    (
        "mascota",
        "mascotas",
        "perro",
        "perros",
        "perrito",
        "perrita",
        "gato",
        "gatos",
        "gatito",
        "animal",
        "animales",
    ),
    ("gasto", "gastos", "ggcc"),
    ("común", "comunes", "ggcc"),
    ("comisión", "comisiones", "honorario", "honorarios", "corretaje", "cobran"),
    ("reserva", "reservas", "reservar", "reservo", "reservarlo", "separar", "apartar"),
    (
        "crédito",
        "créditos",
        "hipoteca",
        "hipotecario",
        "hipotecarios",
        "préstamo",
        "financiamiento",
        "financiar",
        "banco",
        "bancos",
    ),
    ("pie", "pies", "enganche", "inicial"),
    ("renta", "rentas", "sueldo", "sueldos", "ingreso", "ingresos"),
    ("subsidio", "subsidios", "subsidiado", "subvención"),
    ("visita", "visitas", "visitar", "visitarlo", "recorrer", "conocer", "agendar"),
    ("horario", "horarios", "atienden", "atención", "abren", "abierto", "abiertos", "cierran"),
    ("oficina", "oficinas", "sucursal", "ubicados", "ubicadas"),
    ("piscina", "piscinas", "alberca"),
    (
        "extranjero",
        "extranjera",
        "extranjeros",
        "inmigrante",
        "inmigrantes",
        "migrante",
        "migrantes",
        "visa",
        "rut",
    ),
    ("inversión", "inversiones", "invertir", "inversionista", "inversionistas", "rentabilidad"),
    ("escritura", "escrituras", "escriturar", "notaría", "notario"),
    ("documento", "documentos", "papel", "papeles", "antecedente", "antecedentes", "documentación"),
    ("deuda", "deudas", "dicom", "moroso", "morosa", "boletín"),
    ("ahorro", "ahorros", "ahorrado", "ahorrar", "libreta"),
    ("patio", "patios", "jardín", "jardines"),
    ("bodega", "bodegas"),
    ("casa", "casas", "chalet"),
    ("estudio", "estudios", "monoambiente"),
    ("devolución", "devuelven", "devolver", "devuelto", "arrepiento", "arrepentirse"),
    ("plazo", "plazos", "demora", "demoran", "tarda", "tardan", "dura"),
    ("baño", "baños"),
    ("año", "años"),
)

_ENDINGS = (
    "aciones iciones amiento imiento acion icion mente iendo ando aron ieron adas ados idas idos amos emos imos"
    " ada ado ida ido aba ian ia ar er ir an en as os es a e o s"
)
_SUFFIXES = _ENDINGS.split()
_DIMINUTIVE = re.compile(r"it([oa]s?)$")
_GROUP = {fold(word): group for group in SYNONYMS for word in group}
# Spanish full-text search keeps ñ apart from n, and people leave it out.
_WITH_TILDE = {
    fold(word): word
    for comuna in COMUNAS
    for word in comuna.lower().split()
    if "ñ" in word or "ü" in word
}


def words(text: str) -> Iterator[str]:
    """The words that carry meaning, lower case, as typed; hostile signs are no words."""
    joined = _DECREE.sub(r" ds\1 ", clean(text.replace("\x00", " ")))
    for match in _WORD.finditer(joined.lower()):
        if fold(match[0]) not in STOP_WORDS and (len(match[0]) > 1 or match[0].isdigit()):
            yield match[0]


def variants(word: str) -> tuple[str, ...]:
    """Every spelling under which an entry may carry the word."""
    folded = fold(word)
    return _group(folded) or tuple(dict.fromkeys((word, _WITH_TILDE.get(folded, word))))


def root(word: str) -> str:
    """The folded stem of a word, the same for every word of its group."""
    folded = fold(word)
    group = _group(folded)
    return stem(fold(group[0]) if group else folded)


def _group(folded: str) -> tuple[str, ...] | None:
    return _GROUP.get(folded) or _GROUP.get(_DIMINUTIVE.sub(r"\1", folded))


def stem(folded: str) -> str:
    """The word without plural, gender and common endings, never shorter than three letters."""
    for suffix in _SUFFIXES:
        if folded.endswith(suffix) and len(folded) - len(suffix) >= 3:
            return folded[: -len(suffix)]
    return folded
