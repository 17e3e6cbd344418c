"""Campaigns on Telegram, leads whom they can reach, and a channel that the test watches."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.models import Broker, User
from campaigns import enrolment, steps
from campaigns.models import Campaign, CampaignEnrollment, CampaignLog
from leads import delivery, outbox
from leads.channels import base
from leads.enums import Channel
from leads.inbox import Inbound, receive
from leads.models import ChatMessage, Lead
from tests.factories import (
    CampaignFactory,
    CampaignStepFactory,
    ChannelIdentityFactory,
    ConversationFactory,
    LeadFactory,
)


class Watched:
    """An adapter that notes what it sends."""

    channel = Channel.TELEGRAM
    resend_safe = False

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.error: Exception | None = None

    def send(self, outgoing: base.Outgoing) -> str | None:
        outgoing.hand_over()
        if self.error is not None:
            raise self.error
        self.sent.append(outgoing.message.message_text)
        return f"watched:{outgoing.message.pk}"


@pytest.fixture
def telegram() -> Iterator[Watched]:
    before, made = dict(base._adapters), Watched()
    base.register(lambda: made)
    yield made
    base._adapters.clear()
    base._adapters.update(before)


@pytest.fixture
def prospect(broker: Broker, agent: User, at: datetime) -> Callable[..., Lead]:
    """Make a lead on Telegram who was heard last two days ago."""

    def prospect(**fields: Any) -> Lead:
        heard = fields.pop("heard", at - timedelta(days=2))
        fields = {"broker": broker, "assigned_to": agent, **fields}
        lead = LeadFactory(**fields)
        ConversationFactory(
            broker=broker, lead=lead, channel="telegram", last_inbound_at=heard, last_inbound_id=7
        )
        ChannelIdentityFactory(
            broker=broker, lead=lead, channel="telegram", external_id=f"tg-{lead.pk}"
        )
        # Somebody has written before: the assistant need not introduce itself again.
        ChatMessage.objects.create(
            broker=broker, lead=lead, provider="telegram", message_text="Hola", direction="out",
            author="assistant", status="sent", at=at - timedelta(days=3),
        )  # fmt: skip
        return lead

    return prospect


@pytest.fixture
def ana(prospect: Callable[..., Lead]) -> Lead:
    return prospect(name="Ana Torres")


@pytest.fixture
def campaign_of(broker: Broker, at: datetime) -> Callable[..., Campaign]:
    """Make an active campaign with these steps, each a mapping of fields."""

    def campaign_of(*given: dict[str, Any], **fields: Any) -> Campaign:
        fields = {"channel": "telegram", "status": "active", "activated_at": at, **fields}
        campaign = CampaignFactory(broker=broker, **fields)
        for number, step in enumerate(given or ({},), start=1):
            step = {"message_text": f"Mensaje {number} para {{{{first_name}}}}", **step}
            CampaignStepFactory(broker=broker, campaign=campaign, step_number=number, **step)
        return campaign

    return campaign_of


@pytest.fixture
def campaign(campaign_of: Callable[..., Campaign]) -> Campaign:
    """Two messages, a day apart."""
    return campaign_of({}, {"delay_hours": 24})


@pytest.fixture
def run(campaign: Campaign, ana: Lead, at: datetime) -> CampaignEnrollment:
    """Ana's run through the two messages."""
    enrolment.enrol(campaign, ana, at=at)
    return CampaignEnrollment.objects.get()


def sweep(at: datetime) -> None:
    """What beat does every minute: steps, deliveries, outcomes."""
    for log_id in steps.due(at=at):
        steps.run(log_id, at=at)
    for message_id in delivery.due(at=at):
        outbox.deliver(message_id, at=at)
    steps.reconcile(at=at)


def hear(lead: Lead, text: str, at: datetime) -> None:
    receive(
        Inbound(
            broker=lead.broker,
            channel=Channel.TELEGRAM,
            external_user=f"tg-{lead.pk}",
            external_id=f"{lead.pk}:{at.timestamp()}:{text}",
            text=text,
            at=at,
        )
    )


def told(lead: Lead) -> list[tuple[int, str, str]]:
    """(step, status, reason) of every row of the lead, in order."""
    rows = CampaignLog.objects.filter(lead=lead).order_by("pk")
    return list(rows.values_list("step__step_number", "status", "reason"))


def standing(lead: Lead) -> list[tuple[str, str]]:
    rows = CampaignEnrollment.objects.filter(lead=lead).order_by("pk")
    return list(rows.values_list("state", "reason"))
