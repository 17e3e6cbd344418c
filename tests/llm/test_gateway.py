"""Models by HTTP: Gemini first, another vendor, offline last; every attempt is a row."""

from decimal import Decimal

import pytest

from leads.models import Lead
from llm import breaker, gateway
from llm.models import LLMCall
from tests.fakes.gemini import SIGNATURE, FakeGemini, failure, text, tool_call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(gateway, "_pause", lambda _attempt: 0.01)


@pytest.fixture
def use(settings):
    """Point the product at a fake Gemini."""

    def use(fake: FakeGemini) -> None:
        settings.GEMINI_API_KEY = "test-key"
        settings.GEMINI_API_URL = fake.url
        settings.LLM_MODEL = "google:gemini-3.8-flash"

    return use


def rows() -> list[tuple[str, str, int, bool]]:
    calls = LLMCall.objects.filter(call_type="turn").order_by("id")
    return [(call.provider, call.error, call.attempt, call.used_fallback) for call in calls]


def test_gemini_answers_with_tools_whose_signatures_come_back(use, answer):
    with FakeGemini(
        tool_call("record_facts", name="Camila Rojas", location=["Ñuñoa"]),
        text("Hola Camila, soy Sofía, asistente virtual. ¿Qué presupuesto tienes?"),
    ) as gemini:
        use(gemini)
        _, reply = answer("soy Camila Rojas y busco en Ñuñoa")
    lead = Lead.objects.get()
    assert reply == "Hola Camila, soy Sofía, asistente virtual. ¿Qué presupuesto tienes?"
    assert (lead.name, lead.metadata["location"]) == ("Camila Rojas", ["Ñuñoa"])
    assert rows() == [("google", "", 1, False), ("google", "", 1, False)]
    assert "/v1beta/models/gemini-3.8-flash:generateContent" in dict(gemini.requests)
    second = gemini.asked[1]
    calls = [
        part
        for content in second["contents"]
        for part in content["parts"]
        if "functionCall" in part
    ]
    assert [part.get("thoughtSignature") for part in calls] == [SIGNATURE]


def test_a_known_model_is_priced_and_an_unknown_one_has_no_price(use, answer, settings):
    with FakeGemini(text("Soy asistente.")) as gemini:
        use(gemini)
        answer("hola")
        settings.LLM_MODEL = "google:model-of-tomorrow"
        answer("hola otra vez", minute=1)
    known, unknown = LLMCall.objects.filter(call_type="turn").order_by("id")
    assert known.estimated_cost_usd > Decimal(0)
    assert (known.input_tokens, known.output_tokens) == (900, 40)
    assert unknown.estimated_cost_usd is None


def test_a_failing_vendor_is_tried_three_times_and_the_offline_model_answers(use, answer):
    with FakeGemini(failure(503)) as gemini:
        use(gemini)
        _, reply = answer("hola")
    assert "asistente virtual" in reply
    assert rows() == [
        ("google", "ModelUnavailableError 503", 1, False),
        ("google", "ModelUnavailableError 503", 2, False),
        ("google", "ModelUnavailableError 503", 3, False),
        ("offline", "", 1, True),
    ]
    assert len({call.trace_id for call in LLMCall.objects.filter(call_type="turn")}) == 1


def test_a_refusal_is_not_tried_again(use, answer):
    with FakeGemini(failure(400)) as gemini:
        use(gemini)
        answer("hola")
    assert [row[0] for row in rows()] == ["google", "offline"]


def test_a_slow_vendor_is_given_up_on_and_recorded(use, answer, settings):
    settings.LLM_REQUEST_TIMEOUT_SECONDS = 0.2
    with FakeGemini(text("tarde")) as gemini:
        gemini.delay = 1.0
        use(gemini)
        _, reply = answer("hola")
    assert "asistente virtual" in reply
    assert [row[:2] for row in rows()] == [("google", "TimeoutError")] * 3 + [("offline", "")]


def test_after_five_failures_the_vendor_rests(use, answer):
    with FakeGemini(failure(503)) as gemini:
        use(gemini)
        answer("hola")
        answer("¿estás?", minute=1)
        asked = len(gemini.asked)
        answer("¿aló?", minute=2)
        assert len(gemini.asked) == asked == breaker.FAILURES
    assert breaker.is_open("google")


def test_over_budget_the_offline_model_answers(use, answer, broker):
    config = broker.brokerpromptconfig
    config.monthly_llm_budget_usd = Decimal("0.00")
    config.save()
    with FakeGemini(text("nunca")) as gemini:
        use(gemini)
        _, reply = answer("hola")
        assert gemini.asked == []
    assert "asistente virtual" in reply


def test_a_reply_never_promises_credit_to_an_active_debt(use, answer):
    with FakeGemini(
        tool_call("record_facts", dicom="has_debt", debt_amount=300000),
        text("Soy asistente virtual. ¡Excelente! Tu crédito está aprobado. ¿Cuándo visitamos?"),
    ) as gemini:
        use(gemini)
        _, reply = answer("estoy en dicom por 300 lucas")
    assert "aprobado" not in reply
    assert "un ejecutivo revisará tu caso" in reply
    assert "¿Cuándo visitamos?" in reply


def test_a_model_that_does_not_say_it_is_one_is_introduced(use, answer):
    with FakeGemini(text("¡Hola! ¿Qué buscas?")) as gemini:
        use(gemini)
        _, reply = answer("hola")
    assert reply == "Hola, soy Sofía, asistente virtual de Andes Propiedades. ¡Hola! ¿Qué buscas?"


def test_bad_arguments_are_told_to_the_model_and_change_nothing(use, answer):
    with FakeGemini(
        tool_call("record_facts", bedrooms="muchos", broker=99),
        text("Soy asistente virtual: ¿cuántos dormitorios?"),
    ) as gemini:
        use(gemini)
        _, reply = answer("quiero muchos dormitorios")
    assert reply == "Soy asistente virtual: ¿cuántos dormitorios?"
    assert "bedrooms" not in Lead.objects.get().metadata


def test_a_model_that_never_stops_calling_tools_is_cut_off(use, answer):
    with FakeGemini(tool_call("record_facts", name="Camila Rojas")) as gemini:
        use(gemini)
        _, reply = answer("hola")
        assert len(gemini.asked) == 6
    assert "asistente virtual" in reply
