"""Whether a message asks to be left alone, decided by words before any model reads it."""

import re
import unicodedata
from enum import StrEnum

WHOLE = frozenset({"alto", "baja", "stop", "cancelar", "no molestar", "no molestes", "unsubscribe"})
POLITE = re.compile(r"^(?:por favor|porfa|hola|gracias)\s+|\s+(?:por favor|porfa|gracias)$")
EVERYTHING = re.compile(
    r"\b(?:nunca mas (?:me )?(?:hablen|escriban|llamen|contacten|molesten)"
    r"|no (?:me )?(?:vuelvan|vuelva|vuelvas) a (?:contactar|escribir|llamar|hablar|molestar)\w*"
    r"|no (?:quiero|deseo) (?:que me|ser) contact\w+"
    r"|no me contact(?:en|es|e)\b"
    r"|(?:borren|eliminen|eliminar|borrar) mis datos)"
)
NEVER_AGAIN = re.compile(r"^(?:por favor )?nunca mas$")
CHANNEL = re.compile(
    r"\b(?:no me (?:llam|escrib|habl|mand|envi|molest)(?:en|es|e|an|as)\b"
    r"(?! (?:hoy|ahora|en la|por la|antes|despues|todavia|aun|tan|manana|el \w+ en))"
    r"|no (?:quiero|deseo) (?:recibir )?(?:mas )?(?:mensajes|llamadas|correos|publicidad)"
    r"|dejen de (?:llamar|escribir|molestar|mandar|enviar)\w*"
    r"|numero equivocado|se equivoco de numero|esta equivocado de numero"
    r"|sa(?:quen|came|queme|quenme)\w* de (?:la|su|esta|sus) (?:lista|base)s?"
    r"|dar(?:me|se)? de baja|denme de baja|dame de baja|deme de baja)"
)
WRONG_NUMBER = re.compile(r"\b(?:numero equivocado|se equivoco de numero|equivocado de numero)\b")
NEVER = re.compile(
    r"\b(?:puente alto|planta baja|cuota(?:s)? mas baja(?:s)?|cancelar (?:la|mi|una) \w+)"
)


class OptOut(StrEnum):
    CHANNEL = "channel"
    EVERYTHING = "everything"


def fold(text: str) -> str:
    """Lower case, without accents, punctuation or doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.lower())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def asked(text: str) -> OptOut | None:
    """What the writer wants to stop: this channel, everything, or nothing."""
    folded = fold(text)[:2000]
    if POLITE.sub("", folded) in WHOLE:
        return OptOut.CHANNEL
    folded = NEVER.sub(" ", folded)
    if EVERYTHING.search(folded) or NEVER_AGAIN.match(folded):
        return OptOut.EVERYTHING
    return OptOut.CHANNEL if CHANNEL.search(folded) else None


def says_wrong_number(text: str) -> bool:
    return bool(WRONG_NUMBER.search(fold(text)))
