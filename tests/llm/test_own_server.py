"""A server of one's own that speaks as OpenAI does: known by its address, without a key or a price."""

import pytest

from leads.models import Lead
from llm import pricing, vendors
from llm.models import LLMCall
from tests.fakes import openai
from tests.fakes.openai import FakeOpenAI

pytestmark = pytest.mark.django_db


@pytest.fixture
def use(settings):
    def use(server: FakeOpenAI, model: str = "openai:qwen3:8b") -> None:
        settings.OPENAI_BASE_URL, settings.LLM_MODEL = f"{server.url}/v1", model

    return use


def test_the_address_and_the_models_name_are_enough(use, answer) -> None:
    with FakeOpenAI(
        openai.calls(("record_facts", {"name": "Camila Rojas"})),
        openai.text("Hola Camila, soy asistente virtual."),
    ) as server:
        use(server)
        assert answer("soy Camila Rojas")[1] == "Hola Camila, soy asistente virtual."
        asked = server.asked[0]
    assert Lead.objects.get().name == "Camila Rojas"
    assert asked["model"] == "qwen3:8b"
    assert ("max_tokens" in asked, "max_completion_tokens" in asked) == (True, False)
    assert {call.error for call in LLMCall.objects.all()} == {""}


@pytest.mark.parametrize("model", ["openai:qwen3:8b", "openai:gpt-5-mini"])
def test_its_models_have_no_price_whatever_their_names(use, answer, model) -> None:
    with FakeOpenAI(openai.text("Soy asistente virtual.")) as server:
        use(server, model)
        answer("hola")
    call = LLMCall.objects.get()
    assert (call.provider, call.estimated_cost_usd, call.input_tokens) == ("openai", None, 700)


def test_with_a_key_it_is_a_proxy_before_the_vendor_and_priced(settings) -> None:
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = "https://proxy.example.com/v1", "key"
    assert pricing.cost_usd("openai", "gpt-5-mini", openai_usage()) is not None
    settings.OPENAI_API_KEY = ""
    assert pricing.cost_usd("openai", "gpt-5-mini", openai_usage()) is None


def openai_usage():
    return pricing.RequestUsage(input_tokens=1000, output_tokens=100)


def test_a_server_that_is_away_leaves_the_answer_to_the_rules(
    settings, answer, monkeypatch
) -> None:
    monkeypatch.setattr("llm.gateway._pause", lambda _: 0.01)
    settings.OPENAI_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "openai:qwen3:8b"
    assert "asistente virtual" in answer("hola")[1]
    calls = LLMCall.objects.order_by("id")
    assert [call.error for call in calls] == ["ModelConnectionError"] * 3 + [""]


def test_without_key_or_address_nothing_is_asked(settings) -> None:
    specs = ("google:x", "openai:x", "openai-responses:x", "anthropic:x", "nobody:x", "")
    assert [spec for spec in specs if vendors.has_key(spec)] == []
    settings.OPENAI_BASE_URL = "http://localhost:11434/v1"
    assert [s for s in specs if vendors.has_key(s)] == ["openai:x", "openai-responses:x"]
