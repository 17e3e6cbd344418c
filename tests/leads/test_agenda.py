"""``next_action_at``: the lead's earliest due row over all kinds, kept by every door that makes one."""

from datetime import datetime, timedelta

import pytest

from brokers.models import BrokerLeadConfig
from campaigns import enrolment, running
from campaigns.models import CampaignStatus
from leads import agenda, consenting, delivery, outbox
from leads.enums import Author, Channel, Purpose
from leads.errors import ChannelError
from leads.models import ChatMessage, Lead
from scheduling import booking, reminders
from tests.factories import (
    AppointmentFactory,
    CampaignFactory,
    CampaignStepFactory,
    UserFactory,
    VoiceCallFactory,
)
from voice import calls, retries
from voice.models import CallStatus, VoiceCall

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def next_of(lead: Lead) -> datetime | None:
    return Lead.objects.get(pk=lead.pk).next_action_at


def put_off(lead: Lead, adapter, at: datetime, seconds: int) -> ChatMessage:
    channel = adapter()
    channel.error = ChannelError(permanent=False, reason="rate_limited", retry_after=seconds)
    message = outbox.queue(
        lead, text="Hola", author=Author.CAMPAIGN, purpose=Purpose.MARKETING,
        channel=Channel.TELEGRAM, at=at,
    )  # fmt: skip
    outbox.deliver(message.pk, at=at)
    channel.error = None
    return message


def test_a_message_that_leaves_at_once_is_no_plan(chatting, adapter, at) -> None:
    adapter()
    message = outbox.queue(
        chatting, text="Hola", author=Author.ASSISTANT, purpose=Purpose.REPLY,
        channel=Channel.TELEGRAM, at=at,
    )  # fmt: skip
    agenda.refresh([chatting.pk], at=at)
    assert next_of(chatting) is None
    outbox.deliver(message.pk, at=at)
    assert next_of(chatting) is None


def test_a_message_put_off_is_due_until_it_leaves_or_is_withdrawn(chatting, adapter, at) -> None:
    message = put_off(chatting, adapter, at, 3600)
    assert next_of(chatting) == at + HOUR
    outbox.deliver(message.pk, at=at + HOUR)
    assert (message.__class__.objects.get(pk=message.pk).status, next_of(chatting)) == (
        "sent",
        None,
    )
    put_off(chatting, adapter, at, 7200)
    consenting.opt_out(
        chatting, channel="telegram", everything=False, evidence="alto", at=at, confirm=False
    )
    assert next_of(chatting) is None
    later = outbox.queue(
        chatting, text="Mañana", author=Author.ASSISTANT, purpose=Purpose.REPLY,
        channel=Channel.WEBCHAT, due_at=at + DAY, at=at,
    )  # fmt: skip
    assert next_of(chatting) == at + DAY
    delivery.take_back([later.pk], reason="campaign_paused", at=at)
    assert next_of(chatting) is None


def test_a_call_to_be_repeated_is_due_until_it_is_placed_or_cancelled(chatting, at) -> None:
    for settle in ("placed", "cancelled"):
        VoiceCall.objects.all().delete()
        call = VoiceCallFactory(lead=chatting, broker=chatting.broker, status="ringing")
        calls.end(call, CallStatus.NO_ANSWER, at=at)
        assert next_of(chatting) == at + HOUR
        if settle == "placed":
            assert retries.take_up(call.pk, at=at + HOUR)
        else:
            calls.cancel(VoiceCall.objects.get(pk=call.pk), at=at)
        assert next_of(chatting) is None


def test_a_reminder_is_due_from_booking_until_it_is_queued(chatting, at) -> None:
    start = (at + 3 * DAY).replace(hour=16)
    visit = AppointmentFactory(
        lead=chatting, broker=chatting.broker, agent=UserFactory(broker=chatting.broker),
        start_time=start, end_time=start + HOUR, agreed_at=at,
    )  # fmt: skip
    booking.confirm(visit, at=at)
    assert next_of(chatting) == start - DAY
    assert reminders.remind(visit.pk, reminders.DAY_BEFORE, at=start - DAY)
    assert next_of(chatting) == start - HOUR
    booking.cancel(visit, reason="", at=start - DAY)
    assert next_of(chatting) is None


def test_of_all_kinds_the_earliest_counts(chatting, adapter, at) -> None:
    BrokerLeadConfig.objects.update(max_messages_per_day=9)
    campaign = CampaignFactory(broker=chatting.broker, status=CampaignStatus.ACTIVE)
    CampaignStepFactory(campaign=campaign, broker=chatting.broker, step_number=1, delay_hours=3)
    enrolment.enrol(campaign, chatting, at=at)
    assert next_of(chatting) == at + 3 * HOUR
    call = VoiceCallFactory(lead=chatting, broker=chatting.broker, status="ringing")
    calls.end(call, CallStatus.BUSY, at=at + HOUR)
    assert next_of(chatting) == at + 2 * HOUR
    put_off(chatting, adapter, at, 1800)
    assert next_of(chatting) == at + HOUR / 2
    running.pause(campaign, at=at)
    ChatMessage.objects.all().delete()
    agenda.refresh([chatting.pk], at=at)
    assert next_of(chatting) == at + 2 * HOUR
