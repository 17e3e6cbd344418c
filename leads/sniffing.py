"""What a file is, by its first bytes: a name or a vendor's word proves nothing."""

import re
from pathlib import PurePath

PDF = "application/pdf"
ZIP = "application/zip"
OLE = "application/x-ole-storage"
TEXT = "text/plain"
OFFICE = "application/vnd.openxmlformats-officedocument."

_SIGNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftyp(?:M4A|M4B|mp4a)", re.DOTALL), "audio/mp4"),
    (re.compile(rb"....ftyp(?:3g|3p)", re.DOTALL), "video/3gpp"),
    (re.compile(rb"....ftyp(?:heic|heix|mif1)", re.DOTALL), "image/heic"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"\xff[\xf1\xf9]"), "audio/aac"),
    (re.compile(rb"#!AMR"), "audio/amr"),
    (re.compile(rb"%PDF-"), PDF),
    (re.compile(rb"PK\x03\x04"), ZIP),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), OLE),
)
_OFFICE = {
    ".docx": (ZIP, f"{OFFICE}wordprocessingml.document"),
    ".xlsx": (ZIP, f"{OFFICE}spreadsheetml.sheet"),
    ".pptx": (ZIP, f"{OFFICE}presentationml.presentation"),
    ".doc": (OLE, "application/msword"),
    ".xls": (OLE, "application/vnd.ms-excel"),
    ".ppt": (OLE, "application/vnd.ms-powerpoint"),
}
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|\?xml)", re.IGNORECASE)
_FITS = {
    "image": "image/",
    "photo": "image/",
    "sticker": "image/",
    "audio": "audio/",
    "voice": "audio/",
    "video": "video/",
    "video_note": "video/",
    "animation": "video/",
}
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    PDF: ".pdf",
    TEXT: ".txt",
    **{made: ending for ending, (_container, made) in _OFFICE.items()},
}


def type_of(content: bytes, filename: str = "") -> str | None:
    """The type of a file that we keep; None for everything else: programs, pages, archives."""
    found = next((made for sign, made in _SIGNS if sign.match(content)), None)
    if found in (ZIP, OLE):
        container, made = _OFFICE.get(PurePath(filename).suffix.lower(), ("", ""))
        return made if container == found else None
    return found or (TEXT if _is_plain_text(content) else None)


def fits(kind: str, mime_type: str) -> bool:
    """Whether a file of this type may be what the channel called it."""
    wanted = _FITS.get(kind, "")
    # A video without pictures is how phones record a voice note, and a GIF may be an animation.
    alike = {"audio/": ("audio/", "video/"), "video/": ("video/", "image/gif")}
    return mime_type.startswith(alike.get(wanted, (wanted,)))


def kind_of(mime_type: str) -> str:
    """What a person's file is sent as."""
    family = mime_type.partition("/")[0]
    return family if mime_type in SHOWN and family in ("image", "audio", "video") else "document"


# What WhatsApp and a browser show in place; everything else is a document to open.
SHOWN = frozenset(
    {"image/jpeg", "image/png", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "video/mp4"}
)
INLINE = SHOWN | {"image/gif", "image/webp"}


def _is_plain_text(content: bytes) -> bool:
    if not content or b"\x00" in content or _MARKUP.search(content[:4096]):
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
