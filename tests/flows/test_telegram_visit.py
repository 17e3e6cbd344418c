"""A lead writes to the bot, gets hours as buttons, presses one, and has a visit."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import delivery, outbox
from leads.models import Lead
from llm.conversation import take_turn
from scheduling.models import Appointment
from tests import payloads
from tests.channels import connected, post_telegram, telegram
from tests.factories import AvailabilitySlotFactory

__all__ = ["connected", "telegram"]
pytestmark = pytest.mark.django_db


def test_hours_come_as_buttons_and_a_press_books_one(client, telegram, connected, agent):
    for weekday in range(7):
        AvailabilitySlotFactory(broker=connected, agent=agent, weekday=weekday)
    _say(
        client,
        1,
        text="Hola, soy Camila Rojas y quiero visitar un departamento en Ñuñoa. ¿Qué horas tienen?",
    )
    offered = telegram.sent[-1]["buttons"]
    assert len(offered) == 4
    label, code = offered[0]
    payload = payloads.load("telegram/callback_query")
    payload["callback_query"]["data"] = code
    post_telegram(client, payload)
    _answer()
    appointment = Appointment.objects.get()
    assert (appointment.lead, appointment.agent) == (Lead.objects.get(), agent)
    assert telegram.sent[-1]["buttons"] == []
    assert label in telegram.sent[-1]["text"]


def _say(client, number, *, text):
    payload = payloads.load("telegram/message")
    payload["update_id"] = payload["message"]["message_id"] = number
    payload["message"]["text"] = text
    assert post_telegram(client, payload).status_code == 200
    _answer()


def _answer():
    later = timezone.now() + timedelta(seconds=10)
    take_turn(Lead.objects.get().conversation.pk, at=later)
    for message in delivery.due(at=later):
        outbox.deliver(message, at=later)
