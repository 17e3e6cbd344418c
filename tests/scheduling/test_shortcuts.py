"""A press, or an hour named plainly, books without a model, once, whatever else happens."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from leads import delivery, outbox
from leads.models import ChatMessage, Lead
from llm.conversation import take_turn
from llm.models import LLMCall
from scheduling.models import Appointment, AppointmentStatus, SlotOffer
from tests import payloads
from tests.channels import connected, meta, post_telegram, post_whatsapp, telegram
from tests.factories import AvailabilitySlotFactory, KnowledgeEntryFactory, LeadFactory
from tests.racing import race

__all__ = ["connected", "meta", "telegram"]
pytestmark = pytest.mark.django_db
ASKS = "Hola, quiero visitar un departamento en Ñuñoa. ¿Qué horas tienen?"


@pytest.fixture(autouse=True)
def office(agent):
    for weekday in range(7):
        AvailabilitySlotFactory(broker=agent.broker, agent=agent, weekday=weekday)


class Visitor:
    """Somebody on the web chat."""

    def __init__(self, client):
        self.client, self.visitor = client, ""

    def post(self, **body):
        body = {**body, "visitor": self.visitor}
        answer = self.client.post("/chat/andes/messages/", json.dumps(body), "application/json")
        self.visitor = answer.json().get("visitor", self.visitor)
        return answer

    def press(self, message, number):
        return self.post(text=labels(message)[number], choice=f"{message.pk}:{number}")

    def asks(self, text=ASKS):
        """The message of ours that offers hours."""
        self.post(text=text)
        take()
        return ChatMessage.objects.filter(direction="out").latest("pk")


@pytest.fixture
def visitor(client, broker):
    return Visitor(client)


def take(lead=None, later=10):
    """A turn of the lead's, its reply delivered; the reply."""
    at = timezone.now() + timedelta(seconds=later)
    lead = lead or Lead.objects.earliest("pk")
    take_turn(lead.conversation.pk, at=at)
    for message in delivery.due(at=at):
        outbox.deliver(message, at=at)
    return lead.messages.filter(direction="out").latest("pk")


def labels(message):
    return [each["label"] for each in message.provider_metadata["choices"]]


def asked_models():
    return LLMCall.objects.count()


def test_a_press_on_the_web_chat_books_its_hour_without_a_model(visitor, agent):
    offered = visitor.asks()
    before = asked_models()
    assert visitor.press(offered, 1).status_code == 200
    reply = take()
    visit = Appointment.objects.get()
    assert visit.start_time.isoformat() in (
        each.start_time.isoformat() for each in SlotOffer.objects.filter(taken=True)
    )
    assert asked_models() == before
    assert labels(offered)[1] in reply.message_text
    assert "agendada" in reply.message_text
    assert agent.get_short_name() in reply.message_text
    assert "tu nombre y un teléfono" in reply.message_text
    assert "correo" not in reply.message_text
    assert "choices" not in reply.provider_metadata


def test_a_press_is_posted_without_a_text_too(visitor):
    offered = visitor.asks()
    stored = visitor.post(choice=f"{offered.pk}:0").json()["messages"][0]
    assert stored["text"] == labels(offered)[0]


def test_a_press_of_nothing_that_was_offered_needs_a_text(visitor):
    offered = visitor.asks()
    for code in (f"{offered.pk}:9", "7:0", "x", f"{offered.pk}:-1"):
        assert visitor.post(choice=code).status_code == 400
        assert visitor.post(choice=code, text="hola").json()["messages"][0]["text"] == "hola"


def test_another_visitors_button_does_nothing(visitor, client):
    offered = visitor.asks()
    other = Visitor(client)
    answer = other.post(choice=f"{offered.pk}:0", text="hola").json()
    assert answer["messages"][0]["text"] == "hola"
    take(Lead.objects.latest("pk"))
    assert not Appointment.objects.exists()


def test_an_offer_of_another_lead_books_nothing(visitor, agent):
    offered = visitor.asks()
    other = LeadFactory(broker=agent.broker)
    SlotOffer.objects.update(lead=other)
    for each in (choices := offered.provider_metadata["choices"]):
        del each["start"]
    ChatMessage.objects.filter(pk=offered.pk).update(provider_metadata={"choices": choices})
    visitor.press(offered, 0)
    take()
    assert not Appointment.objects.filter(lead=other).exists()
    assert not SlotOffer.objects.filter(taken=True).exists()


def test_a_press_in_telegram_books_without_a_model(client, telegram, connected, agent):
    payload = payloads.load("telegram/message")
    payload["message"]["text"] = ASKS
    post_telegram(client, payload)
    take()
    before = asked_models()
    label, code = telegram.sent[-1]["buttons"][0]
    pressed = payloads.load("telegram/callback_query")
    pressed["callback_query"]["data"] = code
    post_telegram(client, pressed)
    take()
    assert (Appointment.objects.count(), asked_models()) == (1, before)
    assert label in telegram.sent[-1]["text"]


def test_a_press_of_a_whatsapp_list_books_without_a_model(client, meta, connected):
    written = payloads.load("whatsapp/text")
    _message_of(written)["text"]["body"] = ASKS
    post_whatsapp(client, written)
    take()
    before = asked_models()
    row = meta.sent[-1]["interactive"]["action"]["sections"][0]["rows"][2]
    pressed = payloads.load("whatsapp/list_reply")
    _message_of(pressed)["interactive"]["list_reply"]["id"] = row["id"]
    post_whatsapp(client, pressed)
    reply = take()
    assert (Appointment.objects.count(), asked_models()) == (1, before)
    assert row["description"] in reply.message_text
    assert "teléfono" not in reply.message_text  # WhatsApp attests it


