"""A second vendor behind the first, and the offline model behind both."""

import pytest

from leads.models import Lead
from llm import gateway
from llm.models import LLMCall
from tests.fakes import gemini, openai
from tests.fakes.gemini import FakeGemini
from tests.fakes.openai import FakeOpenAI

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(gateway, "_pause", lambda _: 0.01)


@pytest.fixture
def use(settings):
    def use(first: FakeGemini, second: FakeOpenAI) -> None:
        settings.GEMINI_API_KEY, settings.GEMINI_API_URL = "test-key", first.url
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "test-key", f"{second.url}/v1"
        settings.LLM_MODEL = "google:gemini-3.8-flash"
        settings.LLM_FALLBACK_MODEL = "openai:gpt-6-luna"

    return use


def rows() -> list[tuple[str, str, int, bool]]:
    calls = LLMCall.objects.filter(call_type="turn").order_by("id")
    return [(call.provider, call.error, call.attempt, call.used_fallback) for call in calls]


def traces() -> int:
    return len({call.trace_id for call in LLMCall.objects.filter(call_type="turn")})


def test_a_failed_first_vendor_and_the_second_that_answered_are_rows_of_one_trace(
    use, answer
) -> None:
    with (
        FakeGemini(gemini.failure(503)) as first,
        FakeOpenAI(openai.text("Hola, soy Sofía, asistente virtual.")) as second,
    ):
        use(first, second)
        _, reply = answer("hola")
    assert reply == "Hola, soy Sofía, asistente virtual."
    unavailable = "ModelUnavailableError 503"
    assert rows() == [
        ("google", unavailable, 1, False),
        ("google", unavailable, 2, False),
        ("google", unavailable, 3, False),
        ("openai", "", 1, True),
    ]
    assert traces() == 1
    call = LLMCall.objects.get(provider="openai")
    assert (call.model, call.input_tokens, call.output_tokens) == ("gpt-6-luna", 700, 30)


def test_the_second_vendor_calls_tools_too(use, answer) -> None:
    with (
        FakeGemini(gemini.failure(400)) as first,
        FakeOpenAI(
            openai.tool_call("record_facts", '{"name": "Camila Rojas"}'),
            openai.text("Hola Camila, soy asistente virtual."),
        ) as second,
    ):
        use(first, second)
        answer("soy Camila Rojas")
        told = second.asked[1]["messages"][-1]
    assert Lead.objects.get().name == "Camila Rojas"
    assert (told["role"], told["tool_call_id"]) == ("tool", "call_1")
    assert [row[0] for row in rows()] == ["google", "openai", "openai"]


def test_with_both_vendors_down_the_offline_model_answers(use, answer) -> None:
    with (
        FakeGemini(gemini.failure(503)) as first,
        FakeOpenAI(openai.failure(503)) as second,
    ):
        use(first, second)
        _, reply = answer("hola")
    assert "asistente virtual" in reply
    assert [(row[0], row[2], row[3]) for row in rows()] == [
        ("google", 1, False),
        ("google", 2, False),
        ("google", 3, False),
        ("openai", 1, True),
        ("openai", 2, True),
        ("openai", 3, True),
        ("offline", 1, True),
    ]
    assert traces() == 1


def test_the_first_vendor_alone_is_asked_while_it_answers(use, answer) -> None:
    with (
        FakeGemini(gemini.text("Soy asistente virtual.")) as first,
        FakeOpenAI(openai.text("nunca")) as second,
    ):
        use(first, second)
        answer("hola")
        assert second.asked == []
    assert rows() == [("google", "", 1, False)]
