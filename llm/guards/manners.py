"""How a reply presents itself: as an assistant, in the lead's language, and about properties."""

import re

from crm.patterns import Pattern
from leads.folding import clean, fold
from leads.languages import language_of
from llm.guards.known import Known, Rule, Violation
from llm.guards.sentences import sentences

ASKS_WHO = Pattern(
    r"\b(?:eres|sos|eri|es|seras?|esto es) (?:tu |usted )?(?:(?:realmente|de verdad|acaso) )?(?:un |una )?(?:bot|robot|chat ?bot|ia|inteligencia artificial|maquina|humano|humana"
    r"|persona|programa|asistente virtual|alguien real|real|automatic[oa]|chat ?gpt)\b[^.!]{0,40}\?"
    r"|\b(?:eres|sos) (?:un |una )?(?:bot|robot|ia|maquina|persona real|humano|humana)\b"
    r"|\b(?:hablo|hablando|converso|chateando|escribo|me responde) (?:con )?(?:un |una |el )?(?:bot|robot|ia|maquina|persona|humano)\b[^.!]{0,40}\?"
    r"|\bhay (?:una? )?(?:persona|humano) (?:real )?(?:detras|ahi|al otro lado)\b|\b(?:are you|is this|am i (?:talking|speaking|chatting) (?:to|with)) (?:an? )?(?:real )?(?:bot|robot|human|ai|person|machine)\b"
    r"|\b(?:voce e|isso e|estou falando com) (?:um |uma )?(?:robo|bot|pessoa|humano|maquina|ia)\b"
)
ASSISTANT = Pattern(
    r"\b(?:asistente|assistente|assistant|inteligencia artificial|artificial intelligence|robot|robo|bot|virtual|programa|ai|ia)\b"
)
HUMAN = Pattern(
    r"^\W*(?:(?:si|claro|por supuesto|hola|jaja\w*|yes|sim)\W+)*(?:yo )?(?:soy (?:un |una )?(?:persona|humano|humana|ser humano|ejecutiv[oa] de carne|de carne)\b|i'?m (?:an? )?(?:real )?(?:human|person)\b|i am (?:an? )?(?:real )?(?:human|person)\b|sou (?:uma? )?(?:pessoa|humano|humana)\b)"
    r"|(?:^|[,;:.] ?|\by |\band |\be )(?:yo )?soy (?:una |un )(?:persona|humano|humana|ser humano)\b"
    r"|\bno soy (?:un |una |ningun |ninguna )?(?:bot|robot|maquina|programa|ia|inteligencia artificial|chat ?bot|asistente virtual)\b"
    r"|\b(?:i'?m|i am) not (?:an? )?(?:bot|robot|machine|ai)\b|\bnao sou (?:um |uma )?(?:bot|robo|maquina|ia)\b"
    r"|\b(?:estas hablando|hablas|conversas|chateas) con una (?:persona|humana) (?:real|de verdad|de carne)|\bsoy (?:humano|humana|real)\b"
    r"|\b(?:te|le) (?:habla|escribe) (?:\w+ ){0,2}\w+, (?:el |la |tu |su )?(?:gerente|duen[oa]|jef[ea]|corredora?|ejecutiv[oa]|vendedora?)\b"
    r"|(?:^|[,;:.!] ?|\by )(?:yo )?soy (?:[\w,]+ ){0,4}de carne y hueso\b"
    r"|\bsoy (?:\w+ ){0,3}?(?:(?:el|la) (?:gerente|duen[oa]|jef[ea]|corredora?|ejecutiv[oa]|vendedora?)|(?:gerente|duen[oa] de))\b"
)
OURS = Pattern(
    r"\b(?:propied|depart|deptos?|dptos?|casas?|vivienda|hogar|inmueb|inmobil|comuna|sector|barrio|visita|agend|hora|credit|hipotec|subsid|uf|precio|valor|presupuesto|banco|dicom|deuda"
    r"|arriend|arrend|alquil|compr|vend|venta|metro|dormitor|estaciona|bodega|terraza|mascota|entrega|proyecto|edific|ejecutiv|equipo|asistente|reserva|pie\b|dividendo|ingreso|renta"
    r"|telefono|correo|nombre|busc|mudar|inver|apartment|house|home|property|viewing|visit|mortgage|budget|bedroom|assistant|apartamento|imovel|imoveis|quarto|financiamento|assistente|orcamento)"
)
OTHER_TRADES = re.compile(
    r"^\s{0,12}(?:def \w{1,40}\(|import \w|from \w{1,40} import|function \w{0,40} ?\(|class \w{1,40}[:({]|#include|select .{1,80} from|<html|console\.log|public static)"
    r"|\b(?:aqui (?:tienes|va|esta|te dejo)|te (?:dejo|comparto|escribi)|here(?:'s| is)|aqui esta) (?:un |una |el |la |tu |an? |your |seu |sua |um |uma )?(?:poema|cuento|chiste|codigo|ensayo|receta|cancion|traduccion"
    r"|rutina|dieta|horoscopo|resumen de (?:la historia|el libro)|poem|joke|story|recipe|code|essay|song|piada|receita)\b"
    r"|\b(?:habia una vez|once upon a time|era uma vez)\b|\b(?:ingredientes|ingredients):|\b(?:precalienta|preheat) (?:el |the )?(?:horno|oven)|\b\d+ (?:cucharad|cups? of|xicaras)"
    r"|\bla (?:capital|derivada|integral|raiz cuadrada) de .{1,60} es\b|\bthe capital of .{1,40} is\b|\bel presidente de .{1,40} es\b",
    re.MULTILINE,
)
OTHER_REQUESTS = Pattern(
    r"\b(?:escrib\w+|haz\w*|redact\w+|cuent\w+|dime|dame|inventa\w*|ensena\w*|recita\w*|write|tell me|make|give me|escreva|conte|faca) (?:\w+ ){0,4}(?:poema|cuento|chiste|codigo|programa|ensayo|receta|cancion|rap|tarea|horoscopo|poem|joke|story"
    r"|recipe|code|essay|song|homework|piada|receita|historia)\b|\b(?:traduce|traducir|traduceme|translate|traduza)\b|\bcapital de\b|\bcapital of\b|\b(?:quien (?:gano|es el presidente)|who (?:won|is the president))\b"
    r"|\bresuelv\w+|\b(?:python|javascript|sql|html|excel)\b|\bcuanto es \d+ ?[x*+/-] ?\d+|\bayuda\w* con (?:mi |la |una )?(?:tarea|ensayo|prueba)"
)
REFUSES = Pattern(
    r"\b(?:solo|solamente|unicamente|no puedo|no te puedo|no podria|no tengo|no es algo|no me dedico|me dedico|me enfoco|enfocad[ao]|escapa|fuera de|mi tema|otros temas|lo mio|no alcanzo|prefiero|only|can'?t|cannot|so posso|nao posso"
    r"|apenas posso|especializ\w+|estoy para|estoy aqui para ayudarte con (?:tu|la) (?:busqueda|compra)|volvamos|no te entendi|no entendi)\b"
)
_MUCH = 40  # words: so much talk without a word of the trade is another's


