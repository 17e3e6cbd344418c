from datetime import datetime

import pytest

from brokers.models import Broker
from knowledge.models import KnowledgeGap, ListingRefusal
from knowledge.tools import (
    Query,
    Refused,
    asks,
    for_the_question,
    match_properties,
    note_refusal,
    search_knowledge,
    under_discussion,
)
from leads.models import ChatMessage, Lead
from llm.tools import NoArguments, Turn, tools
from tests.factories import ChatMessageFactory, ConversationFactory, KnowledgeEntryFactory

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


@pytest.mark.usefixtures("demo_knowledge")
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("quiero ver el depto de los leones", ["AP-104"]),
        ("quiero visitar la casa de chicureo", ["AP-111"]),
        ("I'd like to see the apartment in Plaza Ñuñoa", ["AP-101"]),
        ("me llamo Rosa y gano 900 mil", []),
    ],
)
def test_a_property_that_is_asked_to_be_seen_is_under_discussion(
    message: ChatMessage, at: datetime, text: str, codes: list[str]
) -> None:
    """So that the visit has its address, though nothing was asked of it."""
    found = under_discussion(turn_of(message, text, at)).get("discussed", [])
    assert [each["code"] for each in found] == codes


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


def test_the_tools_are_registered() -> None:
    names = {tool.name for tool in tools()}
    assert {"search_knowledge", "match_properties", "note_refusal"} <= names


@pytest.mark.usefixtures("demo_knowledge")
def test_what_suits_the_lead_is_offered_and_learns_from_what_was_refused(
    message: ChatMessage, at: datetime
) -> None:
    turn = turn_of(message, "", at)
    assert match_properties(turn, NoArguments()) == {"matches": []}
    turn.lead.metadata |= {"location": ["Ñuñoa"], "budget": {"amount": 4_300, "currency": "UF"}}
    turn.lead.save()
    first, *_rest = match_properties(turn, NoArguments())["matches"]
    assert (first["title"], first["price"]) == (
        "Departamento Plaza Ñuñoa, 2 dormitorios",
        "UF 4.250",
    )
    assert first["fits"][0] == "Está en Ñuñoa, como pide"
    refused = Refused(id=first["id"], reason="price", note="se me escapa")
    assert note_refusal(turn, refused) == {"noted": True}
    titles = [match["title"] for match in match_properties(turn, NoArguments())["matches"]]
    assert first["title"] not in titles
    assert ListingRefusal.objects.get().note == "se me escapa"


def test_a_refusal_of_what_is_not_the_brokers_is_not_noted(
    message: ChatMessage, rival: Broker, at: datetime
) -> None:
    theirs = KnowledgeEntryFactory(broker=rival, source_type="property")
    turn = turn_of(message, "", at)
    assert not note_refusal(turn, Refused(id=theirs.pk, reason="other"))["noted"]
    assert ListingRefusal.objects.count() == 0
