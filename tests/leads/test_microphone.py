"""Any order of doors around the microphone, against a model of a dozen lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokers.models import Broker, User
from leads import handoff, outbox
from leads.enums import Author, Channel, Delivery, Holder, Purpose
from leads.inbox import Inbound, overhear, receive
from leads.models import ChatMessage, Conversation, Lead

pytestmark = pytest.mark.django_db


@dataclass
class Model:
    """Who has the microphone, and which drafts may still leave."""

    holder: str = Holder.ASSISTANT
    person: str = ""
    version: int = 1
    threatened: bool = False
    draft: int = 1
    pending: list[int] = field(default_factory=list)
    sent: int = 0

    def hand_over(self, holder: str, person: str = "") -> None:
        self.holder, self.person, self.version = holder, person, self.version + 1

    def take(self, person: str) -> None:
        if self.holder == Holder.USER and person in (self.person, ""):
            return
        self.hand_over(Holder.USER, person)
        self.pending.clear()

    def give_back(self) -> None:
        if self.holder != Holder.ASSISTANT:
            self.hand_over(Holder.ASSISTANT)
            self.threatened = False

    def ask(self, reason: str) -> None:
        if self.holder == Holder.ASSISTANT:
            self.hand_over(Holder.WAITING)
        elif reason != "legal_threat":
            return
        self.threatened |= reason == "legal_threat"

    def deliver(self) -> None:
        self.sent += self.pending.count(self.version)
        self.pending.clear()


class World:
    """The product beside its model; each act does the same to both."""

    def __init__(self, broker: Broker, people: dict[str, User], at: datetime, number: int) -> None:
        self.broker, self.people, self.at, self.visitor = broker, people, at, f"visitor-{number}"
        self.count, self.model = 0, Model()
        self.lead: Lead = self.hear("hola")

    def inbound(self, text: str) -> Inbound:
        self.count += 1
        return Inbound(
            broker=self.broker, channel=Channel.WEBCHAT, external_user=self.visitor,
            external_id=f"{self.visitor}:{self.count}", text=text, at=self.at,
        )  # fmt: skip

    def hear(self, text: str = "¿hola?") -> Lead:
        lead: Lead = receive(self.inbound(text)).message.lead
        return lead

    def take(self, name: str) -> None:
        handoff.take(self.lead, by=self.people[name], at=self.at)
        self.model.take(name)

    def echo(self) -> None:
        overhear(self.inbound("desde el teléfono"))
        self.model.take("")

    def give_back(self) -> None:
        handoff.give_back(self.lead, by=self.people["ana"], at=self.at)
        self.model.give_back()

    def ask(self, reason: str) -> None:
        handoff.ask_for_person(self.lead, reason=reason, at=self.at)
        self.model.ask(reason)

    def flag(self) -> None:
        handoff.flag(self.lead, reason="not_qualified", at=self.at)

    def resume(self) -> None:
        if self.model.holder != Holder.ASSISTANT:
            handoff.resume(self.lead, at=self.at)
            self.model.hand_over(Holder.ASSISTANT)

    def think(self) -> None:
        self.model.draft = self.model.version

    def queue(self) -> None:
        outbox.queue(
            self.lead, text="borrador", author=Author.ASSISTANT, purpose=Purpose.REPLY,
            channel=Channel.WEBCHAT, version=self.model.draft, at=self.at,
        )  # fmt: skip
        self.model.pending.append(self.model.draft)

    def deliver(self) -> None:
        for message in self.lead.messages.filter(status=Delivery.PENDING).order_by("pk"):
            outbox.deliver(message.pk, at=self.at)
        self.model.deliver()

    def agrees(self) -> None:
        now, model = Conversation.objects.get(lead=self.lead), self.model
        holder = self.people[model.person] if model.person else None
        assert (now.holder, now.held_by, now.version) == (model.holder, holder, model.version)
        assert handoff.is_threatened(self.lead) == model.threatened
        ours = ChatMessage.objects.filter(lead=self.lead, author=Author.ASSISTANT)
        assert ours.filter(status=Delivery.SENT).count() == model.sent
        assert ours.filter(status=Delivery.PENDING).count() == len(model.pending)
        assert not ours.filter(status=Delivery.BLOCKED, reason="").exists()


ACTS: dict[str, Callable[[World], Any]] = {
    "ana takes": lambda world: world.take("ana"),
    "luis takes": lambda world: world.take("luis"),
    "somebody writes on the phone": World.echo,
    "given back": World.give_back,
    "a person is asked for": lambda world: world.ask("requested"),
    "a threat": lambda world: world.ask("legal_threat"),
    "a flag": World.flag,
    "the hour is over": World.resume,
    "the lead writes": World.hear,
    "a draft begins": World.think,
    "a draft is stored": World.queue,
    "the outbox runs": World.deliver,
}
numbers = iter(range(10**9))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.lists(st.sampled_from(sorted(ACTS)), min_size=3, max_size=9))
def test_in_any_order_there_is_one_holder_and_only_its_own_drafts_leave(
    broker: Broker, agent: User, agent2: User, at: datetime, order: list[str]
) -> None:
    world = World(broker, {"ana": agent, "luis": agent2}, at, next(numbers))
    for act in order:
        ACTS[act](world)
        world.agrees()
