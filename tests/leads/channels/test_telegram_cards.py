"""Agents' cards on their way to Telegram, and what stands in a chat once its cause is gone."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from brokers import linking, team
from brokers.models import User
from crm.celery import app
from leads import alerts, cards, erasing, handoff, merging, pipeline
from leads.channels import telegram_cards
from leads.enums import AlertKind
from leads.models import AgentCard, Lead, LeadAlert
from tests.agents import ANA, LUIS, card_of, hot, move_in, press, say, verbs, write_all
from tests.factories import ConversationFactory, LeadFactory
from tests.fakes import telegram as answers
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_once():
    """Tasks run where they are enqueued."""
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.mark.parametrize(
    ("answer", "state", "error", "wait"),
    [
        (answers.too_many(33), "pending", "rate_limited", 33),
        (answers.DOWN, "pending", "unreachable", 10),
        (answers.BLOCKED, "failed", "bot_blocked", None),
        (answers.CHAT_NOT_FOUND, "failed", "rejected", None),
    ],
)
def test_what_telegram_answers_to_a_card(telegram, own, at, answer, state, error, wait):
    alerts.raise_for(own.broker_id, AlertKind.HOT_LEAD, lead=own, at=at, score=72)
    card = AgentCard.objects.get()
    telegram.next = [answer]
    assert telegram_cards.write(card.pk, at=at) is True
    card.refresh_from_db()
    due = at + timedelta(seconds=wait) if wait else None
    assert (card.state, card.error, card.due_at) == (state, error, due)
    if state == "failed":
        cards.retry(card, at=at)
    write_all()
    card.refresh_from_db()
    assert (card.state, card.error, card.due_at) == ("sent", "", None)


@pytest.mark.parametrize(
    ("answer", "state", "attempts"),
    [(answers.too_many(30), "pending", 0), (answers.DOWN, "failed", cards.MAX_ATTEMPTS)],
)
def test_telegram_may_ask_for_patience_more_often_than_it_may_fail(
    telegram, own, agent, at, answer, state, attempts
):
    alerts.raise_for(own.broker_id, AlertKind.HOT_LEAD, lead=own, at=at, score=72)
    card = card_of(agent, own)
    for number in range(cards.MAX_ATTEMPTS):
        telegram.next = [answer]
        cache.clear()  # the chat's own pace has long passed
        assert telegram_cards.write(card.pk, at=at + timedelta(hours=2 * number)) is True
    card.refresh_from_db()
    assert (card.state, card.attempts) == (state, attempts)


def test_a_writer_that_dies_leaves_the_card_to_the_next(telegram, own, at):
    alerts.raise_for(own.broker_id, AlertKind.HOT_LEAD, lead=own, at=at, score=72)
    card = AgentCard.objects.get()
    assert cards.claim(card.pk, at=at) is not None
    assert telegram_cards.write(card.pk, at=at) is False
    later = at + timedelta(minutes=3)
    assert telegram_cards.write(card.pk, at=later) is True
    assert (len(telegram.sent), cards.due(at=later)) == (1, [])


def test_what_changes_while_a_card_is_on_its_way_is_written_after(telegram, own, agent, at):
    alerts.raise_for(own.broker_id, AlertKind.HOT_LEAD, lead=own, at=at, score=72)
    card = cards.claim(AgentCard.objects.get().pk, at=at)
    handoff.take(own, by=agent, at=at)
    cards.written(card, chat=ANA, message=1000, at=at)
    assert cards.due(at=at) == [card.pk]
    write_all(at)
    assert verbs(telegram.edited[-1]) == ["Devolver al asistente"]


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_write_a_card_once(telegram, own, at):
    alerts.raise_for(own.broker_id, AlertKind.HOT_LEAD, lead=own, at=at, score=72)
    card = AgentCard.objects.get()
    wrote = race(3, lambda _: telegram_cards.write(card.pk, at=at))
    assert (sorted(wrote), len(telegram.sent)) == ([False, False, True], 1)


def test_a_press_of_the_first_of_two_copies_takes_its_buttons_off(
    client, telegram, own, agent, at_once, django_capture_on_commit_callbacks
):
    """The answer to the first was lost: it stands in the chat, and nobody keeps it true."""
    hot(own)
    card, copy = card_of(agent, own), 555
    with django_capture_on_commit_callbacks(execute=True):
        press(client, f"card:{card.pk}:take")
    assert "555" not in {each["message_id"] for each in telegram.edited}
    with django_capture_on_commit_callbacks(execute=True):
        press(client, f"card:{card.pk}:give", under=copy)
    shown = {each["message_id"]: each for each in telegram.edited}
    assert shown["555"]["text"] == "Esta copia ya no sirve: la tarjeta al día es otra."
    assert (shown["555"]["buttons"], verbs(shown[str(card.telegram_message_id)])) == (
        [], ["Responder yo"],
    )  # fmt: skip


# --- Its person blocked the bot ---


def blocked_alerts():
    return LeadAlert.objects.filter(kind=AlertKind.AGENT_UNREACHABLE)


def test_who_blocks_the_bot_gets_no_cards_and_the_broker_is_told_once(
    client, telegram, pooled, agent, admin
):
    User.objects.filter(pk=admin.pk).update(telegram_user_id=8003)
    move_in(client, "kicked")
    move_in(client, "kicked")
    assert linking.state_of(User.objects.get(pk=agent.pk), at=timezone.now()) == "blocked"
    assert blocked_alerts().count() == 1
    write_all()
    assert "Ana Pérez bloqueó el bot de Telegram" in telegram.sent[0]["text"]
    hot(pooled)
    assert [int(each["chat_id"]) for each in telegram.sent] == [8003, LUIS]
    say(client, "hola")
    assert linking.state_of(User.objects.get(pk=agent.pk), at=timezone.now()) == "linked"
    assert Lead.objects.count() == 1


def test_a_block_that_is_told_after_it_was_lifted_is_none(client, telegram, linked, agent):
    move_in(client, "member", seconds=9)
    move_in(client, "kicked", seconds=5)
    assert linking.state_of(User.objects.get(pk=agent.pk), at=timezone.now()) == "linked"
    assert not blocked_alerts().exists()


def test_a_card_that_meets_a_blocked_bot_comes_once_the_bot_is_taken_back(
    client, telegram, own, agent
):
    alerts.raise_for(own.broker_id, AlertKind.HOT_LEAD, lead=own, at=timezone.now(), score=72)
    telegram.next = [answers.BLOCKED]
    write_all()
    assert (card_of(agent, own).error, blocked_alerts().count()) == ("bot_blocked", 1)
    move_in(client, "member")
    assert linking.state_of(User.objects.get(pk=agent.pk), at=timezone.now()) == "linked"
    write_all()
    assert ["Lead caliente" in each["text"] for each in telegram.sent] == [True, True]
    assert card_of(agent, own).state == "sent"


# --- Its cause is gone ---


def test_a_card_of_a_lead_that_closed_says_so_and_an_unsent_one_is_dropped(
    telegram, own, agent, admin
):
    hot(own)
    alerts.raise_for(own.broker_id, AlertKind.QUALIFIED, lead=own, key="1", at=timezone.now())
    lead = Lead.objects.get(pk=own.pk)
    pipeline.move(lead, to="perdido", reason="compró en otra parte", by=admin, at=timezone.now())
    write_all()
    shown = telegram.edited[-1]["text"]
    assert ("El proceso se cerró: Perdido." in shown, "buen momento" in shown) == (True, False)
    assert (len(telegram.sent), AgentCard.objects.get(kind="qualified").state) == (1, "dropped")


def test_the_cards_of_a_merged_lead_act_on_the_one_it_lives_on_in(
    client, telegram, pooled, agent, admin
):
    other = LeadFactory(broker=pooled.broker, name="Camila R.", assigned_to=agent)
    ConversationFactory(broker=pooled.broker, lead=other)
    hot(pooled)
    hot(other)  # Ana has a card of both: of the same kind one lead has one
    merging.merge(pooled, other, by=admin, at=timezone.now())
    write_all()
    stays, moved = card_of(agent, pooled), AgentCard.objects.exclude(agent=agent).get()
    assert moved.lead == other
    shown = {each["message_id"]: each["text"] for each in telegram.edited}
    assert shown[str(stays.telegram_message_id)] == "Camila Rojas\nSe unió con Camila R.."
    assert shown[str(moved.telegram_message_id)] == "Camila R.\nLo tomó Ana Pérez."
    assert press(client, f"card:{stays.pk}:claim") == "Se unió con Camila R.."
    assert press(client, f"card:{moved.pk}:claim", user=LUIS) == "Lo tomó Ana Pérez."


def test_the_cards_of_an_erased_lead_keep_nothing_of_them(client, telegram, pooled, agent, admin):
    hot(pooled)
    card = card_of(agent, pooled)
    handoff.ask_for_person(pooled, reason="requested", brief="un crédito", at=timezone.now())
    receipt = erasing.erase(pooled, by=admin, at=timezone.now()).receipt
    assert {"what": "leads.AgentCard", "count": 4} in receipt["deleted"]
    write_all()
    chats = [message["text"] for chat in telegram.chats.values() for message in chat.values()]
    assert chats == ["Los datos de este lead se eliminaron."] * 2
    assert press(client, f"card:{card.pk}:claim") == "Esta tarjeta ya no sirve."
    left = list(AgentCard.objects.values_list("lead", "details", "due_at"))
    assert left == [(None, {"erased": True}, None)] * 2


GONE = "Esta tarjeta ya no sirve: este Telegram dejó de estar vinculado."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["/desvincular", "another phone", "deactivated"])
def test_what_stands_on_a_phone_that_was_left_has_no_more_buttons(
    client, telegram, own, agent, admin, how
):
    hot(own)
    now = timezone.now()
    if how == "another phone":
        say(client, f"/vincular {linking.issue(agent, at=now)}", user=8009)
    elif how == "deactivated":
        team.deactivate(agent, by=admin, at=now)
    else:
        say(client, how)
    write_all()
    assert [each["text"] for each in telegram.chats[str(ANA)].values()] == [GONE]
    assert "8009" not in telegram.chats
    refused = "Tu Telegram no está vinculado a una cuenta activa de esta corredora."
    assert press(client, f"card:{AgentCard.objects.first().pk}:take") == refused
