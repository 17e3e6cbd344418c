"""Turns: one reply for everything unanswered, whoever interrupts, repeats or dies."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from leads import cards, handoff, inbox, outbox, words
from leads.enums import Delivery, Holder
from leads.models import ActivityLog, ChatMessage, Conversation, Lead
from leads.stages import Stage
from llm import conversation, thinking
from llm.conversation import Outcome, take_turn
from llm.models import LLMCall

pytestmark = pytest.mark.django_db


def replies(lead: Lead) -> list[str]:
    return list(
        lead.messages.filter(direction="out").order_by("id").values_list("message_text", flat=True)
    )


def test_the_first_reply_says_that_an_assistant_is_writing(answer):
    outcome, reply = answer("hola")
    assert outcome == Outcome.ANSWERED
    assert "asistente virtual" in reply


def test_a_burst_is_answered_once(write, at):
    for text in ("hola", "soy Camila Rojas", "busco en Ñuñoa"):
        message = write(text)
    take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10))
    lead = Lead.objects.get()
    assert len(replies(lead)) == 1
    assert (lead.name, lead.metadata["location"]) == ("Camila Rojas", ["Ñuñoa"])


def test_a_turn_waits_until_the_writer_paused(write, at, settings):
    settings.TURN_DELAY_SECONDS = 5
    message = write("hola")
    pk = message.lead.conversation.pk
    assert take_turn(pk, at=at + timedelta(seconds=4)) == Outcome.NOT_OURS
    assert take_turn(pk, at=at + timedelta(seconds=5)) == Outcome.ANSWERED


def test_a_repeated_turn_answers_nothing_twice(write, at):
    message = write("hola")
    pk, later = message.lead.conversation.pk, at + timedelta(seconds=10)
    assert take_turn(pk, at=later) == Outcome.ANSWERED
    assert take_turn(pk, at=later) == Outcome.NOT_OURS
    assert len(replies(message.lead)) == 1


def test_every_attempt_is_a_row_with_one_trace(answer):
    answer("hola, soy Camila Rojas")
    calls = LLMCall.objects.order_by("id")
    assert [(call.provider, call.error, call.used_fallback) for call in calls] == [
        ("offline", "", False)
    ] * len(calls)
    assert len(calls) >= 2
    assert len({call.trace_id for call in calls}) == 1
    assert {call.message_id for call in calls} == {ChatMessage.objects.get(direction="in").pk}


def test_a_dead_workers_lease_runs_out_and_another_answers(write, at, settings):
    message = write("hola")
    pk, later = message.lead.conversation.pk, at + timedelta(seconds=10)
    claim = conversation._claim(pk, later)
    assert claim is not None
    assert (
        take_turn(pk, at=later + timedelta(seconds=settings.TURN_LEASE_SECONDS - 1))
        == Outcome.NOT_OURS
    )
    assert conversation.due(at=later + timedelta(seconds=settings.TURN_LEASE_SECONDS + 1)) == [pk]
    assert (
        take_turn(pk, at=later + timedelta(seconds=settings.TURN_LEASE_SECONDS + 1))
        == Outcome.ANSWERED
    )
    assert len(replies(message.lead)) == 1


def test_a_message_that_comes_while_the_model_thinks_is_answered_too(write, at, monkeypatch):
    message = write("hola")
    think, asked = thinking.reply, []

    def slow(turn, history, **options):
        asked.append(turn.question)
        if len(asked) == 1:
            write("soy Camila Rojas")
        return think(turn, history, **options)

    monkeypatch.setattr(thinking, "reply", slow)
    take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10))
    assert asked == ["hola", "hola\nsoy Camila Rojas"]
    assert len(replies(message.lead)) == 1
    assert conversation.due(at=at + timedelta(hours=1)) == []


def test_a_writer_who_never_pauses_still_gets_an_answer(write, at, monkeypatch):
    message = write("hola")
    think = thinking.reply

    def interrupted(turn, history, **options):
        write("y otra cosa")
        return think(turn, history, **options)

    monkeypatch.setattr(thinking, "reply", interrupted)
    assert (
        take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10)) == Outcome.ANSWERED
    )
    assert len(replies(message.lead)) == 1
    assert conversation.due(at=at + timedelta(seconds=30)) == [message.lead.conversation.pk]


def test_a_person_who_takes_over_while_the_model_thinks_is_not_talked_over(
    write, at, agent, monkeypatch
):
    message = write("hola")
    think = thinking.reply

    def overtaken(turn, history, **options):
        draft = think(turn, history, **options)
        handoff.take(turn.lead, by=agent, at=at)
        return draft

    monkeypatch.setattr(thinking, "reply", overtaken)
    assert (
        take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10)) == Outcome.DISCARDED
    )
    assert replies(message.lead) == []
    event = ActivityLog.objects.get(action_type="draft_discarded")
    assert words.event_details(event) == "Una persona tomó la conversación antes de enviarlo."


def by_writing(lead, agent, at):
    outbox.send_by_person(lead, by=agent, text="Soy Ana", at=at)


def by_card(lead, agent, at):
    cards.verb_of("take").act(lead, agent, at)


def by_the_phone_app(lead, agent, at):
    inbox.overhear(
        inbox.Inbound(
            broker=lead.broker,
            channel="webchat",
            external_user="visitor",
            external_id="echo",
            text="Soy Ana",
            at=at,
        )
    )


@pytest.mark.parametrize("overtake", [by_writing, by_card, by_the_phone_app])
def test_however_a_person_takes_over_the_draft_is_dropped_and_the_next_message_answered(
    write, at, agent, monkeypatch, overtake
):
    message = write("hola")
    lead, think = message.lead, thinking.reply

    def overtaken(turn, history, **options):
        draft = think(turn, history, **options)
        overtake(lead, agent, at)
        return draft

    with monkeypatch.context() as patched:
        patched.setattr(thinking, "reply", overtaken)
        outcome = take_turn(lead.conversation.pk, at=at + timedelta(seconds=10))
    assert outcome == Outcome.DISCARDED
    assert not lead.messages.filter(author="assistant").exists()
    handoff.give_back(lead, by=agent, at=at + timedelta(minutes=1))
    write("busco en Maipú", minute=2)
    later = at + timedelta(minutes=2, seconds=10)
    assert take_turn(lead.conversation.pk, at=later) == Outcome.ANSWERED
    assert lead.messages.filter(author="assistant").count() == 1


@pytest.mark.parametrize(
    ("speaks", "answers"), [(False, [Outcome.ANSWERED]), (True, [Outcome.NOT_OURS])]
)
def test_taken_and_given_back_while_the_model_thinks_the_message_is_answered_once_anew(
    write, at, agent, monkeypatch, speaks, answers
):
    message = write("hola")
    lead, think = message.lead, thinking.reply

    def overtaken(turn, history, **options):
        think(turn, history, **options)
        (by_writing if speaks else by_card)(lead, agent, at)
        handoff.give_back(lead, by=agent, at=at)
        return "Soy un borrador viejo"

    pk, later = lead.conversation.pk, at + timedelta(seconds=10)
    with monkeypatch.context() as patched:
        patched.setattr(thinking, "reply", overtaken)
        assert take_turn(pk, at=later) == Outcome.DISCARDED
    assert conversation.due(at=later) == ([] if speaks else [pk])
    assert [take_turn(pk, at=later)] == answers
    assert take_turn(pk, at=later) == Outcome.NOT_OURS
    written = lead.messages.filter(author="assistant").values_list("message_text", flat=True)
    assert len(written) == (0 if speaks else 1)
    assert "Soy un borrador viejo" not in written


def test_the_assistant_is_silent_while_a_person_holds_and_answers_after_give_back(
    write, answer, at, agent
):
    first = write("hola")
    handoff.take(first.lead, by=agent, at=at)
    outcome, _ = answer("¿hay alguien?", minute=1)
    assert outcome == Outcome.SILENT
    handoff.give_back(first.lead, by=agent, at=at + timedelta(minutes=2))
    outcome, reply = answer("soy Camila Rojas", minute=3)
    assert (outcome, len(replies(first.lead))) == (Outcome.ANSWERED, 1)
    assert "Camila" in reply


def test_asking_for_a_person_is_confirmed_once_and_then_silence(answer):
    answer("hola")
    outcome, reply = answer("quiero hablar con una persona", minute=1)
    assert outcome == Outcome.ANSWERED
    assert Conversation.objects.get().holder == Holder.WAITING
    assert answer("¿sigues ahí?", minute=2) == (Outcome.SILENT, reply)


def test_three_turns_without_progress_ask_for_a_person(answer):
    answer("hola soy Camila Rojas")
    for minute in range(1, 4):
        answer("xyz", minute=minute)
    conversation_now = Conversation.objects.get()
    assert (conversation_now.holder, conversation_now.waiting_reason) == (
        Holder.WAITING,
        "no_progress",
    )


def test_an_inbound_in_perdido_asks_a_person_and_moves_nothing(write, at, agent):
    message = write("hola")
    Lead.objects.filter(pk=message.lead_id).update(pipeline_stage=Stage.LOST, status="lost")
    take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10))
    lead = Lead.objects.get(pk=message.lead_id)
    assert (lead.pipeline_stage, lead.conversation.waiting_reason) == (Stage.LOST, "closed_stage")
    assert len(replies(lead)) == 1


def test_a_turn_that_keeps_failing_is_given_to_a_person(write, at, monkeypatch):
    message = write("hola")
    pk = message.lead.conversation.pk

    def broken(*_, **__):
        raise RuntimeError("bug")

    monkeypatch.setattr(thinking, "reply", broken)
    moment = at + timedelta(seconds=10)
    for _ in range(conversation.MAX_ATTEMPTS):
        with pytest.raises(RuntimeError):
            take_turn(pk, at=moment)
        moment += timedelta(minutes=5)
    assert take_turn(pk, at=moment) == Outcome.GAVE_UP
    assert Conversation.objects.get().holder == Holder.WAITING
    assert len(replies(message.lead)) == 1


def test_an_opt_out_is_seen_before_the_model_and_confirmed_once(write, at):
    message = write("no me escriban más")
    assert (
        take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10)) == Outcome.NOT_OURS
    )
    assert LLMCall.objects.count() == 0
    assert list(ChatMessage.objects.filter(direction="out").values_list("purpose", flat=True)) == [
        "confirm_opt_out"
    ]


def test_a_lead_on_hold_is_heard_and_not_answered(write, at):
    message = write("hola")
    Lead.objects.filter(pk=message.lead_id).update(treatment_type="hold")
    assert take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10)) == Outcome.SILENT
    assert replies(message.lead) == []


@pytest.mark.django_db(transaction=True)
def test_of_twenty_workers_on_one_turn_one_answers(write, at):
    message = write("hola")
    pk, later = message.lead.conversation.pk, at + timedelta(seconds=10)

    def work(_):
        try:
            return take_turn(pk, at=later)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(work, range(20)))
    assert outcomes.count(Outcome.ANSWERED) == 1
    assert outcomes.count(Outcome.NOT_OURS) == 19
    assert len(replies(message.lead)) == 1


def test_a_reply_is_delivered_to_the_web_chat(answer, at, django_capture_on_commit_callbacks):
    from leads import outbox

    answer("hola")
    reply = ChatMessage.objects.get(direction="out")
    assert outbox.deliver(reply.pk, at=at + timedelta(seconds=10))
    reply.refresh_from_db()
    assert (reply.status, reply.channel_message_id) == (Delivery.SENT, f"out:{reply.pk}")
