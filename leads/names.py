"""Whether a string is a person's real name, and how it is written."""

import re

NOT_NAMES = frozenset(
    [
        "lead",
        "cliente",
        "usuario",
        "visitante",
        "anonimo",
        "anónimo",
        "test",
        "prueba",
        "sin",
        "nombre",
        "nn",
        "na",
        "n/a",
        "desconocido",
        "unknown",
        "user",
        "guest",
        "admin",
        "hola",
        "contacto",
        "whatsapp",
        "telegram",
    ]
)
_LETTERS = re.compile(r"[^\W\d_]", re.UNICODE)
_FORBIDDEN = re.compile(r"[\d@/\\<>{}\[\]_|#$%^*=+~]")


def is_real(name: str | None) -> bool:
    """A name that a person would answer to: letters, no digits or handles, no placeholder."""
    text = (name or "").strip()
    if len(_LETTERS.findall(text)) < 2 or _FORBIDDEN.search(text):
        return False
    return not all(word.lower() in NOT_NAMES for word in text.split())


def tidy(name: str) -> str:
    """One space between words; capitals where the writer used none, or nothing else."""
    text = " ".join(name.split())[:100]
    return text.title() if text.islower() or text.isupper() else text
