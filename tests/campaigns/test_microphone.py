"""A person takes over while something speaks by itself: real threads, every speaker, every way to take."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokers.models import User
from campaigns import enrolment, steps
from campaigns.models import CampaignLog
from leads import cards, handoff, inbox, outbox, waiting, withheld
from leads.enums import Author, Channel, Delivery, Direction, Holder, Purpose
from leads.models import ActivityLog, ChatMessage, Conversation, Lead
from llm import drafting
from llm.conversation import take_turn
from scheduling import reminders
from tests.api import signed_in
from tests.campaigns.conftest import Watched, hear, told
from tests.factories import AppointmentFactory
from tests.racing import race
from voice import calls
from voice.models import CallStatus, VoiceCall

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
HANDED_OVER = (
    "conversation_taken",
    "conversation_given_back",
    "conversation_resumed",
    "person_requested",
)
Speak = Callable[[Lead, datetime], None]
Take = Callable[[Lead, User, datetime], Any]
echoes = count()


# --- Who takes ---


def by_api(lead: Lead, person: User, at: datetime) -> None:
    assert signed_in(person).post(f"/api/v1/leads/{lead.pk}/takeover/").status_code == 200


def in_the_inbox(lead: Lead, person: User, at: datetime) -> None:
    client = Client()
    client.force_login(person)
    page = reverse("admin:leads_conversation_inbox_take_it", args=[lead.conversation.pk])
    assert client.post(page, headers={"accept": "application/json"}).status_code == 204


def by_card(lead: Lead, person: User, at: datetime) -> None:
    verb = cards.verb_of("take")
    assert verb is not None
    verb.act(lead, person, at)


def by_writing(lead: Lead, person: User, at: datetime) -> None:
    outbox.send_by_person(lead, by=person, text=f"Soy {person.name}", at=at)


def by_the_phone_app(lead: Lead, person: User, at: datetime) -> None:
    echo = inbox.Inbound(
        broker=lead.broker,
        channel=Channel.TELEGRAM,
        external_user=f"tg-{lead.pk}",
        external_id=f"echo-{next(echoes)}",
        text="Soy de la corredora",
        at=at,
    )
    inbox.overhear(echo)


PAIRS = ((by_api, in_the_inbox), (by_card, by_the_phone_app), (by_writing, by_api))


# --- What speaks by itself: prepared before the race, spoken in it, safe to speak again ---


def deliver(lead: Lead, at: datetime) -> None:
    for message in ChatMessage.objects.filter(lead=lead, status=Delivery.PENDING).order_by("pk"):
        outbox.deliver(message.pk, at=at)


def prepare_reply(lead: Lead, campaign_of: Any, at: datetime) -> Speak:
    hear(lead, "hola, busco en Maipú", at)

    def speak(lead: Lead, at: datetime) -> None:
        take_turn(lead.conversation.pk, at=at + 10 * SECOND)
        deliver(lead, at + 10 * SECOND)

    return speak


def prepare_step(lead: Lead, campaign_of: Any, at: datetime) -> Speak:
    enrolment.enrol(campaign_of(name=f"Mensajes {lead.pk}"), lead, at=at)
    log = CampaignLog.objects.get(lead=lead)

    def speak(lead: Lead, at: datetime) -> None:
        steps.run(log.pk, at=at)
        deliver(lead, at)

    return speak


def prepare_call(lead: Lead, campaign_of: Any, at: datetime) -> Speak:
    calling = campaign_of({"action": "make_call"}, channel="call", name=f"Llamadas {lead.pk}")
    enrolment.enrol(calling, lead, at=at)
    log = CampaignLog.objects.get(lead=lead)

    def speak(lead: Lead, at: datetime) -> None:
        steps.run(log.pk, at=at)
        for call in VoiceCall.objects.filter(lead=lead, dialled_at=None):
            calls.start(call.pk, at=at)

    return speak


def prepare_reminder(lead: Lead, campaign_of: Any, at: datetime) -> Speak:
    visit = AppointmentFactory(
        broker=lead.broker, lead=lead, start_time=at + 24 * HOUR, end_time=at + 25 * HOUR,
        agreed_at=at - 48 * HOUR,
    )  # fmt: skip

    def speak(lead: Lead, at: datetime) -> None:
        reminders.remind(visit.pk, reminders.DAY_BEFORE, at=at)
        deliver(lead, at)

    return speak


def prepare_return(lead: Lead, campaign_of: Any, at: datetime) -> Speak:
    """Nobody came for an hour."""
    hear(lead, "quiero hablar con una persona", at - HOUR)
    handoff.ask_for_person(lead, reason="requested", at=at - HOUR)

    def speak(lead: Lead, at: datetime) -> None:
        waiting.sweep(at=at)
        take_turn(lead.conversation.pk, at=at)
        deliver(lead, at)

    return speak


def prepare_goodbye(lead: Lead, campaign_of: Any, at: datetime) -> Speak:
    hear(lead, "no me escriban más", at)
    return deliver


def again(conversation: Conversation) -> int:
    """Hand-overs that the story tells of."""
    told = ActivityLog.objects.filter(lead=conversation.lead_id, action_type__in=HANDED_OVER)
    return told.count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "prepare",
    [prepare_reply, prepare_step, prepare_call, prepare_reminder, prepare_return, prepare_goodbye],
)
def test_whatever_speaks_by_itself_stops_for_whoever_takes_over(
    prepare: Callable[..., Speak],
    prospect: Callable[..., Lead],
    campaign_of: Any,
    agent: User,
    admin: User,
    telegram: Watched,
    monkeypatch: pytest.MonkeyPatch,
    at: datetime,
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: at)
    for pair in PAIRS:
        if prepare is prepare_goodbye and by_writing in pair:
            continue  # who asked to be left alone is not written to, by nobody
        lead = prospect(heard=at - 2 * HOUR)
        speak = prepare(lead, campaign_of, at)
        before = Conversation.objects.get(lead=lead)
        events = again(before)

        def act(number: int, lead: Lead = lead, speak: Speak = speak, pair: Any = pair) -> None:
            fresh = Lead.objects.get(pk=lead.pk)
            if number == 0:
                speak(fresh, at)
            else:
                pair[number - 1](fresh, (agent, admin)[number - 1], at)

        assert race(3, act) == [None] * 3
        _is_consistent(before, events, (agent, admin))
        deliver(lead, at)  # what the people wrote
        _says_nothing_more(lead, speak, telegram, at)


def _is_consistent(before: Conversation, events: int, people: tuple[User, ...]) -> None:
    now = Conversation.objects.get(pk=before.pk)
    assert now.holder == Holder.USER
    assert now.held_by in (None, *people)
    assert now.version - before.version == again(now) - events


def _says_nothing_more(lead: Lead, speak: Speak, telegram: Watched, at: datetime) -> None:
    sent, dialled = list(telegram.sent), _dialled(lead)
    speak(Lead.objects.get(pk=lead.pk), at + SECOND)
    steps.reconcile(at=at + SECOND)
    free = ChatMessage.objects.filter(lead=lead, purpose=Purpose.CONFIRM_OPT_OUT)
    assert set(free.values_list("status", flat=True)) <= {"sent"}
    assert (telegram.sent, _dialled(lead)) == (sent, dialled)
    rows = ChatMessage.objects.filter(lead=lead, direction=Direction.OUT, at__gte=at)
    for message in rows.exclude(status=Delivery.SENT):
        assert message.author != Author.USER
        assert (message.status, message.reason in withheld.REASONS) == (Delivery.BLOCKED, True)
    for call in VoiceCall.objects.filter(lead=lead, status=CallStatus.CANCELLED):
        assert call.reason == "held_by_person"
    for _, status, reason in told(lead):
        assert status == "sent" or (status, reason) == ("due", "held_by_person")


def _dialled(lead: Lead) -> int:
    return VoiceCall.objects.filter(lead=lead, external_call_id__isnull=False).count()


@pytest.mark.django_db
def test_a_text_that_a_model_wrote_while_a_person_had_the_conversation_is_written_anew(
    prospect: Callable[..., Lead],
    campaign_of: Any,
    agent: User,
    telegram: Watched,
    monkeypatch: pytest.MonkeyPatch,
    at: datetime,
) -> None:
    """Taken, answered and given back: the holder is the assistant again, the text is old."""
    lead = prospect()
    enrolment.enrol(campaign_of({"use_ai_message": True}), lead, at=at)
    log, drafts = CampaignLog.objects.get(), iter(("Texto viejo", "Texto nuevo"))

    def draft(lead: Lead, **_: Any) -> str:
        text = next(drafts)
        if text == "Texto viejo":
            handoff.take(lead, by=agent, at=at)
            handoff.give_back(lead, by=agent, at=at)
        return text

    monkeypatch.setattr(drafting, "draft", draft)
    steps.run(log.pk, at=at)
    assert told(lead) == [(1, "due", "conversation_moved_on")]
    event = ActivityLog.objects.get(action_type="draft_discarded")
    assert event.details["reason"] == "conversation_moved_on"
    steps.run(log.pk, at=at)
    deliver(lead, at)
    assert telegram.sent == ["Texto nuevo"]
