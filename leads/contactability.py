"""What the gate would say of a lead now, for each channel and purpose, in words."""

from dataclasses import dataclass
from datetime import datetime

from leads import gate, reasons
from leads.enums import Channel, Purpose
from leads.models import Conversation, Lead

ASKED = (Purpose.MARKETING, Purpose.REMINDER, Purpose.REPLY, Purpose.HUMAN)


@dataclass(frozen=True)
class Answer:
    """One verdict; ``next_allowed_at`` is None where waiting does not help."""

    channel: str
    purpose: str
    allowed: bool
    reason: str
    next_allowed_at: datetime | None

    @property
    def why(self) -> str:
        return reasons.told(self.reason) if self.reason else ""


def answers(lead: Lead, *, at: datetime) -> list[Answer]:
    """The gate's answers on the channels where the lead can be reached; calls go without one."""
    if getattr(lead, "conversation", None) is None:
        lead.conversation = Conversation(lead=lead, broker_id=lead.broker_id)
    asked = [(channel, purpose) for channel in channels_of(lead) for purpose in ASKED]
    told = [_answer(lead, channel, channel, purpose, at) for channel, purpose in asked]
    return [*told, _answer(lead, "", lead.conversation.channel, Purpose.CALL, at)]


def channels_of(lead: Lead) -> list[str]:
    known = set(lead.identities.values_list("channel", flat=True))
    if lead.email:
        known.add(Channel.EMAIL)
    return [channel for channel in Channel.values if channel in known]


def _answer(lead: Lead, shown: str, channel: str, purpose: Purpose, at: datetime) -> Answer:
    verdict = gate.may_contact(lead, channel, purpose, at)
    return Answer(shown, purpose, verdict.allowed, verdict.reason, verdict.next_allowed_at)
