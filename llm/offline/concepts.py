"""What the words of a question or a passage mean: subjects of the trade by name, other words by their stem."""

import re
from functools import lru_cache
from typing import Any

from leads.folding import fold

_WORD = re.compile(r"[a-z0-9]+")
# A subject is marked by "=": every spelling and language of it is one. In order: the first that fits.
_SUBJECTS: tuple[tuple[str, str], ...] = (
    ("=ds1", r"ds0?1$"),
    ("=ds19", r"ds19$"),
    ("=ds49", r"ds49$"),
    ("=subsidio", r"subsid|subvenc"),
    ("=reserva", r"reserv|apartar|apart(?:o|an)$|separar|booking$|deposit|seña$|sena$"),
    ("=arrepentirse", r"arrepient|arrepent|retract|desist"),
    ("=devolver", r"devuel|devol|reembols|refund|return|reintegr|pierd|perder|recuper"),
    ("=operacional", r"conservador|tasacion|desgravamen|operacional|estampill|closing$"),
    ("=comision", r"comision|honorari|corretaj|commission|corretag|comissao|fees?$"),
    ("=cuotas", r"cuot|installment|prestac"),
    ("=pie", r"pie$|enganche|inicial$|downpayment|entrada$"),
    ("=mascota", r"mascot|perr[oai]|gat[oai]t?|gat[oa]s?$|pets?$|dogs?$|puppy|cats?$|cachorr|animal|poodle|kiltro|quiltro|michi"),
    ("=documento", r"document|papel|requisit|antecedent|paperwork"),
    ("=dicom", r"dicom|moros"),
    ("=dividendo", r"dividend|mensualid"),
    ("=leasing", r"leasing"),
    ("=credito", r"credit|hipotec|financ|prestam|prestan|presta$|prestar|mortgage|loans?$|bancos?$|banks?$|bancari|emprest"),
    ("=renta", r"rentas?$|sueld|ingreso|salari|income"),
    ("=complementar", r"complement|combin|juntar|juntamos|sumar|sumamos"),
    ("=independiente", r"independ|boleta|emprended|freelance|selfemployed|autonom"),
    ("=antiguedad", r"antigu"),
    ("=horario", r"horari|atien|abren$|abre$|abiert|cierr|open|close|funcionam|atend"),
    ("=oficina", r"oficin|sucursal|offices?$|ubicad|ustedes$|located"),
    ("=direccion", r"direccion|address|endereco"),
    ("=visita", r"visit|recorr|viewing|tours?$|recorrido"),
    ("=evaluacion", r"evalu|preevalu|simulac"),
    ("=nuevo", r"nuev|proyect|verde$|blanco$|newbuild"),
    ("=variable", r"variable"),
    ("=dueno", r"duen[oa]|propietari"),
    ("=usado", r"usad"),
    ("=arriendo", r"arriend|arrend|alquil|alug"),
    ("=garantia", r"garanti"),
    ("=ahorro", r"ahorr|libret|savings?$|poupan"),
    ("=registro", r"registro$|rsh$"),
    ("=extranjero", r"extranj|foreign|pasaport|passport|residenc|migrant|inmigr|estrang|definitiva|temporal$|temporari|venezol|haitian|colombian|peruan"),
    ("=tramo", r"tramos?$"),
    ("=bono", r"bonos?$"),
    ("=promesa", r"promesa"),
    ("=escritura", r"escritur|notari"),
    ("=impuesto", r"iva$|impuest|tax"),
    ("=contribuciones", r"contribuc"),
    ("=llamado", r"llamados?$|convocator"),
    ("=titulos", r"titulos$"),
    ("=postular", r"postul"),
    ("=costo", r"cost|cobr|pag[aoue]|pagan?$|gratis|gratuit|free$|charge|cuest|vale$|valen$|sale$|precio|valor$|preco"),
    ("=duracion", r"dura$|duran$|duracion|demor|tarda|plazo"),
    ("=anticipacion", r"anticip|antes$"),
    ("=contado", r"contado|cash$"),
    ("=interes", r"interes(?:es)?$"),
    ("=metro", r"metro$|subway|estacion$"),
)  # fmt: skip
_SUBJECT_PATTERNS = tuple((name, re.compile(rf"(?:{pattern})")) for name, pattern in _SUBJECTS)
# Words of a question that say nothing of its subject.
SOFT = frozenset(
    """
    kiere kiero quere qiere sabe sabes sab ola hla tb cierto verdad mira oiga amiga
    a al algo alguien algun alguna ahi ahora aca alla alli aun aunque asi bien bueno buena buenas buenos como con cosa cual
    cuales cuando cuant cuanta cuantas cuanto cuantos da dan de del desde dia dias donde dos e el ella ellas ellos en entre era
    es esa ese eso esas esos esta estan estar este esto estoy fue ha hace hacer hay haya hasta hola igual info informacion ir la
    las le les lo los mas me mejor mi mis mia mio mucho muy nada necesita necesito ni no nos nosotros o otra otras otro otros para
    pero po por porque puede pueden puedo puedes podria podrian podriamos que quien quiero quisiera saber se sea ser si siempre
    sin sobre solo son soy su sus tal tambien tampoco tan te tengo tenga tener tiene tienen tienes toda todas todo todos tu un
    una uno unos unas va van ver verlo verla y ya yo usted uds ud porfa favor gracias oye disculpa disculpe consulta pregunta
    duda entonces pues cachai bkn weno wena ah oh ok sipo nop x d jaja jajaja
    depto deptos departamento departamentos casa casas propiedad propiedades vivienda viviendas inmueble inmuebles unidad edificio
    piden pide pedir pido dicen dice decir digo dime aceptan acepta aceptar admiten permiten permite trabajan trabaja ofrecen
    manejan tienes sirve sirven aplica exigen exige funciona importa existe uso usa usar usan uso quedo queda quedan
    llevar llevo lleva tendria tendria habria seria deberia debo deben hayq hago hacen guardan guarda guardar respeta cae
    comprar compra compro compramos compre vender venden vendes buscar busco buscando quieren querer gustaria interesa
    pasa pasaria quiere dejan deja ido voy vamos viene vienen trae incluye incluyen cuenta
    tiempo mes meses ano anos semana semanas hora horas hrs vez veces momento tarde tardes noche noches temprano señor senor senorita don dona
    mama papa hijo hija marido esposa esposo pareja pololo polola senora familia persona personas gente amigo
    the of to you your is are for with what when which would have has this it we can please thanks hello i am my do does how
    much where want need there any in at on not be from but so an a or and if one that they them could should also get much many
    os um uma voce voces seu sua que qual quais quanto quantos quanta onde pode quer nao sao em ou na no com tem isso apto
    apartamento apartamentos imovel imoveis apartment apartments house houses property properties home homes unit flat
    boa bom tarde dia noite oi ola obrigado obrigada fica custa custam aceita aceitam precisa preciso eu minha meu
    guys allow allows allowed accept accepts let lets take takes renting rent looking look know tell give gets going go some more about there's folks guy lot big small
    monthly month months year years per each only before after while also into out up down who why either both really possible usually normally
    voces aceita permite permitem tenho temos preciso queria gostaria saber sobre por favor aqui la isso esse essa desse dessa meu grande pequeno comigo mes meses ano anos entao ja mais menos muito tambem
    dorm dorms dormi domingo domingos lunes martes miercoles jueves viernes sabado sabados feriado feriados finde sunday sundays saturday saturdays monday friday weekend weekends sabado domingo
    minimo minima maximo maxima respecto problema problemas drama permitido permitida varios varias cada ask asks come comes time cubre cubren rol
    porcentaje digo onda tipo plata monto total aprox aproximado aproximadamente exactamente exacto bruto seria cortita rapida rapidita simple hoy dia manana pasado
    buy buying comprando venda chile chili in only just still says say says unit units place available
    """.split()  # noqa: SIM905 - a table of words
)
# Verbs in any form that carry no subject either.
_SOFT_VERB = re.compile(
    r"(?:ped|pid|dec|dic|dij|ten|teng|tien|tuv|pod|pued|pud|quer|quier|quis|deb|hac|hag|hic|hiz|sab|sep|necesit|dar|dej|pon|pus"
    r"|llev|sirv|acept|admit|permit|trabaj|ofrec|manej|gust|busc|inclu|exig|exij|qued|vien|veng|baj|llam|funcion|convien|recib"
    r"|compr|vend|habr|hub|hay|est|ser|sal|tom|met|pas|lleg|ocup|consider|cuent|suel|avis|confirm|expli)"
    r"(?:o|a|e|as|es|an|en|amos|emos|imos|ia|ias|ian|iera|ieran|ido|ida|idos|idas|ado|ada|ados|adas|iendo|ando|ar|er|ir|aria|eria|iria|arian|erian|irian|ara|era|ira|aran|eran|iran|iste|aste|io|aron|ieron|ga|gan|re|ria|rian|dria|drian|dra|dran|me|te|lo|la|los|las|nos|arlo|erlo|irlo|arla|erla|ame|eme|enme|anme)?$"
)
_GREETING = re.compile(
    r"(?:h?ol+a+s*|buen[oa]+s*|wen[oa]+s*|(?:ja){2,}j?|(?:je){2,}|hi+|hey+|oi+e*)$"
)
_ENDINGS = ("amiento", "imiento", "aciones", "iciones", "aron", "ieron", "aban", "aria", "arian", "acion", "icion", "mente", "iendo", "ando", "ada", "ado", "ida", "ido",
            "adas", "ados", "idas", "idos", "aria", "ario", "able", "ible", "ar", "er", "ir", "an", "en", "as", "os", "es", "a", "e", "o", "s")  # fmt: skip
