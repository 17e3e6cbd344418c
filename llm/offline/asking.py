"""Takes a message apart into its questions: what each asks for, and of what subject."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from crm.patterns import Pattern
from leads.comunas import locate
from leads.folding import clean, excerpt, fold
from llm.offline.concepts import concepts
from llm.offline.subjects import asked_for, likely
from llm.spanish.shorthand import spell_out
from llm.spanish.topics import find_question

_READ, _MOST = 1_500, 5  # letters of a message, and questions that are answered at once
_LONGEST = 240
_BEFORE = 120  # letters before a question that has no subject of its own


class Kind(StrEnum):
    """What an answer has in it."""

    AMOUNT = "amount"
    DURATION = "duration"
    COUNT = "count"
    WHEN = "when"
    WHERE = "where"
    NAME = "name"
    WHICH = "which"
    WHETHER = "whether"


@dataclass(frozen=True, slots=True)
class Asked:
    """``subject`` are the concepts of the question itself, ``about`` those of what was said with it."""

    text: str
    folded: str
    kind: Kind
    subject: frozenset[str]
    about: frozenset[str] = frozenset()
    guess: str = ""  # what it is like among examples; blank where they do not decide
    likely: str = ""  # what it is likeliest, for whoever finds the same in its words


_KINDS = (
    (Kind.NAME, r"\bcomo se llaman?\b|\b(?:que|cual es el) nombre\b|\bel nombre (?:de|del)\b|\bwhat is (?:it|the \w+) called\b"),
    (Kind.DURATION, r"\bcuant[oa]s? (?:tiempo|dias?|meses|mes|semanas?|horas?|minutos?)\b|\bcuanto (?:me |se |te |nos )?(?:dura\w*|demora\w*|tarda\w*)\b|\bque plazo|\bcuanta antiguedad\b|\bpor cuanto\b|\bhow long\b|\bquanto tempo\b|\bquantos (?:dias|meses)\b"),
    (Kind.COUNT, r"\bcuant[oa]s (?:\w+)\b|\ben cuantas?\b|\bhow many\b|\bquant[oa]s \w+\b"),
    (Kind.WHEN, r"\bcada cuanto\b|\ba que hora|\bhasta que hora|\bhorarios?\b|\bque (?:dias?|fecha|horario)\b|\bcuando\b|\bpara cuando\b|\bwhen\b|\bwhat time\b|\b(?:opening|office|business) hours\b|\bque horas\b|\bquando\b|\babren\b|\batienden\b|\bcierran\b|\bare you open\b"),
    (Kind.WHERE, r"\ba?donde\b|\bdireccion\b|\bubica\w*\b|\bque (?:calle|comuna|sector|barrio)\b|\bwhere\b|\baddress\b|\bonde\b|\bendereco\b"),
    (Kind.AMOUNT, r"\bcuant[oa]\b|\b(?:que|cual es el|cual seria el) (?:precio|valor|monto|porcentaje|costo)\b|\b(?:que|el|los|su|cual) precios?\b|^\W*(?:y )?precios?\b|\bprecios? (?:de|tiene|porfa)\b|\bhow much\b|\bquanto\b|\bwhat (?:is|'s) the (?:price|cost|fee)\b|\bqual o (?:preco|valor)\b|^\W*(?:el )?(?:precio|valor|costo)s?\b"),
    (Kind.WHICH, r"\b(?:que|cual(?:es)?) (?:\w+ ){0,2}?(?:papel\w*|document\w*|requisitos?|antecedentes|necesit\w+|pid\w+|ped\w+|tengo que|hay que|banco\w*|subsidio\w*|piso|orientacion|incluye)\b|\bque (?:es|son|tan)\b|\bcual(?:es)?\b|\bwhat\b|\bwhich\b|\bquais\b|\bqual\b|\bcomo (?:es|funciona\w*|se|puedo|hago|son)\b|\brequisitos\b"),
)  # fmt: skip
_KIND_PATTERNS = tuple((kind, Pattern(pattern)) for kind, pattern in _KINDS)
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.](?=\d)[^.!?\n]*)*[?]?")
# A question that begins within a sentence: "… y cuántos baños", "…, se puede ampliar?".
_BEGINS = re.compile(
    r"(?:,|;|:|¿|\by\b|\be\b|\band\b|\btambien\b|\bpero\b)\s*(?=(?:y )?(?:a |de |en |con |por |para |desde |hasta )?(?:cuant[oa]s?|cual(?:es)?|que (?:papel|document|requisit|tan|hay|tiene|opciones|casas|deptos|ofrecen|tengo|necesit|pasa|incluye|piso|banco|subsidio|precio|valor|dia|hora|me |se |es|cosas)|donde|como|cuando|quien"
    r"|how|what|where|when|which|is|are|can|does|do|quant[oa]s?|qual|quais|onde|tem)\b"
    r"|(?:y )?(?:se (?:puede|devuelve|aceptan?|incluye|paga)|tiene[ns]?|hay|aceptan?|incluye|trae|viene|admiten?|cobran?|puedo|podria|es (?:muy )?\w+\?|esta \w+\?|me lo|la aceptan|lo aceptan|tienen|(?:yo )?(?:quier[eo]|kier[eo]|quisiera|queria|necesito|me gustaria) saber?|si (?:tiene|hay|acepta|se puede|es|esta|incluye|viene|trae|queda))\b)"
    r"|:\s+|¿"
)
_HALVES = re.compile(r"(?:,\s*|\s)(?:y|e|and)\s+|,\s+")
_K = re.compile(r"\bk(uant|uál|ual|omo|uand)")
_TAIL = re.compile(r"[\s,;¿]+(?:y|e|and|,|pero|también)?[\s,;¿]*$")
_MARKED = re.compile(
    r"^\W*(?:y |pero )?(?:a|de|en|con|hasta|desde|por|para) (?:que|cual|cuant[oa]s?|quien) (?!me )|\b(?:a|hasta|desde) que hora\b|(?<!en )\bcuant[oa]s?\b(?! (?:antes|menos|mas)\b)|\bque tan\b|\bcomo se llama|^\W*(?:y |pero )?(?:para |desde |de )?cuando (?:lo|la|se|me|entreg\w+|esta\w*|abren|es|puedo|podria)\b"
    r"|^\W*(?:and |but |so )?(?:does|do|is|are|can|could|will|would) (?:the|it|this|that|there|they|you|i|we)\b"
    r"|\ba?donde (?:queda|esta|es|estan|tengo|hay|se|puedo|los|las|lo|la|que)\b|\ba que hora\b|\bhow (?:much|many|long|big)\b|\bquant[oa]s?\b"
    r"|\b(?:quier[eo]|kier[eo]|quisiera|necesito|me gustaria|queria) saber?\b|\b(?:que|cual(?:es)?) (?:papel|papeles|document\w{1,6}|requisitos?)\b|\bme interesa saber\b|\bse puede\b|\bes cierto que\b|\bhay que\b.*\?|\bcual(?:es)? (?:es|son|de (?:l[oa]s|ell[oa]s|es[oa]s)|tienen?|esta|queda|viene|trae|me|nos)\b"
)
_LABEL = Pattern(
    r"^\W*(?:y |el |la |los |las |hola |buenas )*(?:precios?|valor|gastos comunes|ggcc|metros|superficie|ubicacion|direccion|requisitos|orientacion|fotos?|horarios?|comision|estacionamientos?)\b"
)
_VERB = Pattern(
    r"\b(?:tiene[ns]?|tengo|hay|habra|acepta\w*|admite\w*|permite\w*|deja[ns]?|puedo|puede\w*|podria\w*|se \w+|cobra\w*|paga\w*|pago|es|son|esta\w*|incluye\w*"
    r"|viene\w*|trae\w*|sirve\w*|necesit\w+|devuelve\w*|dan|da|trabaja\w*|queda\w*|cuenta\w*|piden?|reciben?|hacen?|ofrece\w*|manejan?|atienden?|abren?|exige\w*|venden?"
    r"|me \w+n|is|are|can|do|does|has|have|aceitam?|tem|posso|podem?|permitem?|precis\w+|e|fica)\b"
)
_SHORT = 8  # words: a label that begins a long sentence asks nothing
_OF_A_HOME = (
    r"\b(?:(?:el|la|los|del|al|ese|esa)\s+)?(?:(?:depto|dpto|departamento|casa|casita|estudio|propiedad)\s+)?"
    r"(?:(?:de|en|d)\s+)?(?:(?:el|la|los|las)\s+)?"
)
_PREAMBLE = re.compile(
    r".{0,80}?\b(?:(?:quer[ei]a|quiero|kier[eo]|quisiera|necesito|me (?:gustaria|interesa)|gostaria de|queria|lo unico que (?:quiero|me falta))"
    r" saber(?: es)?|sab(?:es|e|en|ra|rias)|me (?:puedes|podrias|puede|podria|pueden) (?:decir|confirmar|contar)|tienes idea|tem ideia"
    r"|(?:do|would) you know|(?:can|could) you tell me|i(?:'d| would) like to know|i was wondering)\b(?: (?:si|de|if|whether|se))?\s+"
)
# Where a preamble, a reason or an alternative begins or ends.
_PARTS = re.compile(
    r"[,;()]|\b(?:porque|es que|ya que|pero|aunque|aunq|pues|para|because|but|since|pois|mas)\b"
    r"|\bo (?=(?:es|hay|se|esta|viene|tengo|tenemos|nos?|despues|piden|hace)\b)|\by (?=(?:si|tengo|soy)\b)"
)
_OPENS = Pattern(
    r"^\W*(?:y |pero )?(?:como|que|q|cual\w*|quien|donde|cuando|cuant\w+|what|who|how|qual|quem)\b"
)
_MARK = re.compile(
    r"\[[a-zA-Záéíóúñ ]{3,40}\]"
)  # what stands for a picture, or before a transcript
_APOLOGY = Pattern(
    r"\b(?:disculp\w+|perdon\w*) (?:que|por|la|tanta)\b|\b(?:ultima|una|otra) (?:pregunta|consulta|duda)\W*$"
)
_INDIRECT = Pattern(
    r"^\W*(?:y )?si (?:tiene|hay|acepta\w*|se puede|es|esta|incluye|viene|trae|queda)\b"
)
_ASKING = Pattern(r"\b(?:consult\w*|pregunt\w*|saber|duda|confirm\w*|dime|decirme|info\w*)\b")
_CONFIRM = Pattern(
    r"\b(?:confirm[ae]\w*|dime|dame|cuentame|mandame|enviame)\b.*\b(?:precio|valor|si|info\w*|gastos|datos|detalles|ficha)\b"
)
_INFO = Pattern(
    r"^\W*(?:hola |buenas |quiero |quisiera |necesito |dame |mas |busco |me das )*(?:info|informacion|detalles|caracteristicas|ficha|datos)\b"
)
_UNKNOWING = Pattern(
    r"\bno (?:se|sabemos|tengo claro|estoy segur\w) (?:\w+ ){0,3}(?:cuant|cual|donde|cuando|que)"
)


def questions_in(text: str, names: Collection[str] = ()) -> list[Asked]:
    """Each question of a message, in order; one without a subject of its own takes what was said before it.

    ``names`` are folded names of properties, which say nothing of what is asked.
    """
    found: list[Asked] = []
    before: frozenset[str] = frozenset()
    previous = ""
    asking = _ASKING.search(fold(clean(text[:_READ])))
    plainly = _MARK.sub(" ", clean(excerpt(text, _READ)))
    for clause, marked in _each(_K.sub(r"c\1", spell_out(plainly))):
        folded = fold(clause)
        subject = concepts(folded)
        plain = _plain(folded, names)
        indirect = bool(asking and _INDIRECT.search(folded)) or bool(_PREAMBLE.match(folded))
        asks = indirect or _asks(clause, folded, marked)
        guess = asked_for(folded, asks=asks) or asked_for(plain, asks=asks)
        if guess or asks:
            guess = guess or _guess_of_a_part(plain, "" if subject else previous)
            found.append(
                Asked(clause, folded, kind_of(folded), subject, before, guess, _likeliest(plain))
            )
        before |= subject
        previous = f"{previous} {plain}"[-_BEFORE:]
    return found[:_MOST]


def _plain(folded: str, names: Collection[str]) -> str:
    """Without the words that ask, and with names of places and properties as "that one"."""
    if (asking := _PREAMBLE.match(folded)) and len(folded) > asking.end():
        folded = folded[asking.end() :]
    places = (folded[found.start : found.end] for found in locate(folded))
    for name in sorted({*names, *places}, key=len, reverse=True):
        if name in folded:
            folded = re.sub(rf"{_OF_A_HOME}{re.escape(name)}\b", "ese", folded)
    return folded


def _guess_of_a_part(plain: str, previous: str) -> str:
    """What a question is like without its preamble or its reason, or together with what it follows."""
    joined = [f"{previous} {plain}"] if previous else []
    return next((guess for each in (*_parts(plain), *joined) if (guess := asked_for(each))), "")


def _likeliest(plain: str) -> str:
    return next((name for each in (plain, *_parts(plain)) if (name := likely(each))), "")


def _parts(plain: str) -> list[str]:
    """Where a preamble, a reason or an alternative stands beside the question: each by itself."""
    parts = [part for each in _PARTS.split(plain) if len((part := each.strip()).split()) > 1]
    return parts if parts != [plain.strip()] else []


def kind_of(folded: str) -> Kind:
    """A noun alone ("¿y comisión?") asks what there is of it, not whether."""
    found = next((kind for kind, pattern in _KIND_PATTERNS if pattern.search(folded)), None)
    return found or (Kind.WHETHER if _VERB.search(folded) else Kind.WHICH)


def _each(text: str) -> Iterator[tuple[str, bool]]:
    """The clauses; one that asks for two things ("qué calefacción tiene y caben 2 autos") in its halves."""
    for clause, marked in _clauses(text):
        halves = [half for half in _HALVES.split(clause) if half.strip()][:_MOST]
        folded = [fold(half) for half in halves]
        subjects = {guess for half in folded if (guess := asked_for(half) or likely(half))}
        if len(halves) > 1 and len(subjects) == len(halves):
            yield from ((half, marked) for half in halves)
        else:
            yield clause, marked


def _clauses(text: str) -> Iterator[tuple[str, bool]]:
    """Pieces that may be a question of their own, each with whether its sentence ends with a mark."""
    for sentence in _SENTENCE.findall(text):
        marked = sentence.endswith("?")
        starts = [0, *(match.end() for match in _BEGINS.finditer(fold(sentence)))]
        for start, end in zip(starts, [*starts[1:], len(sentence)], strict=True):
            piece = _TAIL.sub("", sentence[start:end].strip(" ,;¿?"))[:_LONGEST]
            if piece:
                yield piece, marked and (end == len(sentence) or "¿" in sentence[:start])


def _asks(clause: str, folded: str, marked: bool) -> bool:
    if _APOLOGY.search(folded) and not marked:
        return False
    if _UNKNOWING.search(folded):
        return False
    if _MARKED.search(folded) or _CONFIRM.search(folded) or _INFO.search(folded):
        return True
    if marked and len(folded.split()) > 1 and (_VERB.search(folded) or _OPENS.search(folded)):
        return True
    if _LABEL.search(folded) and len(folded.split()) <= _SHORT:
        return True
    return find_question(f"{clause}?" if marked else clause) is not None
