"""WhatsApp's approved templates: what a message carries to be sent as one outside the window."""

from collections.abc import Mapping
from typing import Any

from leads.enums import Channel, TemplateApproval
from leads.models import ChatMessage, MessageTemplate


def metadata(template: MessageTemplate, values: Mapping[str, str]) -> dict[str, Any]:
    """For ``outbox.queue(metadata=)``: the template that may take the text's place."""
    return {
        "template": {
            "name": template.whatsapp_name,
            "language": template.whatsapp_language,
            "values": {name: values.get(name, "") for name in template.variables},
        }
    }


def approved_for(message: ChatMessage) -> dict[str, Any] | None:
    """The template a message carries, while the broker's approval of it stands."""
    given = message.provider_metadata.get("template")
    if message.provider != Channel.WHATSAPP or not given:
        return None
    approved = MessageTemplate.objects.filter(
        broker_id=message.broker_id,
        channel=Channel.WHATSAPP,
        whatsapp_name=given["name"],
        whatsapp_language=given["language"],
        approval=TemplateApproval.APPROVED,
    )
    return dict(given) if approved.exists() else None
