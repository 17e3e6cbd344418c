"""The broker's own people in the bot: linked by a code, told by cards, acting by their buttons."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from brokers import linking
from brokers.models import Broker, BrokerLeadConfig, User
from leads import alerts, assignment, handoff, inbox
from leads.enums import AlertKind, Channel
from leads.models import (
    ActivityLog,
    AgentCard,
    ChatMessage,
    Conversation,
    Lead,
    LeadAlert,
    TelegramMessage,
)
from scheduling import booking
from tests.agents import (
    ANA,
    LUIS,
    button,
    card_of,
    hot,
    numbers,
    press,
    say,
    verbs,
    write_all,
)
from tests.channels import connect, post_telegram
from tests.factories import AppointmentFactory, LeadFactory
from tests.leads.channels.test_telegram_updates import update
from tests.racing import race

pytestmark = pytest.mark.django_db


# --- Linking ---


@pytest.mark.parametrize("words", ["/vincular {}", "/start vincular-{}"])
def test_a_code_links_the_chat_and_its_people_are_no_leads(client, connected, agent, words):
    code = linking.issue(agent, at=timezone.now())
    assert say(client, words.format(code)) == "Listo, Ana: tus avisos llegarán aquí."
    assert say(client, "hola").startswith("Ana, aquí llegan tus avisos.")
    assert (Lead.objects.count(), ChatMessage.objects.count()) == (0, 0)
    assert code not in json.dumps(list(TelegramMessage.objects.values_list("payload", flat=True)))
    assert say(client, "/desvincular") == "Listo: este Telegram ya no está vinculado."
    assert say(client, "hola") is None
    assert Lead.objects.count() == 1


def test_a_wrong_code_makes_nobody_an_agent_nor_a_lead(client, connected, rival, rival_agent):
    theirs = linking.issue(rival_agent, at=timezone.now())
    for words in ("/vincular AAAA2222", "/vincular", f"/vincular {theirs}"):
        assert say(client, words).startswith("Ese código no sirve")
    assert (Lead.objects.count(), linking.linked(rival, ANA)) == (0, None)


def test_a_code_said_in_a_group_links_nobody(client, connected, agent):
    code = linking.issue(agent, at=timezone.now())
    payload = update("group_message", update_id=next(numbers), text=f"/vincular {code}")
    assert post_telegram(client, payload).content == b""
    assert not User.objects.filter(telegram_user_id__isnull=False).exists()


def test_a_code_that_comes_twice_is_answered_once(client, connected, agent):
    payload = update(text=f"/vincular {linking.issue(agent, at=timezone.now())}")
    assert "Listo" in post_telegram(client, payload).json()["text"]
    assert post_telegram(client, payload).content == b""
    assert linking.linked(connected, 7001) == agent


def test_an_agent_of_another_broker_is_a_lead_like_anybody(client, linked, rival):
    connect(rival, telegram={"token": "2:otra", "secret": "suyo"}, suffix="-rival")
    assert say(client, "hola", key="tg-rival", secret="suyo") is None
    assert Lead.objects.get().broker == rival


def test_polling_answers_them_too(telegram, connected, agent):
    words = f"/vincular {linking.issue(agent, at=timezone.now())}"
    telegram.updates = [update(text=words)]
    with pytest.raises(CommandError, match="does not know this bot"):
        call_command("telegram_poll", broker="andes")
    assert [each["text"] for each in telegram.sent] == ["Listo, Ana: tus avisos llegarán aquí."]


# --- Cards ---


def test_a_hot_lead_of_the_pool_is_a_card_to_every_agent(telegram, pooled, agent, agent2):
    hot(pooled)
    sent = {int(each["chat_id"]): each for each in telegram.sent}
    assert sorted(sent) == [ANA, LUIS]
    page = reverse("admin:leads_lead_change", args=[pooled.pk])
    for told in ("Lead caliente: Camila Rojas", "Ñuñoa", "72 puntos", "Nadie lo atiende", page):
        assert told in sent[ANA]["text"]
    assert verbs(sent[ANA]) == ["Tomar el lead", "Responder yo"]
    hot(pooled)
    assert len(telegram.sent) == 2


def test_only_the_person_in_charge_is_told_of_their_lead(telegram, own):
    hot(own)
    assert [int(each["chat_id"]) for each in telegram.sent] == [ANA]
    assert verbs(telegram.sent[0]) == ["Responder yo"]


def test_an_alert_without_a_lead_goes_to_linked_admins(telegram, linked, admin):
    User.objects.filter(pk=admin.pk).update(telegram_user_id=8003)
    alerts.raise_for(linked.pk, AlertKind.LLM_BUDGET, key="2026-11", at=timezone.now())
    write_all()
    assert [int(each["chat_id"]) for each in telegram.sent] == [8003]
    assert LeadAlert.objects.get().state == "pending"  # the e-mail goes its own way


def test_who_writes_first_is_told_to_the_pool_unless_taken_meanwhile(
    client, telegram, linked, agent
):
    post_telegram(client, update(text="/start instagram__verano"))
    assert {card.kind for card in AgentCard.objects.all()} == {"new_lead"}
    write_all()
    assert "Lead sin asignar: " in telegram.sent[0]["text"]
    assert "Llegó por Telegram (instagram, verano) y" in telegram.sent[0]["text"]
    say(client, "hola", user=7009)
    other = Lead.objects.latest("pk")
    assignment.claim(other, by=agent, at=timezone.now())
    write_all()
    assert len(telegram.sent) == 2
    assert {card.state for card in AgentCard.objects.filter(lead=other)} == {"dropped"}


def test_cards_wait_for_the_morning_but_a_waiting_lead_does_not(telegram, own, at):
    night = at.replace(hour=23)
    alerts.raise_for(own.broker_id, AlertKind.HOT_LEAD, lead=own, at=night, score=70)
    handoff.ask_for_person(own, reason="requested", brief="Quiere hablar de un crédito", at=night)
    due = dict(AgentCard.objects.values_list("kind", "due_at"))
    assert due == {"hot_lead": at.replace(day=25, hour=9), "handoff_waiting": night}
    write_all(night)
    assert telegram.sent[0]["disable_notification"] == "true"
    assert "Camila Rojas pide una persona" in telegram.sent[0]["text"]
    assert "Quiere hablar de un crédito" in telegram.sent[0]["text"]


def test_who_gives_a_lead_to_somebody_tells_them_and_who_gives_it_back_tells_all(
    telegram, pooled, agent, admin
):
    assignment.assign(pooled, to=agent, by=admin, at=timezone.now())
    write_all()
    assert [int(each["chat_id"]) for each in telegram.sent] == [ANA]
    assert "Ahora atiendes a Camila Rojas" in telegram.sent[0]["text"]
    assignment.assign(pooled, to=None, by=admin, at=timezone.now())
    write_all()
    told = telegram.sent[1:]
    assert sorted(int(each["chat_id"]) for each in told) == [ANA, LUIS]
    assert "Lead sin asignar: Camila Rojas" in told[0]["text"]
    assert "Ya no está a tu cargo." in telegram.edited[-1]["text"]
    assignment.assign(pooled, to=admin, by=admin, at=timezone.now())
    write_all()
    assert len(telegram.sent) == 3


def test_a_lead_that_the_mode_gives_to_somebody_is_told_to_them_alone(
    client, telegram, linked, agent2
):
    BrokerLeadConfig.objects.filter(broker=linked).update(assignment_mode="round_robin")
    User.objects.filter(pk=agent2.pk).update(assignment_priority=1)
    say(client, "hola", user=7009)
    write_all()
    assert [int(each["chat_id"]) for each in telegram.sent] == [LUIS]
    assert "Ahora atiendes a" in telegram.sent[0]["text"]


# --- Presses ---


def test_a_claim_makes_it_theirs_and_tells_the_others(client, telegram, pooled, agent, agent2):
    hot(pooled)
    mine, other = card_of(agent, pooled), card_of(agent2, pooled)
    assert press(client, f"card:{mine.pk}:claim") == "El lead es tuyo."
    pooled.refresh_from_db()
    assert pooled.assigned_to == agent
    write_all()
    shown = {int(each["chat_id"]): each for each in telegram.edited}
    assert shown[LUIS]["text"] == "Camila Rojas\nLo tomó Ana Pérez."
    assert (shown[LUIS]["buttons"], verbs(shown[ANA])) == ([], ["Responder yo"])
    assert "Lo atiende Ana Pérez." in shown[ANA]["text"]
    assert press(client, f"card:{other.pk}:claim", user=LUIS) == "Lo tomó Ana Pérez."
    pooled.refresh_from_db()
    assert (pooled.assigned_to, len(telegram.sent)) == (agent, 2)


def test_the_microphone_is_taken_and_given_back(client, telegram, own, agent):
    hot(own)
    card = card_of(agent, own)
    assert "Tienes la conversación" in press(client, f"card:{card.pk}:take")
    assert Conversation.objects.get(lead=own).held_by == agent
    write_all()
    assert verbs(telegram.edited[-1]) == ["Devolver al asistente"]
    assert "Responde Ana Pérez." in telegram.edited[-1]["text"]
    assert "El asistente sigue" in press(client, f"card:{card.pk}:give")
    assert Conversation.objects.get(lead=own).holder == "assistant"
    assert press(client, f"card:{card.pk}:give") == "La conversación no la tienes tú."


@pytest.fixture
def visit(own, agent):
    start = timezone.now().replace(microsecond=0) + timedelta(days=8)
    return AppointmentFactory(
        broker=own.broker,
        lead=own,
        agent=agent,
        start_time=start,
        end_time=start + timedelta(hours=1),
    )


def test_a_visit_is_confirmed_from_its_card(client, telegram, own, visit):
    hot(own)
    assert ", por confirmar" in telegram.sent[0]["text"]
    confirm = button(telegram.sent[0], "Confirmar la visita")
    assert press(client, confirm) == "Visita confirmada."
    visit.refresh_from_db()
    assert visit.status == "confirmed"
    write_all()
    assert verbs(telegram.edited[-1]) == ["Responder yo"]
    assert ", confirmada" in telegram.edited[-1]["text"]
    assert press(client, confirm).startswith("La visita ya está confirmada: ")


def test_a_visit_that_moved_since_the_card_was_read_is_not_confirmed(
    client, telegram, own, visit, admin
):
    hot(own)
    confirm = button(telegram.sent[0], "Confirmar la visita")
    now = timezone.now()
    booking.reschedule(visit, start=visit.start_time + timedelta(hours=3), by=admin, at=now)
    assert press(client, confirm).startswith("La visita cambió: ahora es el ")
    visit.refresh_from_db()
    assert visit.status == "scheduled"
    write_all()
    again = button(telegram.edited[-1], "Confirmar la visita")
    assert press(client, again) == "Visita confirmada."
    booking.cancel(visit, reason="viaje", by=admin, at=now)
    assert press(client, again) == "Ya no hay una visita por confirmar."


def test_a_visit_that_somebody_else_puts_in_an_agents_hands_is_told_and_kept_true(
    telegram, own, visit, agent, agent2, admin
):
    now = timezone.now()
    visit = booking.reassign(visit, to=agent2, by=admin, at=now)
    visit = booking.reassign(visit, to=agent, by=admin, at=now)
    write_all()
    mine = next(each for each in telegram.sent if int(each["chat_id"]) == ANA)
    assert "Visita agendada con Camila Rojas" in mine["text"]
    visit = booking.reschedule(visit, start=visit.start_time + timedelta(days=1), by=agent, at=now)
    write_all()
    assert "La visita se movió: ahora es el " in telegram.edited[-1]["text"]
    booking.cancel(visit, reason="viaje", by=agent, at=now)
    write_all()
    assert "La visita se canceló." in telegram.edited[-1]["text"]
    assert "agendada" not in telegram.edited[-1]["text"]


def test_an_agent_is_answered_in_the_language_of_their_broker(client, telegram, pooled, agent):
    Broker.objects.filter(pk=pooled.broker_id).update(language="en")
    hot(pooled)
    with translation.override("en"):
        told = gettext("El lead es tuyo.")
    assert told != "El lead es tuyo."
    assert press(client, f"card:{card_of(agent, pooled).pk}:claim") == told


def test_a_press_that_comes_twice_acts_once(client, telegram, pooled, agent):
    hot(pooled)
    data = f"card:{card_of(agent, pooled).pk}:claim"
    assert press(client, data, number=5) == "El lead es tuyo."
    assert press(client, data, number=5) is None
    assert ActivityLog.objects.filter(lead=pooled, action_type="assigned").count() == 1


@pytest.mark.parametrize("who", ["stranger", "former", "other agent", "other broker", "made up"])
def test_a_press_of_somebody_elses_card_does_nothing(
    client, telegram, pooled, agent, rival, rival_agent, who
):
    hot(pooled)
    data, user, where = f"card:{card_of(agent, pooled).pk}:claim", ANA, {}
    if who == "stranger":
        user = 7777
    elif who == "former":
        person = User.objects.get(pk=agent.pk)
        person.is_active = False
        person.save(update_fields=["is_active"])
    elif who == "other agent":
        user = LUIS
    elif who == "other broker":
        connect(rival, telegram={"token": "2:otra", "secret": "suyo"}, suffix="-rival")
        User.objects.filter(pk=rival_agent.pk).update(telegram_user_id=8009)
        user, where = 8009, {"key": "tg-rival", "secret": "suyo"}
    else:
        data = "card:999999:claim"
    told = press(client, data, user=user, **where)
    assert told in (
        "Tu Telegram no está vinculado a una cuenta activa de esta corredora.",
        "Esta tarjeta ya no sirve.",
    )
    pooled.refresh_from_db()
    assert pooled.assigned_to is None


@pytest.mark.parametrize("data", ["card:", "card::", "card:1", "card:x:claim", "card:²:claim"])
def test_garbage_on_a_button_is_refused_politely(client, linked, data):
    assert press(client, data) == "Esta tarjeta ya no sirve."


def test_a_verb_that_does_not_fit_is_refused(client, telegram, own, agent):
    hot(own)
    assert press(client, f"card:{card_of(agent, own).pk}:claim") == "El lead ya es tuyo."


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_wins(telegram, pooled, agent, agent2):
    hot(pooled)
    people = [(agent, ANA), (agent2, LUIS)]

    def claim(number):
        person, account = people[number]
        data = f"card:{card_of(person, pooled).pk}:claim"
        told = press(Client(), data, user=account)
        connection.close()
        return told

    told = race(2, claim)
    pooled.refresh_from_db()
    winner = pooled.assigned_to
    assert sorted(told) == sorted(["El lead es tuyo.", f"Lo tomó {winner}."])
    assert told[[person for person, _ in people].index(winner)] == "El lead es tuyo."
    write_all()
    assert {each["text"].splitlines()[-1] for each in telegram.edited} >= {f"Lo tomó {winner}."}


def test_a_broker_without_linked_people_has_no_cards(connected, at):
    lead = LeadFactory(broker=connected)
    alerts.raise_for(connected.pk, AlertKind.HOT_LEAD, lead=lead, at=at, score=72)
    inbox.receive(inbox.Inbound(connected, Channel.WEBCHAT, "v1", "m1", "hola", at=at))
    assert AgentCard.objects.count() == 0
