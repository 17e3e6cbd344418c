"""A draft that somebody overtook is not sent, and the lead's story says why, once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokers.models import User
from leads import consenting, handoff, outbox, words
from leads.enums import Author, Channel, Delivery, Purpose
from leads.models import ActivityLog, ChatMessage, Lead
from tests.api import signed_in

pytestmark = pytest.mark.django_db
TOOK = "Una persona tomó la conversación antes de enviarlo."
HOLDS = "Una persona tiene la conversación."


@pytest.fixture
def draft(chatting: Lead, at: datetime) -> Any:
    def draft(purpose: str = Purpose.REPLY, **other: Any) -> ChatMessage:
        fields = {"author": Author.ASSISTANT, "channel": Channel.WEBCHAT, "at": at, **other}
        return outbox.queue(chatting, text="Hola, ¿seguimos?", purpose=purpose, **fields)

    return draft


def told(lead: Lead) -> list[str]:
    events = ActivityLog.objects.filter(lead=lead, action_type="message_withheld")
    return [words.event_details(each) for each in events.order_by("id")]


def deliver(message: ChatMessage, at: datetime) -> str:
    for _ in range(2):
        outbox.deliver(message.pk, at=at)
    message.refresh_from_db()
    return str(message.status)


def test_a_reply_to_a_conversation_that_moved_on(draft: Any, chatting: Lead, at: datetime) -> None:
    message = draft(version=chatting.conversation.version)
    handoff.ask_for_person(chatting, reason="requested", at=at)
    assert deliver(message, at) == Delivery.BLOCKED
    assert told(chatting) == [f"Respuesta: {TOOK}"]


def test_a_reminder_while_a_person_has_the_conversation(
    draft: Any, chatting: Lead, agent: User, at: datetime
) -> None:
    handoff.take(chatting, by=agent, at=at)
    assert deliver(draft(Purpose.REMINDER), at) == Delivery.BLOCKED
    assert told(chatting) == [f"Recordatorio: {HOLDS}"]


def test_what_waits_to_be_sent_when_a_person_takes_over(
    draft: Any, chatting: Lead, agent: User, agent2: User, at: datetime
) -> None:
    waiting = [draft(), draft(Purpose.MARKETING, author=Author.CAMPAIGN)]
    for person in (agent, agent2):
        handoff.take(chatting, by=person, at=at)
    assert [deliver(each, at) for each in waiting] == [Delivery.BLOCKED] * 2
    assert told(chatting) == [f"Respuesta: {TOOK}", f"Campaña: {TOOK}"]


@pytest.mark.parametrize("taken", [True, False])
def test_a_microphone_that_moves_in_the_last_moment(
    draft: Any, chatting: Lead, agent: User, adapter: Any, at: datetime, taken: bool
) -> None:
    """After the gate said yes, right before the channel is called."""
    channel = adapter(Channel.WEBCHAT)
    send = channel.send

    def overtaken(outgoing: Any) -> str | None:
        if taken:
            handoff.take(chatting, by=agent, at=at)
        else:
            handoff.ask_for_person(chatting, reason="requested", at=at)
        return str(send(outgoing))

    channel.send = overtaken
    assert deliver(draft(version=chatting.conversation.version), at) == Delivery.BLOCKED
    assert (channel.sent, told(chatting)) == ([], [f"Respuesta: {TOOK}"])


def test_what_is_kept_back_for_another_reason_says_so_on_the_message_alone(
    draft: Any, chatting: Lead, at: datetime
) -> None:
    message = draft(Purpose.MARKETING, author=Author.CAMPAIGN)
    consenting.opt_out(chatting, channel="", everything=True, evidence="basta", at=at)
    assert deliver(message, at + timedelta(seconds=1)) == Delivery.BLOCKED
    assert told(chatting) == []


def test_a_person_reads_it_on_the_leads_page_and_an_app_in_the_timeline(
    draft: Any, chatting: Lead, agent: User, client: Client, at: datetime
) -> None:
    draft()
    handoff.take(chatting, by=agent, at=at)
    client.force_login(agent)
    page = client.get(reverse("admin:leads_lead_change", args=[chatting.pk])).content.decode()
    assert page.count("Mensaje no enviado") == 1
    assert "Chat web (bloqueado)" in page
    line = f"/api/v1/leads/{chatting.pk}/timeline/?kind=conversation"
    events = [
        each["activity"]["action_type"] for each in signed_in(agent).get(line).json()["results"]
    ]
    assert sorted(events) == ["conversation_taken", "message_withheld"]
