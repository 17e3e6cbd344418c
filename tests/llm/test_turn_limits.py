"""A lead who writes without end gets a bounded number of turns, and nobody else waits for them."""

from datetime import timedelta

import pytest
from django.conf import settings

from leads.enums import AlertKind, Author
from leads.models import ChatMessage, Conversation, Lead, LeadAlert
from llm import turn_limits
from llm.conversation import Outcome, take_turn
from llm.models import LLMCall

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(settings) -> None:
    settings.TURNS_PER_MINUTE, settings.TURNS_PER_DAY, settings.TURN_DELAY_SECONDS = 3, 6, 0


@pytest.fixture
def flood(write, at):
    """Write so many messages, five seconds apart, each followed by its turn; the turns' outcomes."""

    def flood(count: int, *, minute: float = 0) -> list[Outcome]:
        outcomes = []
        for second in range(0, 5 * count, 5):
            pk = write(
                f"mi presupuesto es {1000 + second} UF", minute=minute + second / 60
            ).lead.conversation.pk
            moment = at + timedelta(minutes=minute, seconds=second)
            outcomes.append(take_turn(pk, at=moment))
        return outcomes

    return flood


def turns(lead: Lead) -> int:
    """Answers of a model; a turn over a limit asks none."""
    return LLMCall.objects.filter(lead=lead).values("trace_id").distinct().count()


def notices(lead: Lead) -> list[str]:
    ours = lead.messages.filter(author=Author.SYSTEM)
    return list(ours.values_list("message_text", flat=True))


def test_messages_without_end_cost_a_days_turns_and_are_all_stored(flood) -> None:
    outcomes = flood(60)
    lead = Lead.objects.get()
    assert outcomes.count(Outcome.ANSWERED) == settings.TURNS_PER_DAY == turns(lead)
    assert set(outcomes) == {Outcome.ANSWERED, Outcome.PUT_OFF}
    assert lead.messages.filter(direction="in").count() == 60
    assert notices(lead) == [turn_limits.NOTICE]
    alert = LeadAlert.objects.get(kind=AlertKind.FLOOD)
    assert (alert.lead, alert.broker) == (lead, lead.broker)


def test_within_a_minute_the_next_turn_comes_a_little_later(flood, at) -> None:
    outcomes = flood(10)
    assert outcomes.count(Outcome.ANSWERED) == settings.TURNS_PER_MINUTE
    conversation = Conversation.objects.get()
    assert conversation.turn_due_at == at + timedelta(minutes=1)
    assert take_turn(conversation.pk, at=conversation.turn_due_at) == Outcome.ANSWERED
    conversation.refresh_from_db()
    assert conversation.answered_up_to == conversation.last_inbound_id
    assert notices(conversation.lead) == []


def test_after_a_day_the_conversation_goes_on_and_is_told_of_once_more_only_then(flood, at) -> None:
    flood(30)
    lead, conversation = Lead.objects.get(), Conversation.objects.get()
    assert conversation.turn_due_at == at + timedelta(days=1)
    assert flood(1, minute=24 * 60) == [Outcome.ANSWERED]
    assert len(notices(lead)) == 1
    flood(30, minute=24 * 60 + 10)
    assert len(notices(lead)) == LeadAlert.objects.filter(kind=AlertKind.FLOOD).count() == 2


def test_somebody_else_is_answered_meanwhile(flood, write, at) -> None:
    flood(12)
    other = write("hola", minute=2, visitor="other")
    assert take_turn(other.lead.conversation.pk, at=at + timedelta(minutes=3)) == Outcome.ANSWERED


def test_a_person_who_writes_along_uses_up_none_of_the_assistants_turns(write, at) -> None:
    lead = write("hola").lead
    ChatMessage.objects.bulk_create(
        ChatMessage(
            lead=lead, broker_id=lead.broker_id, provider="webchat", direction="out",
            author=Author.USER, purpose="human", status="sent", at=at, message_text="Hola",
        )
        for _ in range(30)
    )  # fmt: skip
    assert take_turn(lead.conversation.pk, at=at) == Outcome.ANSWERED
