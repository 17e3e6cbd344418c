"""A real conversation as it went: what the lead wrote, and what came of it then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from leads import facts, words
from leads.enums import NEVER_LEFT, Author, Direction
from leads.models import ActivityLog, ChatMessage, Lead
from llm.models import CallType, LLMCall

# Of a longer conversation the beginning is held again: facts and visits of its middle stand nowhere.
MOST_MESSAGES = 20
DEEDS = (
    "facts_recorded",
    "person_requested",
    "listing_refused",
    "appointment_booked",
    "appointment_rescheduled",
    "appointment_cancelled",
)


@dataclass
class Burst:
    """What the lead wrote before anybody answered, and all that followed until they wrote again."""

    messages: list[ChatMessage]
    replies: list[ChatMessage] = field(default_factory=list)
    events: list[ActivityLog] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [each.message_text for each in self.messages]

    @property
    def at(self) -> datetime:
        return max(each.at for each in self.messages)

    @property
    def deeds(self) -> list[str]:
        shown = ((words.event(each), words.event_details(each)) for each in self._done)
        return [f"{title}: {details}" if details else title for title, details in shown]

    @property
    def _done(self) -> list[ActivityLog]:
        return [each for each in self.events if each.action_type in DEEDS]

    @property
    def broken(self) -> list[str]:
        corrected = (each for each in self.events if each.action_type == "reply_corrected")
        found = (rule for each in corrected for rule in each.details.get("rules", ()))
        return list(dict.fromkeys(found))

    def has(self, *actions: str) -> bool:
        return any(each.action_type in actions for each in self.events)


@dataclass(frozen=True)
class Script:
    lead: Lead
    channel: str
    bursts: list[Burst]
    is_cut: bool
    facts: dict[str, Any]
    cost_usd: Decimal | None


def of(lead: Lead) -> Script | None:
    """None where the lead wrote nothing that can be said again."""
    messages = list(
        ChatMessage.objects.filter(lead=lead)
        .exclude(status__in=NEVER_LEFT, direction=Direction.OUT)
        .exclude(message_text="")
        .order_by("pk")[: MOST_MESSAGES * 6]
    )
    bursts, is_cut = _bursts(messages)
    if not bursts:
        return None
    _add_events(lead, bursts)
    ids = [each.pk for burst in bursts for each in burst.messages]
    return Script(
        lead, bursts[0].messages[0].provider, bursts, is_cut, _facts(lead, ids), _cost(ids)
    )


def _bursts(messages: Sequence[ChatMessage]) -> tuple[list[Burst], bool]:
    bursts: list[Burst] = []
    written = 0
    for message in messages:
        if message.direction == Direction.OUT:
            if bursts:
                bursts[-1].replies.append(message)
            continue
        written += 1
        if written > MOST_MESSAGES:
            return bursts, True
        if not bursts or any(_answers(each) for each in bursts[-1].replies):
            bursts.append(Burst([]))
        bursts[-1].messages.append(message)
    return bursts, False


def _answers(message: ChatMessage) -> bool:
    return message.author in (Author.ASSISTANT, Author.USER)


def _add_events(lead: Lead, bursts: list[Burst]) -> None:
    actions = (*DEEDS, "reply_corrected")
    events = ActivityLog.objects.filter(lead=lead, action_type__in=actions).order_by("timestamp")
    starts = [burst.messages[0].at for burst in bursts]
    for event in events[:500]:
        place = sum(start <= event.timestamp for start in starts) - 1
        if place >= 0:
            bursts[place].events.append(event)


def _facts(lead: Lead, messages: list[int]) -> dict[str, Any]:
    """What the assistant took from these very messages, and holds for true today."""
    provenance = lead.metadata.get("provenance", {})
    return {
        name: value
        for name, value in facts.known(lead).items()
        if provenance.get(name, {}).get("message") in messages
    }


def _cost(messages: list[int]) -> Decimal | None:
    calls = LLMCall.objects.filter(message__in=messages, call_type=CallType.TURN)
    costs = [each.estimated_cost_usd for each in calls if not each.error]
    if any(cost is None for cost in costs):
        return None
    return sum((cost or Decimal(0) for cost in costs), Decimal(0))
