"""The knowledge of the demo's brokers, for tests that ask it questions."""

from datetime import datetime

import pytest

from brokers.models import Broker
from crm.demo import Context
from knowledge import demo


@pytest.fixture
def demo_knowledge(broker: Broker, rival: Broker, at: datetime) -> None:
    demo.seed(Context(at=at, broker=broker, rival=rival))
