"""WhatsApp Cloud API: free text within 24 hours of the lead's last message, else a template."""

from functools import partial
from typing import Any

from django.conf import settings

from crm import http
from crm.errors import ProviderError
from leads.channels import choices
from leads.channels.base import Outgoing, lost_answer, register, send_parts
from leads.channels.splitting import split
from leads.channels.whatsapp_errors import RETRYABLE, reason_of
from leads.delivery import OUTCOME_UNKNOWN
from leads.enums import Channel
from leads.errors import ChannelError

VERSION = "v23.0"
MAX_TEXT = 4096
MAX_BODY = 1024
MAX_TITLE = 24
MAX_DESCRIPTION = 72
MAX_ROWS = 10
CHOOSE = "Elige una opción:"


@register
class WhatsApp:
    channel = Channel.WHATSAPP
    resend_safe = False

    def send(self, outgoing: Outgoing) -> str | None:
        if outgoing.template is not None:
            return _post(outgoing, _template(outgoing.template), 0)
        buttons = choices.codes(outgoing.message)
        parts = split(outgoing.message.message_text, MAX_TEXT)
        if buttons and len(parts[-1]) > MAX_BODY:
            parts.append(CHOOSE)
        return send_parts(outgoing.message, parts, partial(_send, outgoing, buttons))


def _send(outgoing: Outgoing, buttons: list[tuple[str, str]], text: str, left: int) -> str:
    listed = buttons and not left
    content = _list(text, buttons) if listed else {"type": "text", "text": {"body": text}}
    return _post(outgoing, content, left)


def _post(outgoing: Outgoing, content: dict[str, Any], left: int) -> str:
    number = outgoing.credential("phone_number_id")
    try:
        answer = http.request(
            "POST",
            f"{settings.WHATSAPP_API_URL.rstrip('/')}/{VERSION}/{number}/messages",
            headers={"Authorization": f"Bearer {outgoing.credential('access_token')}"},
            json={
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                **_recipient(outgoing.address),
                **content,
                "biz_opaque_callback_data": callback_data(outgoing.message.pk, left),
            },
        )
    except ProviderError as error:
        raise _meaning(error) from error
    return _id_in(answer)


def callback_data(message: int, left: int) -> str:
    """Comes back with every status: the message, and for its earlier pieces how many follow."""
    return f"{message}:{left}" if left else str(message)


def _recipient(address: str) -> dict[str, str]:
    """A business-scoped id ("CL.1349…") goes by another name than a phone number."""
    return {"recipient": address} if "." in address else {"to": address}


def _list(text: str, buttons: list[tuple[str, str]]) -> dict[str, Any]:
    rows = [_row(code, label, number) for number, (code, label) in enumerate(buttons[:MAX_ROWS], 1)]
    return {
        "type": "interactive",
        "interactive": {
            "type": "list",
            "body": {"text": text},
            "action": {"button": "Ver opciones", "sections": [{"title": "Opciones", "rows": rows}]},
        },
    }


def _row(code: str, label: str, number: int) -> dict[str, str]:
    if len(label) <= MAX_TITLE:
        return {"id": code, "title": label}
    return {"id": code, "title": f"Opción {number}", "description": label[:MAX_DESCRIPTION]}


def _template(template: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"type": "text", "parameter_name": name, "text": value}
        for name, value in template["values"].items()
    ]
    body = [{"type": "body", "parameters": parameters}] if parameters else []
    return {
        "type": "template",
        "template": {
            "name": template["name"],
            "language": {"code": template["language"]},
            "components": body,
        },
    }


def _id_in(answer: Any) -> str:
    try:
        return str(answer["messages"][0]["id"])
    except (KeyError, IndexError, TypeError) as error:
        raise ChannelError(permanent=True, reason=OUTCOME_UNKNOWN) from error


def _meaning(error: ProviderError) -> ChannelError:
    status, code = error.data.get("vendor_status"), error.data.get("vendor_code")
    if status is None:
        return lost_answer(error)
    return ChannelError(
        permanent=not (error.retryable or code in RETRYABLE),
        reason=reason_of(code, status),
        retry_after=error.data.get("retry_after"),
    )