_DIGITS = {"uno": "1", "dos": "2", "tres": "3"}
_PHRASES: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"\ba honorarios\b"), "independiente"),
    (re.compile(r"\bdown payment\b"), "downpayment"),
    (re.compile(r"\bself[ -]employed\b"), "selfemployed"),
    (re.compile(r"\btramo (?:n )?(\d|uno|dos|tres)\b"), lambda found: "tramo" + _DIGITS.get(found[1], found[1])),
    (re.compile(r"\bregistro social(?: de hogares)?\b"), "rsh"),
    (re.compile(r"\b(?:ds|d s) ?-?(?:n ?)?(0?1|19|49)\b"), r"ds\1"),
    (re.compile(r"\bo(?:s|utro)? escritorio\b"), "oficina"),
    (re.compile(r"\b(?:ir a|para) (?:ver|conocer)\b"), "visita"),
    (re.compile(r"\b(?:me|se) (?:echo|echa|eche) para atras\b"), "arrepentirse"),
)  # fmt: skip


def concepts(folded: str) -> frozenset[str]:
    """The subjects and the other telling words of a folded text."""
    for pattern, plain in _PHRASES:
        folded = pattern.sub(plain, folded)
    return frozenset(
        concept(word)
        for word in _WORD.findall(folded)
        if len(word) > 1 and word not in SOFT and not _is_soft(word)
    )


@lru_cache(maxsize=8192)
def _is_soft(word: str) -> bool:
    if _GREETING.match(word):
        return True
    return bool(_SOFT_VERB.match(word)) and not is_subject(concept(word))


@lru_cache(maxsize=8192)
def concept(word: str) -> str:
    return next((name for name, pattern in _SUBJECT_PATTERNS if pattern.match(word)), stem(word))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Without plural, gender and common endings, never shorter than four letters."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def is_subject(name: str) -> bool:
    return name.startswith("=")


def folded_concepts(text: str) -> frozenset[str]:
    return concepts(fold(text))
