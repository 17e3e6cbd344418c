"""Whether a message asks to be left alone, decided by words before any model reads it."""

import re
import unicodedata
from enum import StrEnum

from leads.folding import excerpt
from leads.intents import guess

WHOLE = frozenset(
    ["alto", "baja", "stop", "cancelar", "no molestar", "no molestes", "dar de baja", "unsubscribe"]
)
# Without a word more they leave no doubt, whatever the examples hold likelier.
PLAIN = re.compile(r"no me (?:llam(?:es|e|en)|escrib(?:as|a|an))")
POLITE = re.compile(r"^(?:por favor|porfa|hola|gracias)\s+|\s+(?:por favor|porfa|gracias)$")
# "No me llamen hoy", "al trabajo", "por la mañana": another time or way, not an opt-out.
SOFTENED = (
    r"(?! (?:hoy|ahora|antes|despues|todavia|aun|tan|manana|mejor|hasta|entre|cuando|si|solo|al|el"
    r"|los|este|esta|en|a la|de (?:noche|usted|tu)\b|por (?!fav)|durante|escrib\w+|prefiero))"
)
MESSAGES = (
    r"(?:nada(?! (?:con|en|de|del|que|por|muy|tan|sobre|cerca|lejos|viej\w+|car\w+|usad\w+|grande|chic\w+|a)\b(?! (?:ustedes|uds)))|mensajes?|llamad\w+|correos?|mails?|publicidad|promocion\w*|ofertas|spam|cosas"
    r"|whatsapps?|informacion)"
)
PERSUADED = rf"(?:(?:llam|habl|molest)(?:en|es|e)|escrib(?:an|as|a))\b{SOFTENED}"
SENT = (
    rf"(?:mand|envi)(?:en|es|e)(?:(?: mas| ya| por favor)* {MESSAGES}\b"
    r"|(?: mas)?(?: por favor| porfa| gracias)*$)"
)
MISDIALLED = (
    r"(?:(?<!el )numero equivocado|(?:tienen?|tienes|con) el numero equivocado"
    r"|(?:se|te) equivoc\w+ de numero|equivocad[oa]s? de numero)"
)
ERASURE = r"(?:borren|eliminen|eliminar|borrar) (?:todos )?mis datos"
EVERYTHING = re.compile(
    r"\b(?:nunca mas (?:me )?(?:hablen|escriban|llamen|contacten|molesten)"
    r"|no me \w+ nunca mas"
    r"|no (?:me )?(?:vuelvan|vuelva|vuelvas) a (?:contactar|escribir|llamar|hablar|molestar)\w*"
    r"|no (?:quiero|deseo) (?:que me|ser) contact\w+"
    rf"|no me contact(?:en|es|e)\b{SOFTENED}"
    rf"|{ERASURE})"
)
NEVER_AGAIN = re.compile(r"^(?:por favor )?nunca mas$")
CHANNEL = re.compile(
    rf"\b(?:no (?:(?:quiero|deseo) que )?me (?:{PERSUADED}|{SENT})"
    rf"|no (?:quiero|deseo) (?:recibir )?(?:mas )?{MESSAGES}"
    r"|dej(?:en?|a|es) de (?:llamar|escribir|molestar|mandar|enviar|hablar|contactar)\w*"
    rf"|{MISDIALLED}"
    r"|(?:(?:sac|saqu|borr|elimin|quit)(?:a|e|en)me|me (?:saquen|borren|eliminen|quiten))"
    r" de (?:la|las|su|sus|esta|estas|tu|tus) (?:lista|base|registro|contacto)s?"
    r"|(?:dar[ms]e|denme|dame|deme|me (?:quiero )?d(?:ar|en|e)) de baja(?! del? \w)"
    r"|dar de baja (?:mi|este) (?:numero|telefono|celular|correo|contacto|suscripcion|whatsapp))"
)
LISTED = r"(?:lista|base|registro|contacto|agenda|difusion|sistema|grupo|campana|publicidad|spam)s?"
WRITING = r"(?:escrib|llam|mand|envi|molest|habl|insist|hinch|contact|hostig|acos|mensaj|spam|public|whats|wsp|wasap|corre|aviso|promo|ofert|web)"
WRITING_ONLY = WRITING.replace("mand|envi|", "")
# The same wish in other words: be left alone, be taken off, that it ends.
LEFT_ALONE = re.compile(
    r"\b(?:dej(?:a|e|en) (?:ya )?de (?:insist|molest|hinch|hostig|acos|jod|webe|huev)\w*|dej(?:a|e|en)(?:me|nos) (?:tranquil[oa]s?|en paz|sol[oa]s?)\b(?! (?:un|el|con|hasta|que|mientras|para|por (?:hoy|ahora)))"
    rf"|no (?:me |nos )?(?:sig(?:an|as|a|ue)|contin\w+) {WRITING}\w*ndo"
    rf"|(?:par(?:a|e|en)|bast(?:a|en)|cort(?:en|a|e|ala|enla)|termin(?:a|e|en)) (?:ya )?(?:de|con) (?:(?:los?|las?|tant[oa]s?|sus|esos) )*"
    rf"(?:{WRITING_ONLY}|(?:mand|envi)\w*(?: \w+){{0,2}}? {MESSAGES}|(?:mand|envi)\w*(?: mas)?(?: por favor| porfa)?$)"
    r"|(?:baj|borr|elimin|sac|saqu|quit|retir|remuev)(?:a|e|en)(?:me|nme|nos)(?: \w+){0,2}? (?:de|del) (?:\w+ ){0,2}?"
    rf"{LISTED}|(?:baj|borr|elimin|sac|saqu|quit|retir)(?:a|e|en) (?:ya )?(?:mi|este) (?:numero|contacto|telefono|fono|celular)(?= (?:de|ya|por|y)\b| porfa|$)"
    r"|(?:borr|elimin)(?:a|e|en)me(?= por| porfa|$)|(?:desuscrib|desinscrib|desafili)\w+"
    rf"|no (?:me )?(?:mand|envi)(?:en|es|e)n? mas(?: {MESSAGES}| avisos?| nada| por| porfa|$)"
    r"|no (?:me )?(?:escrib(?:an|as|a)|llam(?:en|es|e)|habl(?:en|es|e)) (?:nunca )?mas\b(?! (?:tarde|temprano|por|rato|a l))"
    r"|no (?:insist(?:an|as|a)|molest(?:en|es|e))(?: mas)?(?: por favor| porfa| gracias)*$"
    r"|(?:los|las|lo|la|te) (?:voy a )?(?:reportar|bloquear|denunciar como spam|reporto|bloqueo)"
    r"|no (?:mas|quiero mas) (?:mensajes|llamadas|wsp|whatsapps?|correos|publicidad|promos?|avisos)"
    r"|(?:stop|quit) (?:\w+ )?(?:messag|text|contact|call|send|writ|e?mail|spam|bother)\w*"
    r"|leave me alone|unsubscribe me|please unsubscribe|no more (?:messages|texts|calls|e?mails)"
    r"|(?:take|remove|delete) (?:me|my (?:number|data|contact|phone))(?: (?:off|from|out)|$| please)"
    r"|(?:do not|don t|dont|never) (?:contact|call|text|message|e?mail|write to|write) me"
    r"(?! (?:before|after|today|now|at|in|until|on|tomorrow|yet|during|when|while))"
    r"|(?:pare|parem|para) de (?:me )?(?:mandar|enviar|ligar|escrever|incomodar|perturbar|chamar)"
    r"|nao (?:me )?(?:mand|lig|envi|escrev|incomod|perturb)(?:e|em|a|am|ue|uem) mais"
    r"|nao quero (?:mais )?receber|me deix(?:e|a|em) em paz|me tir(?:a|e|em) d(?:a|e|essa|esta) \w*lista|descadastr\w+)"
)
SURE, LIKELIER, OPEN = 0.7, 0.3, 0.1  # by the examples: an opt-out, or more likely something else
OTHERWISE = (
    "facts",
    "asks_appointment",
    "wants_cancel",
    "wants_reschedule",
    "postpones",
    "asks_question",
    "complaint",
)
# By the examples: what is told, and how much surer it is than an opt-out.
LIMITS, CLEARLY = 0.55, 1.5
CALLED = re.compile(rf"\b(?:llam\w+|{MISDIALLED})")
WRITTEN = (
    r"(?:escrib\w+|prefiero|mejor (?:escrib\w+|por (?:aca|aqui|chat|escrito|whatsapp|mensaje)))"
)
# Calls alone: whoever asks for messages in their place is no opt-out of the channel.
INSTEAD = re.compile(rf"\bno me llam(?:en|es|e)\b(?: mas| por telefono)* {WRITTEN}")
# Not now, because they cannot speak: nothing is to stop, calls neither.
UNABLE = re.compile(
    r"\bno (?:me llam(?:en|es|e)|puedo (?:hablar|contestar))\b(?! nunca)[\w ]{0,60}\b(?<!no me )(?<!ni me )(?<!ni )(?<!tampoco )(?<!tampoco me )"
    r"(?:escrib(?:anme|eme|ame|an por|e por)|(?:mejor|solo|prefiero)(?: \w+)? (?:mensajes?|wsp|whatsapp|chat|por escrito|escrito))\b"
)
WRONG_NUMBER = re.compile(rf"\b{MISDIALLED}")
NEVER = re.compile(
    r"\b(?:puente alto|planta baja|cuota(?:s)? mas baja(?:s)?|cancelar (?:la|mi|una) \w+)"
)


