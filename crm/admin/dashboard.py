"""The home page: cards that each app gives for whoever looks."""

import sys
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.utils import timezone


@dataclass(frozen=True)
class Row:
    """One line of a card; ``share`` (0–100) draws its bar."""

    label: str
    value: str = ""
    link: str = ""
    share: int | None = None
    tone: str = ""


@dataclass(frozen=True)
class Card:
    """A figure or a short list on the home page; ``empty`` is said when there is neither."""

    title: str
    value: str = ""
    note: str = ""
    link: str = ""
    icon: str = ""
    rows: list[Row] = field(default_factory=list)
    empty: str = ""
    order: int = 100
    wide: bool = False


def cards_for(user: Any, at: datetime) -> list[Card]:
    """The cards of every app's ``dashboard.cards(user, at)``, in their order."""
    modules = (sys.modules.get(f"{app.name}.dashboard") for app in apps.get_app_configs())
    found = [card for module in modules if module for card in module.cards(user, at)]
    return sorted(found, key=lambda card: card.order)


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    cards = cards_for(request.user, timezone.now())
    return {
        **context,
        "figures": [card for card in cards if not card.rows and not card.empty],
        "panels": [card for card in cards if card.rows or card.empty],
    }
