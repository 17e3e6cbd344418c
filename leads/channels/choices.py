"""Buttons under a message: what they are called, and what a press of one says."""

from typing import Any

from brokers.models import Broker
from leads.enums import Direction
from leads.models import ChatMessage

PRESSED = "pressed"


def labels(message: ChatMessage) -> list[str]:
    """What the lead may answer with one press, as ``provider_metadata["choices"]`` lists it."""
    return [str(choice["label"]) for choice in message.provider_metadata.get("choices") or []]


def codes(message: ChatMessage) -> list[tuple[str, str]]:
    """A code and a label for each button; the code comes back when it is pressed."""
    return [(f"{message.pk}:{number}", label) for number, label in enumerate(labels(message))]


def pressed(broker: Broker, channel: str, external_user: str, code: str) -> dict[str, Any] | None:
    """The choice behind a button that this person was sent; None for anything made up."""
    key, _, number = code.partition(":")
    if not (key.isdecimal() and number.isdecimal() and len(key) < 19 and len(number) < 4):
        return None
    message = ChatMessage.objects.filter(
        pk=int(key),
        broker=broker,
        provider=channel,
        direction=Direction.OUT,
        lead__identities__channel=channel,
        lead__identities__external_id=external_user,
    ).first()
    offered = (message.provider_metadata.get("choices") or []) if message else []
    return dict(offered[int(number)]) if int(number) < len(offered) else None


def inbound(code: str, choice: dict[str, Any]) -> dict[str, Any]:
    """What a press leaves on its message: the button, and the choice as it was offered."""
    return {"choice": code, PRESSED: choice}


def chosen(message: ChatMessage) -> dict[str, Any] | None:
    """The choice that a message pressed; None for one that was written."""
    found = message.provider_metadata.get(PRESSED)
    return found if isinstance(found, dict) else None
