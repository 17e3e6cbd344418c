"""The registry of what a person looks after in upper apps: counted before they leave, then handed on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brokers.models import User


@dataclass(frozen=True)
class Duty:
    """``hand_on`` gives everything to others and may be run again; ``owing`` are the ids of people
    who left and still have some."""

    name: str
    title: Any
    count: Callable[[User, datetime], int]
    hand_on: Callable[[User, datetime], None]
    owing: Callable[[datetime], Iterable[int]]


_duties: dict[str, Duty] = {}


def register(duty: Duty) -> None:
    _duties[duty.name] = duty


def duties() -> list[Duty]:
    """In the order of the apps: leads before the visits that follow them."""
    return list(_duties.values())
