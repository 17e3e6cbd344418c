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
    lacking = [
        BrokerPromptConfig(
            broker_id=broker.pk,
            **defaults.PROMPT,
            situation_handlers=defaults.SITUATIONS,
            meeting_config=defaults.MEETING,
        ),
        BrokerLeadConfig(broker_id=broker.pk, alert_email=broker.email),
        BrokerVoiceConfig(broker_id=broker.pk),
        BrokerChatConfig(broker_id=broker.pk),
    ]
    for config in lacking:
        type(config)._default_manager.bulk_create([config], ignore_conflicts=True)