# What the history puts before the words that came with a picture or a file.
MARK = re.compile(r"^\[[a-záéíóúñ ]{3,40}\]\s")


_SENTENCE = 100  # characters: of so short a text nothing is cut


class OptOut(StrEnum):
    CHANNEL = "channel"
    EVERYTHING = "everything"


def fold(text: str) -> str:
    """Lower case, without accents, punctuation or doubled spaces."""
    # An accent is one sign more; those that stand for whole sentences are nobody's words.
    plain = unicodedata.normalize("NFKD", text.lower())[: 2 * max(len(text), _SENTENCE)]
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split())


def asked(text: str) -> OptOut | None:
    """What the writer wants to stop: this channel, everything, or nothing."""
    folded = fold(MARK.sub("", excerpt(text)))
    plain = POLITE.sub("", folded)
    if plain in WHOLE or PLAIN.fullmatch(plain):
        return OptOut.CHANNEL
    if UNABLE.search(folded) and not EVERYTHING.search(folded):
        return None
    folded = NEVER.sub(" ", folded)
    if EVERYTHING.search(folded) or NEVER_AGAIN.match(folded):
        return OptOut.EVERYTHING
    if LEFT_ALONE.search(folded) and not _limits_the_search(text):
        return OptOut.CHANNEL
    return OptOut.CHANNEL if _by_examples(text, folded) else None


