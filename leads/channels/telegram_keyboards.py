"""What Telegram shows under a message: the choices as buttons, or one that shares the phone."""

import re

from django.utils.translation import gettext as _
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from leads.channels import choices
from leads.enums import Author
from leads.models import ChatMessage
from leads.optout import fold

PHONE = re.compile(
    r"\b(?:telefono|celular|fono|numero (?:de )?(?:contacto|whatsapp)|(?:tu|su|que) numero(?! de))\b"
)
ASKING = ("compart", "deja", "envia", "indica")

Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


def under(message: ChatMessage) -> Keyboard:
    """What stands under a message; an offer to share the phone goes with the next one."""
    rows = [
        [InlineKeyboardButton(label, callback_data=code)] for code, label in choices.codes(message)
    ]
    if rows:
        return InlineKeyboardMarkup(rows)
    return _share_phone() if _asks_for_unknown_phone(message) else ReplyKeyboardRemove()


def _asks_for_unknown_phone(message: ChatMessage) -> bool:
    if message.lead.phone_e164 or message.author not in (Author.ASSISTANT, Author.USER):
        return False
    return any(PHONE.search(fold(line)) for line in _questions(message.message_text))


def _questions(text: str) -> list[str]:
    """The sentences that want an answer; what merely tells of a phone asks for none."""
    found = re.split(r"(?<=[.!?\n])\s+", text)
    return [each for each in found if "?" in each or fold(each).startswith(ASKING)]


def _share_phone() -> ReplyKeyboardMarkup:
    button = KeyboardButton(_("Compartir mi teléfono"), request_contact=True)
    return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
