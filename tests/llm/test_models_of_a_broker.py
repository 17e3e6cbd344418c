"""Which models a broker's conversations, summaries and campaigns are written by, and how they are asked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from brokers.models import Broker, BrokerPromptConfig, User
from llm import gateway, prompts, summary
from llm.conversation import take_turn
from llm.models import CallType, LLMCall
from tests.api import codes, signed_in
from tests.factories import ConversationFactory
from tests.fakes import anthropic, gemini, openai
from tests.llm.dialects import CHAT, CLAUDE, DIALECTS, GEMINI
from tests.llm.test_summary import ENOUGH, talk

pytestmark = pytest.mark.django_db

CONFIG = "/api/v1/broker/config/prompt/"


def configure(broker: Broker, **values: object) -> BrokerPromptConfig:
    config = broker.brokerpromptconfig
    for name, value in values.items():
        setattr(config, name, value)
    config.full_clean()
    config.save()
    return config


@pytest.fixture
def keys(settings) -> None:
    settings.GEMINI_API_KEY = settings.OPENAI_API_KEY = "test-key"
    settings.LLM_MODEL, settings.LLM_FALLBACK_MODEL = "google:first", "openai:second"


def test_without_models_of_its_own_a_broker_has_the_servers(broker, keys, settings) -> None:
    assert gateway.specs_of(broker, CallType.TURN) == ["google:first", "openai:second"]
    settings.LLM_WRITING_MODEL = "google:cheap"
    assert gateway.specs_of(broker, CallType.TURN) == ["google:first", "openai:second"]
    for writing in (CallType.SUMMARY, CallType.CAMPAIGN, CallType.ANALYSIS):
        assert gateway.specs_of(broker, writing)[0] == "google:cheap"


def test_its_own_chain_and_writing_model_take_their_place(broker, keys) -> None:
    chain = ["openai:own", "anthropic:without-a-key", "google:last"]
    configure(broker, model_chain=chain, writing_model="google:own-cheap")
    assert gateway.specs_of(broker, CallType.TURN) == ["openai:own", "google:last"]
    written = gateway.specs_of(broker, CallType.SUMMARY)
    assert written == ["google:own-cheap", "openai:own", "google:last"]


def test_a_turn_is_answered_by_the_brokers_model_at_its_temperature(
    broker, settings, answer
) -> None:
    with (
        GEMINI.serve(gemini.text("del servidor")) as servers,
        CHAT.serve(openai.text("Soy asistente virtual.")) as own,
    ):
        settings.LLM_MODEL = GEMINI.point(settings, servers)
        configure(broker, model_chain=[CHAT.point(settings, own)], temperature=0.3)
        settings.LLM_TEMPERATURE = 1.5
        assert answer("hola")[1] == "Soy asistente virtual."
    assert servers.requests == []
    assert LLMCall.objects.get().model == "gpt-6-luna"


@pytest.mark.parametrize(("own", "sent"), [(None, 1.5), (0.0, 0.0), (0.3, 0.3)])
def test_the_servers_temperature_holds_where_the_broker_has_none(
    broker, settings, answer, own, sent
) -> None:
    with GEMINI.serve(gemini.text("Soy asistente virtual.")) as server:
        settings.LLM_MODEL, settings.LLM_TEMPERATURE = GEMINI.point(settings, server), 1.5
        configure(broker, temperature=own)
        answer("hola")
        assert server.asked[0]["generationConfig"]["temperature"] == sent


def test_without_any_temperature_none_is_sent(settings, answer) -> None:
    with GEMINI.serve(gemini.text("Soy asistente virtual.")) as server:
        settings.LLM_MODEL = GEMINI.point(settings, server)
        answer("hola")
        assert "temperature" not in server.asked[0]["generationConfig"]


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-3.8-flash", {"thinking_level": "LOW"}),
        ("gemini-2.5-flash", {"thinking_budget": 1024}),
        ("gemini-2.0-flash", None),
    ],
)
def test_gemini_thinks_little_and_has_room_for_its_answer(
    settings, answer, model, thinking
) -> None:
    with GEMINI.serve(gemini.text("Soy asistente virtual.")) as server:
        GEMINI.point(settings, server)
        settings.LLM_MODEL = f"google:{model}"
        answer("hola")
        asked = server.asked[0]["generationConfig"]
    assert asked.get("thinkingConfig") == thinking
    assert asked["maxOutputTokens"] == settings.LLM_MAX_OUTPUT_TOKENS == 8192


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_what_is_the_same_for_every_lead_comes_first(settings, broker, write, at, dialect) -> None:
    with dialect.serve(dialect.fake.text("Soy asistente virtual.")) as server:
        settings.LLM_MODEL = dialect.point(settings, server)
        for visitor in ("one", "two"):
            message = write("hola", visitor=visitor)
            take_turn(message.lead.conversation.pk, at=at + timedelta(seconds=10))
        sent = [server.instructions(body) for body in server.asked]
        tools = [body["tools"] for body in server.asked]
    stored = Broker.objects.get(pk=broker.pk)
    stable = prompts.stable(prompts.base_prompt(stored, None))
    assert [each.find(stable) for each in sent] == [0, 0]
    assert [each.find("<contexto>{") > len(stable) for each in sent] == [True, True]
    assert tools[0] == tools[1]


def test_every_prompt_asks_for_the_leads_own_language(settings, broker, answer) -> None:
    configure(broker, full_custom_prompt="Eres Sofía.")
    with GEMINI.serve(gemini.text("Hi, I am a virtual assistant (asistente virtual).")) as server:
        settings.LLM_MODEL = GEMINI.point(settings, server)
        answer("hi, do you have flats?")
        assert "en inglés o portugués, respóndele en ese idioma" in server.instructions(
            server.asked[0]
        )


def test_claude_is_asked_to_keep_tools_and_prompt_but_not_the_facts(settings, answer) -> None:
    with CLAUDE.serve(anthropic.text("Soy asistente virtual.")) as server:
        settings.LLM_MODEL = CLAUDE.point(settings, server)
        answer("hola")
        asked = server.asked[0]
    kept, facts = asked["system"]
    assert ("cache_control" in kept, "cache_control" in facts) == (True, False)
    assert "<contexto>{" in facts["text"]
    assert "cache_control" in asked["tools"][-1]
    assert "cache_control" not in str(asked["messages"])


def test_a_conversation_with_openai_is_not_left_there(settings, answer) -> None:
    dialect = DIALECTS["responses"]
    with dialect.serve(dialect.fake.text("Soy asistente virtual.")) as server:
        settings.LLM_MODEL = dialect.point(settings, server)
        answer("hola")
        assert server.asked[0]["store"] is False


@pytest.mark.parametrize(
    "chain", [[], ["gemini"], ["nobody:x"], ["google:"], [1], "google:x", ["google:x"] * 6]
)
def test_a_chain_that_names_no_model_is_refused(broker, admin: User, chain) -> None:
    assert signed_in(admin).patch(CONFIG, {"model_chain": chain}).status_code == 400
    config = broker.brokerpromptconfig
    config.model_chain = chain
    if chain:
        with pytest.raises(ValidationError):
            config.full_clean()


def test_models_are_set_by_the_api(broker, admin: User) -> None:
    change = {
        "model_chain": ["openai:qwen3:8b", "google:gemini-3.8-flash"],
        "temperature": 0.4,
        "writing_model": "google:gemini-3.8-flash-lite",
    }
    client = signed_in(admin)
    answer = client.patch(CONFIG, change)
    assert (answer.status_code, {name: answer.json()[name] for name in change}) == (200, change)
    back = {"model_chain": None, "temperature": None, "writing_model": ""}
    assert {name: client.patch(CONFIG, back).json()[name] for name in back} == back
    for wrong in ({"temperature": 2.1}, {"temperature": -1}, {"writing_model": "gemini"}):
        assert codes(client.patch(CONFIG, wrong))[0][0] == next(iter(wrong))


def test_summaries_are_the_writing_models(broker, settings, lead, at) -> None:
    conversation = ConversationFactory(broker=lead.broker, lead=lead)
    talk(conversation, ENOUGH, at)
    with GEMINI.serve(gemini.text("Busca en Ñuñoa.")) as server:
        settings.LLM_MODEL = GEMINI.point(settings, server)
        configure(broker, writing_model="google:gemini-3.8-flash-lite")
        assert summary.refresh(conversation.pk, at=at) is True
    assert LLMCall.objects.get().model == "gemini-3.8-flash-lite"
