"""WhatsApp Cloud API: free text and files within 24 hours of the lead's last message, else a template."""

import time
from functools import partial
from typing import Any, NamedTuple

from crm import limits
from crm.errors import ProviderError
from leads import attachments
from leads.channels import choices, whatsapp_media, whatsapp_templates
from leads.channels import whatsapp_api as api
from leads.channels.base import Outgoing, register, send_parts
from leads.channels.splitting import split
from leads.delivery import OUTCOME_UNKNOWN
from leads.enums import Channel
from leads.errors import ChannelError
from leads.models import Attachment

MAX_TEXT = 4096
MAX_BODY = 1024
MAX_CAPTION = 1024
MAX_BUTTONS, MAX_BUTTON = 3, 20
MAX_ROWS, MAX_TITLE, MAX_DESCRIPTION = 10, 24, 72
CHOOSE = "Elige una opción:"
# What Meta lets a number send where the phone's own app is used beside it; without it, 80.
PER_SECOND = 20
SECONDS_WAITED = 3

Buttons = list[tuple[str, str]]


class Piece(NamedTuple):
    """What goes out as one message of WhatsApp's: a file with its caption, or a text."""

    text: str
    file: Attachment | None = None


@register
class WhatsApp:
    channel = Channel.WHATSAPP
    resend_safe = False
    takes_files = True

    def send(self, outgoing: Outgoing) -> str | None:
        if outgoing.template is not None:
            return _post(outgoing, whatsapp_templates.content(outgoing.template), 0)
        buttons = choices.codes(outgoing.message)
        pieces = _pieces(outgoing, buttons)
        return send_parts(outgoing.message, pieces, partial(_send, outgoing, buttons))


def _pieces(outgoing: Outgoing, buttons: Buttons) -> list[Piece]:
    """The files, the first with the text under it where it fits, else the text after them."""
    text = outgoing.message.message_text
    files = attachments.of(outgoing.message)
    captioned = bool(files) and not buttons and _takes_caption(files[0], text)
    pieces = [
        Piece(text if captioned and not number else "", file) for number, file in enumerate(files)
    ]
    if captioned or (files and not text.strip() and not buttons):
        return pieces
    parts = split(text, MAX_TEXT)
    if buttons and len(parts[-1]) > MAX_BODY:
        parts.append(CHOOSE)
    return [*pieces, *map(Piece, parts)]


def _takes_caption(file: Attachment, text: str) -> bool:
    return whatsapp_media.kind_of(file) != "audio" and len(text) <= MAX_CAPTION


def _send(outgoing: Outgoing, buttons: Buttons, piece: Piece, left: int) -> str:
    if piece.file is not None:
        number, token = outgoing.credential("phone_number_id"), outgoing.credential("access_token")
        media_id = whatsapp_media.upload(piece.file, number=number, token=token)
        return _post(outgoing, whatsapp_media.content(piece.file, media_id, piece.text), left)
    if buttons and not left:
        return _post(outgoing, _interactive(piece.text, buttons), left)
    return _post(outgoing, {"type": "text", "text": {"body": piece.text}}, left)


def _post(outgoing: Outgoing, content: dict[str, Any], left: int) -> str:
    number, token = outgoing.credential("phone_number_id"), outgoing.credential("access_token")
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(outgoing.address),
        **content,
        "biz_opaque_callback_data": callback_data(outgoing.message.pk, left),
    }
    _keep_pace(outgoing, number)
    outgoing.hand_over()
    try:
        answer = api.call("POST", f"{number}/messages", token, json=body)
    except ProviderError as error:
        raise api.meaning(error) from error
    return _id_in(answer)


def _keep_pace(outgoing: Outgoing, number: str) -> None:
    """Wait for this second's turn of the number, which all workers share; then let the next try."""
    allowed = outgoing.message.lead.broker.brokerchatconfig.rate_limits or {}
    limit = allowed.get("whatsapp_per_second", PER_SECOND)
    for _ in range(SECONDS_WAITED):
        if not limits.exceeded(f"whatsapp:{number}", limit=limit, seconds=1):
            return
        time.sleep(1 - time.time() % 1)
    raise ChannelError(permanent=False, reason="rate_limited")


def callback_data(message: int, left: int) -> str:
    """Comes back with every status: the message, and for its earlier pieces how many follow."""
    return f"{message}:{left}" if left else str(message)


def _recipient(address: str) -> dict[str, str]:
    """A business-scoped id ("CL.1349…") goes by another name than a phone number."""
    return {"recipient": address} if "." in address else {"to": address}


def _interactive(text: str, buttons: Buttons) -> dict[str, Any]:
    """Buttons where Meta's limits allow them: up to three, short, no two alike; else a list."""
    labels = {label for _code, label in buttons}
    fit = len(buttons) <= MAX_BUTTONS and all(len(label) <= MAX_BUTTON for label in labels)
    alike = len(labels) < len(buttons)
    shown = _buttons(buttons) if fit and not alike else _list(buttons)
    return {"type": "interactive", "interactive": {**shown, "body": {"text": text}}}


def _buttons(buttons: Buttons) -> dict[str, Any]:
    made = [{"type": "reply", "reply": {"id": code, "title": label}} for code, label in buttons]
    return {"type": "button", "action": {"buttons": made}}


def _list(buttons: Buttons) -> dict[str, Any]:
    rows = [_row(code, label, number) for number, (code, label) in enumerate(buttons[:MAX_ROWS], 1)]
    sections = [{"title": "Opciones", "rows": rows}]
    return {"type": "list", "action": {"button": "Ver opciones", "sections": sections}}


def _row(code: str, label: str, number: int) -> dict[str, str]:
    if len(label) <= MAX_TITLE:
        return {"id": code, "title": label}
    return {"id": code, "title": f"Opción {number}", "description": label[:MAX_DESCRIPTION]}


def _id_in(answer: Any) -> str:
    try:
        return str(answer["messages"][0]["id"])
    except (KeyError, IndexError, TypeError) as error:
        raise ChannelError(permanent=True, reason=OUTCOME_UNKNOWN) from error
