"""Opening a broker: the row, its four configurations with Spanish defaults, and its first admin."""

from typing import Any

from django.db import transaction

from brokers import defaults
from brokers.models import (
    Broker,
    BrokerChatConfig,
    BrokerLeadConfig,
    BrokerPromptConfig,
    BrokerVoiceConfig,
)


@transaction.atomic
def open_broker(*, name: str, slug: str, **fields: Any) -> Broker:
    """Make a broker that can work at once."""
    broker = Broker(name=name, slug=slug, **fields)
    broker.full_clean()
    broker.save()
    complete(broker)
    return broker


def complete(broker: Broker) -> None:
    """Give the broker whichever of the four configurations it lacks."""
    BrokerPromptConfig.objects.get_or_create(
        broker=broker,
        defaults={
            **defaults.PROMPT,
            "situation_handlers": defaults.SITUATIONS,
            "meeting_config": defaults.MEETING,
        },
    )
    BrokerLeadConfig.objects.get_or_create(broker=broker, defaults={"alert_email": broker.email})
    BrokerVoiceConfig.objects.get_or_create(broker=broker)
    BrokerChatConfig.objects.get_or_create(broker=broker)
