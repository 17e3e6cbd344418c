"""WhatsApp Cloud API: free text and files within 24 hours of the lead's last message, else a template."""

from functools import partial
from typing import Any

from crm.errors import ProviderError
from leads.channels import choices, pace, whatsapp_media, whatsapp_templates
from leads.channels import whatsapp_api as api
from leads.channels.base import Outgoing, register, send_parts
from leads.channels.pieces import Piece, Room, cut, owed
from leads.channels.splitting import length
from leads.delivery import OUTCOME_UNKNOWN
from leads.enums import Channel
from leads.errors import ChannelError

ROOM = Room(text=4096, caption=1024, mute=("audio",))
MAX_BODY = 1024
MAX_BUTTONS, MAX_BUTTON = 3, 20
MAX_ROWS, MAX_TITLE, MAX_DESCRIPTION = 10, 24, 72
CHOOSE = "Elige una opción:"
# What Meta lets a number send where the phone's own app is used beside it; without it, 80.
PER_SECOND = 20

Buttons = list[tuple[str, str]]


@register
class WhatsApp:
    channel = Channel.WHATSAPP
    resend_safe = False
    takes_files = True

    def wait_turn(self, outgoing: Outgoing) -> None:
        number = outgoing.credential("phone_number_id")
        limit = pace.allowed(outgoing.settings, "whatsapp_per_second", PER_SECOND)
        pace.wait(
            pace.Pace(f"whatsapp:{number}", limit),
            messages=_owed(outgoing),
            patience=pace.patience(outgoing.message),
        )

    def send(self, outgoing: Outgoing) -> str | None:
        self.wait_turn(outgoing)
        if outgoing.template is not None:
            return _post(outgoing, whatsapp_templates.content(outgoing.template), 0)
        buttons = choices.codes(outgoing.message)
        pieces = _pieces(outgoing, buttons)
        return send_parts(outgoing.message, pieces, partial(_send, outgoing, buttons))


def _owed(outgoing: Outgoing) -> int:
    if outgoing.template is not None:
        return 1
    return owed(outgoing.message, _pieces(outgoing, choices.codes(outgoing.message)))


def _pieces(outgoing: Outgoing, buttons: Buttons) -> list[Piece]:
    pieces = cut(outgoing, ROOM, apart=bool(buttons))
    if buttons and length(pieces[-1].text) > MAX_BODY:
        pieces.append(Piece(CHOOSE))
    return pieces


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
    outgoing.hand_over()
    try:
        answer = api.call("POST", f"{number}/messages", token, json=body)
    except ProviderError as error:
        raise api.meaning(error) from error
    return _id_in(answer)


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