def _message_of(payload):
    return payload["entry"][0]["changes"][0]["value"]["messages"][0]


def test_a_press_twice_books_once_and_says_that_it_stands(visitor):
    offered = visitor.asks()
    visitor.press(offered, 1)
    take()
    visitor.press(offered, 1)
    reply = take()
    assert Appointment.objects.count() == 1
    assert "ya está agendada" in reply.message_text


def test_two_presses_in_one_burst_book_the_last(visitor):
    offered = visitor.asks()
    visitor.press(offered, 0)
    visitor.press(offered, 2)
    reply = take()
    assert Appointment.objects.count() == 1
    assert labels(offered)[2] in reply.message_text


def test_another_hour_of_the_old_message_moves_the_visit_and_says_so(visitor):
    offered = visitor.asks()
    visitor.press(offered, 1)
    take()
    visitor.press(offered, 2)
    reply = take()
    visit = Appointment.objects.get()
    assert visit.status == AppointmentStatus.SCHEDULED
    assert visit.start_time.isoformat() == _start(offered, 2)
    first, second = labels(offered)[1], labels(offered)[2]
    assert f"era el {first} y ahora es el {second}" in reply.message_text


def _start(offered, number):
    local = offered.provider_metadata["choices"][number]["start"]
    return timezone.datetime.fromisoformat(local).astimezone(timezone.timezone.utc).isoformat()


def test_an_hour_that_somebody_else_took_gives_new_ones(visitor, agent, at):
    offered = visitor.asks()
    for offer in SlotOffer.objects.all():
        offer.hold_until = timezone.now() - timedelta(minutes=1)
        offer.save()
        Appointment.objects.create(
            lead=LeadFactory(broker=agent.broker),
            broker=agent.broker,
            agent=agent,
            start_time=offer.start_time,
            end_time=offer.end_time,
            stage_before="entrada",
        )
    before = asked_models()
    visitor.press(offered, 1)
    reply = take()
    assert not Appointment.objects.filter(lead=Lead.objects.earliest("pk")).exists()
    assert asked_models() == before
    assert "ya no está disponible" in reply.message_text
    assert set(labels(reply)).isdisjoint(labels(offered))


def test_a_press_of_an_hour_that_is_past_gives_new_ones(visitor):
    offered = visitor.asks()
    SlotOffer.objects.all().delete()
    choices = [
        {**each, "start": (timezone.now() - timedelta(days=3)).isoformat()}
        for each in offered.provider_metadata["choices"]
    ]
    ChatMessage.objects.filter(pk=offered.pk).update(provider_metadata={"choices": choices})
    visitor.press(offered, 1)
    reply = take()
    assert not Appointment.objects.exists()
    assert len(labels(reply)) == 4


def test_the_property_that_was_asked_for_goes_with_the_hour_pressed(visitor, broker):
    flat = KnowledgeEntryFactory(
        broker=broker,
        source_type="property",
        title="Departamento Los Leones, 2 dormitorios",
        content="Comuna: Providencia. Precio: UF 5.690.",
        metadata={"direccion": "Los Leones 1200", "location": "Providencia", "price_uf": 5690},
    )
    offered = visitor.asks("Hola, quiero visitar el departamento Los Leones, ¿qué horas tienen?")
    visitor.press(offered, 0)
    reply = take()
    visit = Appointment.objects.get()
    assert (visit.listing, visit.location) == (flat, "Los Leones 1200, Providencia")
    assert "Los Leones 1200, Providencia" in reply.message_text


def test_an_hour_typed_is_booked_without_a_model(visitor):
    offered = visitor.asks()
    before = asked_models()
    visitor.post(text="La segunda porfa")
    reply = take()
    assert (Appointment.objects.count(), asked_models()) == (1, before)
    assert labels(offered)[1] in reply.message_text


def test_what_else_was_typed_is_answered_too(visitor):
    offered = visitor.asks()
    visitor.post(text="la segunda, soy Marcela Soto")
    reply = take()
    assert Appointment.objects.get().start_time.isoformat() == _start(offered, 1)
    assert reply.message_text.startswith("¡Listo! Tu visita")
    assert Lead.objects.get().name == "Marcela Soto"


def test_who_writes_in_english_is_answered_in_english(visitor):
    offered = visitor.asks(
        "Hi, I would like to visit the apartment in Ñuñoa. What times do you have?"
    )
    if "choices" not in offered.provider_metadata:
        visitor.post(text="I want to visit it please, when can we visit the apartment")
        offered = take()
    visitor.press(offered, 0)
    reply = take()
    assert labels(offered)[0] in reply.message_text
    assert "is booked for" in reply.message_text
    assert "your name and a phone number" in reply.message_text


def test_a_brokerage_that_does_not_book_books_no_press(visitor, broker):
    offered = visitor.asks()
    broker.brokerpromptconfig.enable_appointment_booking = False
    broker.brokerpromptconfig.save()
    visitor.press(offered, 0)
    take()
    assert not Appointment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_turns_that_race_for_two_presses_book_once(visitor):
    offered = visitor.asks()
    visitor.press(offered, 0)
    visitor.press(offered, 0)
    held, at = Lead.objects.get().conversation.pk, timezone.now() + timedelta(seconds=10)
    race(3, lambda _number: take_turn(held, at=at))
    take()
    assert Appointment.objects.count() == 1
