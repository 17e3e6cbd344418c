"""The assistant on trial: real turns with another text, of which nothing is sent, booked or kept.

Everything happens in one transaction that is rolled back, within ``crm.rehearsal``; only what a
vendor was paid stays, billed to the broker as a trial.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from pydantic_ai.models import Model

from crm import rehearsal
from leads import facts, identity
from leads.enums import Channel, Direction, Holder
from leads.inbox import Inbound, receive
from leads.models import ActivityLog, ChannelIdentity, ChatMessage, Conversation, Lead
from leads.stages import Source
from llm import budget, conversation
from llm.desk.situations import Situation
from llm.models import PromptVersion
from llm.tools import Trial, Turn

THINKING = timedelta(seconds=10)
BEFORE = timedelta(days=1)
TRIES = 2  # a newer round of the same turn; nobody writes meanwhile


@dataclass(frozen=True)
class Deed:
    """A tool that ran: its name, the arguments that the model gave, and what it answered."""

    name: str
    given: dict[str, Any]
    answer: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What became of what a lead wrote."""

    replies: list[str]
    turn: Turn | None
    deeds: list[Deed]
    facts: dict[str, Any]
    broken: list[str]
    holder: str
    cost_usd: Decimal | None
    models: list[str] = field(default_factory=list)
    is_over_budget: bool = False

    @property
    def is_handed_over(self) -> bool:
        return self.holder != Holder.ASSISTANT


@dataclass
class Sandbox:
    """One lead of a broker, who exists until the sandbox is left."""

    lead: Lead
    channel: str
    trial: Trial
    ledger: budget.Ledger
    address: str
    written: int = 0

    def write(self, texts: Sequence[str], *, at: datetime, stand_in: Model | None = None) -> Answer:
        """The lead writes these in one breath, and is answered by the broker's models."""
        last = 0
        for text in texts:
            last = self._receive(text, at)
        self.trial.stand_in = stand_in
        turns, calls = len(self.trial.turns), len(self.ledger.calls)
        held = Conversation.objects.get(lead=self.lead)
        due = at + THINKING + timedelta(seconds=settings.TURN_DELAY_SECONDS)
        for _ in range(TRIES):
            conversation.take_turn(held.pk, at=due, trial=self.trial)
        return self._answer(last, self.trial.turns[turns:], calls)

    def _receive(self, text: str, at: datetime) -> int:
        self.written += 1
        inbound = Inbound(
            broker=self.lead.broker,
            channel=Channel(self.channel),
            external_user=self.address,
            external_id=f"{self.address}:{self.written}",
            text=text,
            at=at,
        )
        return receive(inbound).message.pk

    def _answer(self, asked: int, turns: list[Turn], calls: int) -> Answer:
        held = Conversation.objects.get(lead=self.lead)
        lead = Lead.objects.get(pk=self.lead.pk)
        messages = ChatMessage.objects.filter(
            lead=lead, pk__gt=asked, direction=Direction.OUT
        ).order_by("pk")
        turn = turns[-1] if turns else None
        spent = budget.Ledger(self.ledger.calls[calls:])
        return Answer(
            replies=[each.message_text for each in messages],
            turn=turn,
            deeds=_deeds(turn),
            facts=facts.known(lead),
            broken=_broken(turn),
            holder=held.holder,
            cost_usd=spent.cost_usd,
            models=list(dict.fromkeys(str(call) for call in spent.calls if not call.error)),
            is_over_budget=self.ledger.is_refused,
        )


@contextmanager
def opened(
    version: PromptVersion,
    *,
    situation: Situation | None = None,
    channel: str = Channel.WEBCHAT,
    at: datetime,
) -> Iterator[Sandbox]:
    """A lead of the version's broker, with the past of a situation; afterwards there was nobody."""
    with rehearsal.undone(), budget.on_a_ledger() as ledger:
        address = f"trial-{uuid.uuid4()}"
        lead = identity.create(version.broker, source=Source.WEBCHAT, at=at - BEFORE)
        Conversation.objects.filter(lead=lead).update(channel=channel)
        ChannelIdentity.objects.create(
            broker=version.broker, lead=lead, channel=channel, external_id=address
        )
        if situation is not None:
            situation.prepare(lead, at - BEFORE)
        yield Sandbox(lead, channel, Trial(version), ledger, address)


def _deeds(turn: Turn | None) -> list[Deed]:
    """Each tool that ran, in order; one that broke off has no answer."""
    if turn is None:
        return []
    answers = iter(turn.results)
    return [
        Deed(name, given, next(answers, ("", {}))[1])
        for name, given in zip(turn.used, turn.given, strict=True)
    ]


def _broken(turn: Turn | None) -> list[str]:
    """The rules that a reply of the turn broke: those of the first draft, and of what was sent."""
    if turn is None:
        return []
    logged = ActivityLog.objects.filter(lead=turn.lead, action_type="reply_corrected")
    of_turn = logged.filter(timestamp=turn.at).values_list("details__rules", flat=True)
    return list(dict.fromkeys(rule for rules in of_turn for rule in rules))
