"""What of leads uses a template: messages that wait to leave as it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from crm.usage import Use, finds
from leads.enums import Delivery
from leads.models import ChatMessage, MessageTemplate

WAITING = (Delivery.PENDING, Delivery.SENDING)


@finds(MessageTemplate)
def messages_that_wait(template: MessageTemplate) -> Iterator[Use]:
    """Outside WhatsApp's 24 hours they could not leave without it."""
    if not template.whatsapp_name:
        return
    waiting = ChatMessage.objects.filter(
        broker_id=template.broker_id,
        status__in=WAITING,
        provider_metadata__template__name=template.whatsapp_name,
        provider_metadata__template__language=template.whatsapp_language,
    )
    for message in waiting.select_related("lead").order_by("pk"):
        text = _("un mensaje por enviar a %s") % message.lead
        yield Use("message", message.pk, text)
