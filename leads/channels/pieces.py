"""What goes out as one message of a vendor's: a file with its caption, or a part of the text."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from leads.channels.base import Outgoing
from leads.channels.splitting import length, split
from leads.models import Attachment, ChatMessage


class Piece(NamedTuple):
    text: str
    file: Attachment | None = None


class Room(NamedTuple):
    """How much a vendor takes at once, in UTF-16 units, and which kinds of files it shows mute."""

    text: int
    caption: int
    mute: Collection[str] = ()


def cut(outgoing: Outgoing, room: Room, *, apart: bool = False) -> list[Piece]:
    """The files, the first with the text under it where it fits, else the text after them.

    ``apart``: the text stays a message of its own, for what hangs under it.
    """
    text, files = outgoing.message.message_text.strip(), outgoing.files
    captioned = bool(files) and not apart and _takes_caption(files[0], text, room)
    pieces = [
        Piece(text if captioned and not number else "", file) for number, file in enumerate(files)
    ]
    if captioned or (files and not text and not apart):
        return pieces
    return [*pieces, *map(Piece, split(text, room.text))]


def _takes_caption(file: Attachment, text: str, room: Room) -> bool:
    return file.kind not in room.mute and length(text) <= room.caption


def owed(message: ChatMessage, pieces: Sequence[Piece]) -> int:
    """How many of the pieces have not left yet."""
    return len(pieces) - len(message.provider_metadata.get("sent_parts", []))
