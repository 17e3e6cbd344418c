"""An agent with free hours, and texts to try."""

from datetime import time

import pytest

from brokers.models import Broker, User
from llm.desk import versions
from llm.models import PromptVersion
from scheduling.models import AvailabilitySlot


@pytest.fixture
def hours(broker: Broker, agent: User) -> None:
    """Ana is free every day from nine to six."""
    for weekday in range(7):
        AvailabilitySlot.objects.create(
            broker=broker, agent=agent, weekday=weekday, start_time=time(9), end_time=time(18)
        )


@pytest.fixture
def version(broker: Broker) -> PromptVersion:
    """Not stored: a draft as it stands on the page."""
    return versions.unsaved(broker, versions.draft_of(broker.brokerpromptconfig))
