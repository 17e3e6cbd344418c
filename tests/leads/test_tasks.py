"""Background work on leads: a sweep that loses nothing, a night's rescoring in batches."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import scoring, tasks
from leads.enums import Author, Channel, Delivery, Purpose
from leads.models import ChatMessage, Lead
from leads.outbox import queue
from tests.factories import ChatMessageFactory, ConversationFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(chatting, at) -> ChatMessage:
    return queue(
        chatting, text="Hola", author=Author.USER, purpose=Purpose.HUMAN, channel=Channel.WEBCHAT,
        at=at,
    )  # fmt: skip


def test_the_sweep_starts_what_is_due_and_leaves_the_rest(waiting, at) -> None:
    assert tasks.sweep_messages(at=(at - timedelta(seconds=1)).isoformat()) == 0
    assert tasks.sweep_messages(at=at.isoformat()) == 1


def test_the_sweep_takes_up_what_a_dead_worker_left(waiting, at) -> None:
    ChatMessage.objects.update(status=Delivery.SENDING, lease_until=at)
    assert tasks.sweep_messages(at=(at + timedelta(seconds=1)).isoformat()) == 1
    assert ChatMessage.objects.get().status == Delivery.PENDING


def test_the_task_delivers(chatting) -> None:
    now = timezone.now()
    message = queue(
        chatting, text="Hola", author=Author.USER, purpose=Purpose.HUMAN, channel="webchat", at=now
    )
    tasks.deliver(message.pk)
    message.refresh_from_db()
    assert message.status == Delivery.SENT


def test_every_living_lead_of_every_broker_is_rescored(broker, rival, monkeypatch) -> None:
    monkeypatch.setattr(scoring, "BATCH", 2)
    leads = [LeadFactory(broker=owner) for owner in (broker, rival, broker, rival, broker)]
    merged = LeadFactory(broker=broker, merged_into=leads[0])
    for lead in (*leads, merged):
        ConversationFactory(broker=lead.broker, lead=lead)
        ChatMessageFactory(broker=lead.broker, lead=lead, at=timezone.now())
    assert tasks.rescore_all() == 5
    scored = Lead.objects.filter(lead_score__gt=0).order_by("pk")
    assert list(scored) == leads
    assert tasks.rescore_all() == 0
