"""WhatsApp's approved templates: what a message carries to be sent as one outside the window."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.errors import DomainError
from leads.enums import Channel, Parameters
from leads.errors import ChannelError
from leads.models import ChatMessage, MessageTemplate


def metadata(template: MessageTemplate, values: Mapping[str, str]) -> dict[str, Any]:
    """For ``outbox.queue(metadata=)``: the template that may take the text's place."""
    return {"template": carried(template, values)}


def carried(template: MessageTemplate, values: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": template.whatsapp_name,
        "language": template.whatsapp_language,
        "values": {name: values.get(name, "") for name in template.variables},
    }


def complete(template: MessageTemplate, values: Mapping[str, str]) -> Mapping[str, str]:
    """The values, if none that the template names is missing."""
    missing = [name for name in template.variables if not values.get(name)]
    if missing:
        names = ", ".join(missing)
        told = _("Faltan datos para la plantilla: %s. Complétalos y envíala de nuevo.") % names
        raise DomainError(told, code="template_value_missing", field="variables", missing=missing)
    return values


def approved_for(message: ChatMessage) -> dict[str, Any] | None:
    """The template a message carries as Meta takes it, while the broker's approval of it stands.

    ``parameters`` are Meta's, each with the value of our variable that stands for it.
    """
    given = message.provider_metadata.get("template")
    if message.provider != Channel.WHATSAPP or not given:
        return None
    template = MessageTemplate.objects.filter(
        broker_id=message.broker_id,
        channel=Channel.WHATSAPP,
        whatsapp_name=given["name"],
        whatsapp_language=given["language"],
    ).first()
    if template is None or not template.opens_window:
        return None
    values = given["values"]
    pairs = {theirs: _line(values.get(ours)) for theirs, ours in (template.pairs or {}).items()}
    return {
        "name": given["name"],
        "language": given["language"],
        "parameters": _parameters(pairs, by_name=template.parameters == Parameters.NAMED),
    }


def _line(value: Any) -> str:
    """Meta takes neither line breaks nor runs of spaces in a value."""
    return " ".join(str(value or "").split())


def _parameters(pairs: dict[str, str], *, by_name: bool) -> list[dict[str, str]]:
    if by_name:
        return [
            {"type": "text", "parameter_name": theirs, "text": value}
            for theirs, value in pairs.items()
        ]
    return [{"type": "text", "text": pairs[number]} for number in sorted(pairs, key=_number)]


def _number(placeholder: str) -> int:
    return int(placeholder) if placeholder.isdecimal() and len(placeholder) < 19 else 0


def content(template: dict[str, Any]) -> dict[str, Any]:
    """The part of a message that sends the template; Meta takes no empty value."""
    parameters = template["parameters"]
    if not all(parameter["text"].strip() for parameter in parameters):
        raise ChannelError(permanent=True, reason="template_value_missing")
    body = [{"type": "body", "parameters": parameters}] if parameters else []
    return {
        "type": "template",
        "template": {
            "name": template["name"],
            "language": {"code": template["language"]},
            "components": body,
        },
    }
