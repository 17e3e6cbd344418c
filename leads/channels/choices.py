"""Buttons under a message: what they are called, and what a press of one says."""

from brokers.models import Broker
from leads.enums import Direction
from leads.models import ChatMessage


def labels(message: ChatMessage) -> list[str]:
    """What the lead may answer with one press, as ``provider_metadata["choices"]`` lists it."""
    return [str(choice["label"]) for choice in message.provider_metadata.get("choices") or []]


def codes(message: ChatMessage) -> list[tuple[str, str]]:
    """A code and a label for each button; the code comes back when it is pressed."""
    return [(f"{message.pk}:{number}", label) for number, label in enumerate(labels(message))]


def label_of(broker: Broker, channel: str, external_user: str, code: str) -> str | None:
    """The label of a button that this person was sent; None for anything made up."""
    key, _, number = code.partition(":")
    if not (key.isdecimal() and number.isdecimal() and len(key) < 19):
        return None
    message = ChatMessage.objects.filter(
        pk=int(key),
        broker=broker,
        provider=channel,
        direction=Direction.OUT,
        lead__identities__channel=channel,
        lead__identities__external_id=external_user,
    ).first()
    return dict(codes(message)).get(code) if message else None
