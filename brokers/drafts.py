"""Before the assistant's texts change, upper apps keep what it answers with: a draft is not in force."""

from collections.abc import Callable
from typing import Any

from brokers.models import BrokerPromptConfig

Keeper = Callable[[BrokerPromptConfig, Any], Any]
_keepers: list[Keeper] = []


def before_change(keeper: Keeper) -> None:
    _keepers.append(keeper)


def keep(config: BrokerPromptConfig, by: Any) -> None:
    for keeper in _keepers:
        keeper(config, by)
