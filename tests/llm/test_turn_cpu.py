"""What one turn may cost: a burst and a history of hostile messages are understood in a bounded time."""

from datetime import timedelta

import pytest

from leads.folding import LONGEST
from leads.models import ChatMessage, Conversation, Lead
from llm.conversation import HISTORY_MESSAGES, Outcome, take_turn
from tests.test_hostile_text import of_length, seconds, words

pytestmark = pytest.mark.django_db

# Seconds of CPU for a whole turn, whatever was written; twice what is promised, for a processor
# that others use too.
TURN = 2 * 0.5
# Those that take the readers longest, and one that no reader remembers from the line before.
HOSTILE = ("1 ", "puedo con ", "mil ", "12/", "words")


def hostile(token: str) -> str:
    return words(LONGEST) if token == "words" else of_length(token, LONGEST)


def written(lead: Lead, text: str, count: int, at) -> None:
    """So many messages of the lead, stored as a channel would have."""
    made = ChatMessage.objects.bulk_create(
        ChatMessage(
            lead=lead, broker_id=lead.broker_id, provider="webchat", direction="in",
            author="lead", purpose="reply", status="delivered", at=at, message_text=text,
        )
        for _ in range(count)
    )  # fmt: skip
    last = {"last_inbound_id": made[-1].pk, "last_inbound_at": at, "first_inbound_at": at}
    Conversation.objects.filter(lead=lead).update(turn_due_at=at, **last)


def turn(lead: Lead, at) -> float:
    """The CPU of the lead's next turn, tried again where it seems too long."""
    pk = lead.conversation.pk

    def take() -> None:
        answered = {"answered_up_to": lead.conversation.answered_up_to, "holder": "assistant"}
        waiting = {"waiting_since": None, "waiting_reason": "", "held_by": None}
        Conversation.objects.filter(pk=pk).update(turn_due_at=at, **answered, **waiting)
        lead.messages.filter(direction="out").delete()
        assert take_turn(pk, at=at + timedelta(seconds=5)) == Outcome.ANSWERED

    return seconds(take, TURN)


@pytest.mark.parametrize("token", HOSTILE)
def test_a_burst_of_hostile_messages_is_answered_within_the_budget(token, write, at) -> None:
    lead = write("hola").lead
    written(lead, hostile(token), HISTORY_MESSAGES, at)
    assert turn(lead, at) <= TURN


@pytest.mark.parametrize("token", HOSTILE)
def test_a_history_of_hostile_messages_costs_no_more(token, write, at) -> None:
    lead = write("hola").lead
    written(lead, hostile(token), HISTORY_MESSAGES, at)
    lead.conversation.refresh_from_db()
    lead.conversation.answered_up_to = lead.conversation.last_inbound_id
    written(lead, hostile(token), 1, at)
    assert turn(lead, at) <= TURN
