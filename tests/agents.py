"""Agents on their phones: linked, told by cards, and pressing buttons, for tests of both."""

import json
from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from brokers.models import User
from leads import alerts, cards
from leads.channels import telegram_cards
from leads.enums import AlertKind
from leads.models import AgentCard, Lead
from tests.channels import post_telegram
from tests.factories import ConversationFactory, LeadFactory
from tests.leads.channels.test_telegram_updates import update

ANA, LUIS = 8001, 8002
numbers = count(900)


@pytest.fixture
def linked(connected, agent, agent2):
    for person, number in ((agent, ANA), (agent2, LUIS)):
        User.objects.filter(pk=person.pk).update(telegram_user_id=number)
    return connected


@pytest.fixture
def pooled(linked):
    """A lead that nobody looks after yet."""
    lead = LeadFactory(broker=linked, name="Camila Rojas", metadata={"location": ["Ñuñoa"]})
    ConversationFactory(broker=linked, lead=lead)
    return lead


@pytest.fixture
def own(pooled, agent):
    Lead.objects.filter(pk=pooled.pk).update(assigned_to=agent)
    return Lead.objects.get(pk=pooled.pk)


def say(client, text, user=ANA, **where):
    payload = update(update_id=next(numbers), message_id=next(numbers), text=text)
    payload["message"]["from"]["id"] = payload["message"]["chat"]["id"] = user
    answer = post_telegram(client, payload, **where)
    assert answer.status_code == 200
    return json.loads(answer.content)["text"] if answer.content else None


def press(client, data, user=ANA, number=None, under=None, **where):
    payload = update("callback_query", update_id=number or next(numbers), data=data)
    payload["callback_query"]["from"]["id"] = user
    payload["callback_query"]["message"]["message_id"] = under or standing(data)
    return post_telegram(client, payload, **where).json().get("text")


def standing(data):
    """The message that a card's buttons are under."""
    number = data.split(":")[1]
    known = (
        AgentCard.objects.filter(pk=int(number)) if number.isdecimal() and number.isascii() else ()
    )
    return next((card.telegram_message_id for card in known), None) or 1


def move_in(client, kind, user=ANA):
    """The person blocks the bot (``kicked``) or takes it back (``member``)."""
    payload = update("blocked", update_id=next(numbers))
    payload["my_chat_member"]["from"]["id"] = payload["my_chat_member"]["chat"]["id"] = user
    payload["my_chat_member"]["new_chat_member"]["status"] = kind
    assert post_telegram(client, payload).content == b""


def write_all(moment=None):
    """Everything due within the next days is written; what was written shows at the fake."""
    later = moment or timezone.now() + timedelta(days=3)
    while owed := cards.due(at=later):
        for card_id in owed:
            telegram_cards.write(card_id, at=later)


def hot(lead):
    alerts.raise_for(lead.broker_id, AlertKind.HOT_LEAD, lead=lead, at=timezone.now(), score=72)
    write_all()


def card_of(person, lead):
    return AgentCard.objects.get(agent=person, lead=lead)


def verbs(message):
    return [label for label, _ in message["buttons"]]


def button(message, label):
    """The code under a button of a message that the fake took."""
    return dict(message["buttons"])[label]