def _by_examples(text: str, folded: str) -> bool:
    """The words decide, unless the examples say that it is something else, or say it alone."""
    says = bool(CHANNEL.search(folded))
    scores = guess(text).scores
    other = max(scores[name] for name in OTHERWISE)
    if says or "numero equivocado" in folded:
        meant = scores["opt_out"] >= OPEN or other < SURE
        return says and meant and not _limits_the_search(text)
    return scores["opt_out"] >= SURE and other < LIKELIER


def _limits_the_search(text: str) -> bool:
    """ "No me mandes más cosas de Maipú", "correos no, por aquí": told of a search or a way, clearly more than an end."""
    scores = guess(text).scores
    return scores["facts"] >= max(LIMITS, CLEARLY * scores["opt_out"])


def stops_calls(text: str) -> bool:
    """Whether it is calls that the writer wants no more, alone or with the channel."""
    folded = fold(excerpt(text))
    if INSTEAD.search(folded):
        return True
    return asked(text) == OptOut.CHANNEL and bool(CALLED.search(folded))


def asks_erasure(text: str) -> bool:
    """Whether the writer wants their data deleted: a right with a term, not only silence."""
    return bool(re.search(rf"\b{ERASURE}", fold(excerpt(text))))


def says_wrong_number(text: str) -> bool:
    return bool(WRONG_NUMBER.search(fold(excerpt(text))))
