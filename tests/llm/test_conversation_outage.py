"""Wherever the database is lost during a turn, the lead is answered once, and at once."""

from datetime import timedelta
from itertools import count

import pytest

from crm import connections
from leads.models import ChatMessage, Conversation
from llm.conversation import take_turn
from tests.breaking import Case, each_way

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_turn_that_breaks_anywhere_is_taken_again_at_once(write, at, monkeypatch) -> None:
    monkeypatch.setattr(connections, "FIRST_PAUSE", 0.0)
    numbers = count()

    def prepare() -> Case:
        message = write("Hola, soy Camila Rojas y busco en Ñuñoa", visitor=f"v{next(numbers)}")
        owed = message.lead.conversation.pk

        def judge(where: str) -> None:
            now = Conversation.objects.get(pk=owed)
            replies = ChatMessage.objects.filter(lead=message.lead, direction="out")
            assert (now.lease, now.turn_due_at, now.turn_attempts) == (None, None, 0), where
            assert now.answered_up_to == message.pk, where
            assert [reply.status for reply in replies] == ["pending"], where

        later = at + timedelta(seconds=10)
        return lambda: connections.outlast(lambda: take_turn(owed, at=later)), judge

    assert each_way(prepare, step=3) > 15
