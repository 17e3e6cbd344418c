"""A fact is asked for twice at most, never twice running, never in the same words."""

import pytest

from leads.enums import Author, Direction
from leads.models import ChatMessage
from llm import asking
from llm.tools import Turn

NAME = "¿Cuál es tu nombre?"
BUDGET = "¿Cuál es tu presupuesto aproximado?"


def turn_after(*ours: str) -> Turn:
    history = [
        ChatMessage(direction=direction, author=author, message_text=text)
        for reply in ours
        for direction, author, text in (
            (Direction.OUT, Author.ASSISTANT, reply),
            (Direction.IN, Author.LEAD, "mmm"),
        )
    ]
    turn = Turn.__new__(Turn)
    turn.history, turn.question = history, "¿Tiene estacionamiento?"
    return turn


def test_what_was_asked_last_and_not_answered_waits_for_a_turn():
    missing = ["name", "budget", "income"]
    assert asking.open_now(missing, turn_after()) == missing
    assert asking.open_now(missing, turn_after(NAME)) == ["budget", "income"]
    assert asking.open_now(missing, turn_after(NAME, BUDGET)) == ["name", "income"]


def test_who_asks_why_or_answers_amiss_is_asked_again_at_once():
    after = turn_after(BUDGET)
    assert asking.open_now(["budget"], after, refused=["budget"]) == ["budget"]
    assert asking.open_now(["budget"], after) == []
    after.question = "¿para qué necesitas saber eso?"
    assert asking.open_now(["budget"], after) == ["budget"]


def test_what_was_asked_twice_is_asked_no_more():
    after = turn_after(NAME, BUDGET, "¿Me dices tu nombre?", BUDGET)
    assert asking.open_now(["name", "budget", "income"], after) == ["income"]


def test_a_third_question_for_a_fact_is_cut_and_the_answer_stays():
    after = turn_after(NAME, "¿Me dices tu nombre?")
    reply = "Sí, tiene estacionamiento. ¿Con quién tengo el gusto?"
    assert asking.without_repeats(reply, after) == "Sí, tiene estacionamiento."


def test_the_same_words_again_are_cut():
    reply = f"Acepta mascotas. {NAME}"
    assert asking.without_repeats(reply, turn_after(NAME, BUDGET)) == "Acepta mascotas."
    other = "Acepta mascotas. ¿Y cómo te llamas?"
    assert asking.without_repeats(other, turn_after(NAME, BUDGET)) == other


@pytest.mark.parametrize(
    "reply",
    ["¿Qué hora te acomoda más?", "¿Quieres que agendemos una visita?", "Tiene dos dormitorios."],
)
def test_other_questions_are_never_cut(reply):
    assert asking.without_repeats(reply, turn_after(reply, reply, reply)) == reply


def test_a_reply_that_is_nothing_but_the_question_is_left():
    assert asking.without_repeats(NAME, turn_after(NAME, NAME)) == NAME
