"""What stands in the history for a message without words."""

WORDS = {
    "photo": "[foto]",
    "image": "[imagen]",
    "voice": "[nota de voz]",
    "audio": "[audio]",
    "video": "[video]",
    "video_note": "[video]",
    "animation": "[animación]",
    "document": "[documento]",
    "sticker": "[sticker]",
    "location": "[ubicación]",
    "contact": "[contacto]",
    "contacts": "[contacto]",
}
# Of these nothing is fetched; every other kind is a file.
WITHOUT_FILE = {"location", "contact", "contacts"}
OF_FILES = tuple(kind for kind in WORDS if kind not in WITHOUT_FILE)
UNKNOWN = "[mensaje que no se puede mostrar]"
DELETED = "[mensaje eliminado]"


def told(kind: str, words: str = "") -> str:
    """What the history says of a message: its kind, and the words that came with it."""
    mark = WORDS.get(kind, "")
    return f"{mark} {words}".strip() or UNKNOWN
