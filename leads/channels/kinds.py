"""What stands in the history for a message without words."""

WORDS = {
    "photo": "[foto]",
    "image": "[foto]",
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
UNKNOWN = "[mensaje que no se puede mostrar]"
