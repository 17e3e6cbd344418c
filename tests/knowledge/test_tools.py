from datetime import datetime

import pytest

from brokers.models import Broker
from knowledge.models import KnowledgeGap
from knowledge.tools import Query, asks, for_the_question, search_knowledge
from leads.models import ChatMessage, Lead
from llm.tools import Turn, tools
from tests.factories import ChatMessageFactory, ConversationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(lead: Lead) -> ChatMessage:
    return ChatMessageFactory(lead=lead, broker=lead.broker)


def turn_of(message: ChatMessage, question: str, at: datetime) -> Turn:
    conversation = ConversationFactory(lead=message.lead, broker=message.broker)
    return Turn(message.lead, message.broker, conversation, message, question, at, version=1)


@pytest.mark.usefixtures("demo_knowledge")
def test_search_knowledge_returns_what_the_assistant_cites(
    broker: Broker, message: ChatMessage, at: datetime
) -> None:
    found = search_knowledge(turn_of(message, "", at), Query(query="¿aceptan perros?"))
    hit = found["hits"][0]
    assert (hit["title"], hit["source_type"]) == ("Mascotas", "policy")
    assert hit["text"].startswith("Los departamentos y casas que vendemos admiten mascotas")
    assert set(hit) == {"id", "title", "text", "source_type", "date"}
    assert KnowledgeGap.objects.count() == 0


@pytest.mark.usefixtures("demo_knowledge")
def test_a_question_without_answer_is_counted(
    broker: Broker, message: ChatMessage, at: datetime
) -> None:
    found = search_knowledge(turn_of(message, "", at), Query(query="¿aceptan criptomonedas?"))
    assert found == {"hits": []}
    gap = KnowledgeGap.objects.get()
    assert (gap.question, gap.last_message) == ("¿aceptan criptomonedas?", message)


@pytest.mark.usefixtures("demo_knowledge")
def test_the_turn_is_told_what_may_answer_the_question(message: ChatMessage, at: datetime) -> None:
    context = for_the_question(turn_of(message, "¿y cobran comisión?", at))
    assert context["knowledge"][0]["title"] == "Comisión de corretaje"


@pytest.mark.parametrize(
    ("text", "worth_it"),
    [
        ("¿mascotas?", True),
        ("busco depto con dos dormitorios en Maipú", True),
        ("Claudia Figueroa", False),
        ("sí, gracias", False),
        ("¿?", False),
        ("hola", False),
    ],
)
def test_only_what_asks_something_is_searched(text: str, worth_it: bool) -> None:
    assert asks(text) is worth_it


def test_nothing_is_added_when_nothing_is_asked(message: ChatMessage, at: datetime) -> None:
    assert for_the_question(turn_of(message, "hola", at)) == {}


def test_the_tool_is_registered() -> None:
    assert "search_knowledge" in {tool.name for tool in tools()}
