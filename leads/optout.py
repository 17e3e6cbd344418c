"""Whether a message asks to be left alone, decided by words before any model reads it."""

import re
import unicodedata
from enum import StrEnum

from leads.folding import excerpt

WHOLE = frozenset(
    ["alto", "baja", "stop", "cancelar", "no molestar", "no molestes", "dar de baja", "unsubscribe"]
)
POLITE = re.compile(r"^(?:por favor|porfa|hola|gracias)\s+|\s+(?:por favor|porfa|gracias)$")
# "No me llamen hoy", "al trabajo", "por la mañana": another time or way, not an opt-out.
SOFTENED = (
    r"(?! (?:hoy|ahora|antes|despues|todavia|aun|tan|manana|mejor|hasta|entre|cuando|si|solo|al|el"
    r"|los|este|esta|en|a la|de noche|por (?!fav)|durante|escrib\w+|prefiero))"
)
MESSAGES = (
    r"(?:nada|mensajes?|llamad\w+|correos?|mails?|publicidad|promocion\w*|ofertas|spam|cosas"
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
    r" de (?:la|las|su|sus|esta|estas|tu|tus) (?:lista|base|registro)s?"
    r"|(?:dar[ms]e|denme|dame|deme|me (?:quiero )?d(?:ar|en|e)) de baja(?! del? \w)"
    r"|dar de baja (?:mi|este) (?:numero|telefono|celular|correo|contacto|suscripcion|whatsapp))"
)
CALLED = re.compile(rf"\b(?:llam\w+|{MISDIALLED})")
WRITTEN = (
    r"(?:escrib\w+|prefiero|mejor (?:escrib\w+|por (?:aca|aqui|chat|escrito|whatsapp|mensaje)))"
)
# Calls alone: whoever asks for messages in their place is no opt-out of the channel.
INSTEAD = re.compile(rf"\bno me llam(?:en|es|e)\b(?: mas| por telefono)* {WRITTEN}")
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
    if POLITE.sub("", folded) in WHOLE:
        return OptOut.CHANNEL
    folded = NEVER.sub(" ", folded)
    if EVERYTHING.search(folded) or NEVER_AGAIN.match(folded):
        return OptOut.EVERYTHING
    return OptOut.CHANNEL if CHANNEL.search(folded) else None


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