def hides_the_assistant(text: str, known: Known) -> list[Violation]:
    """Asked, and in a first message, it says that it is an assistant."""
    due = known.first_contact or ASKS_WHO.search(known.asked)
    missing = due and not ASSISTANT.search(fold(clean(text)))
    return [Violation(Rule.ASSISTANT)] if missing else []


def claims_to_be_human(text: str, known: Known) -> list[Violation]:
    return [
        Violation(Rule.HUMAN, sentence)
        for sentence in sentences(text)
        if HUMAN.search(fold(clean(sentence)))
    ]


def is_off_topic(text: str, known: Known) -> list[Violation]:
    """Another trade's work: a poem, a recipe, code; or an errand done that was none of ours."""
    folded = fold(clean(text))
    if found := OTHER_TRADES.search(folded):
        return [Violation(Rule.TOPIC, found.group())]
    if (
        OTHER_REQUESTS.search(known.asked)
        and not REFUSES.search(folded)
        and not OURS.search(known.asked)
    ):
        return [Violation(Rule.TOPIC, known.question)]
    if not known.lists and len(folded.split()) >= _MUCH and not OURS.search(folded):
        return [Violation(Rule.TOPIC)]
    return []


def other_language(text: str, known: Known) -> list[Violation]:
    """In the lead's; a model that has no words in it says so in them, once."""
    if known.language is None:
        return []
    used = language_of(text)
    if used in (None, known.language):
        return []
    if known.language not in known.speaks and _has_spoken(text, known):
        return []
    return [Violation(Rule.LANGUAGE, known.language)]


def _has_spoken(text: str, known: Known) -> bool:
    every = (each for reply in (text, *known.replies) for each in sentences(reply))
    return any(language_of(each) == known.language for each in every)
