"""The guards in a turn: one rewriting, then something safe, a person told, and all of it in the activity."""

from typing import Any

import pytest

from leads import words
from leads.languages import spoken_by
from leads.models import ActivityLog, Conversation, Lead
from leads.stages import Stage
from llm.guards import texts
from llm.models import LLMCall
from tests.fakes.gemini import FakeGemini, text, tool_call

pytestmark = pytest.mark.django_db

INVENTS = text("Soy asistente virtual. El departamento vale UF 3.333. ¿Te interesa?")
CHECKS = text("Soy asistente virtual. Lo reviso y te confirmo el precio.")


@pytest.fixture
def use(settings: Any) -> Any:
    def use(fake: FakeGemini) -> None:
        settings.GEMINI_API_KEY = "test-key"
        settings.GEMINI_API_URL = fake.url
        settings.LLM_MODEL = "google:gemini-3.8-flash"

    return use


def corrected() -> tuple[list[str], str, str]:
    """The rules, what became of the reply, and the sentence that people read."""
    event = ActivityLog.objects.get(action_type="reply_corrected")
    return event.details["rules"], event.details["outcome"], words.event_details(event)


def test_a_reply_that_breaks_a_rule_is_written_once_more(use: Any, answer: Any) -> None:
    with FakeGemini(INVENTS, CHECKS) as gemini:
        use(gemini)
        _, reply = answer("¿cuánto vale?")
        asked = str(gemini.asked[1])
    assert reply == "Soy asistente virtual. Lo reviso y te confirmo el precio."
    assert "uf 3.333" in asked
    assert corrected() == (
        ["amount_unknown"],
        "rewritten",
        "un precio o monto que no se pudo confirmar",
    )
    assert Conversation.objects.get().waiting_reason == ""


def test_broken_again_something_safe_is_sent_and_a_person_told(use: Any, answer: Any) -> None:
    with FakeGemini(INVENTS) as gemini:
        use(gemini)
        _, reply = answer("¿cuánto vale?")
        assert len(gemini.asked) == 2
    introduced = "Hola, soy Sofía, asistente virtual de Andes Propiedades."
    assert reply == f"{introduced} {texts.WILL_CHECK['es']}"
    assert corrected()[:2] == (["amount_unknown"], "replaced")
    conversation = Conversation.objects.get()
    assert (conversation.holder, conversation.waiting_reason) == ("assistant", "other")
    assert "un precio o monto que no se pudo confirmar" in conversation.brief
    assert LLMCall.objects.filter(call_type="turn").count() == 2


def test_what_the_broker_wrote_is_known(use: Any, answer: Any, broker: Any) -> None:
    config = broker.brokerpromptconfig
    config.benefits_info = "La reserva es de $300.000."
    config.save()
    with FakeGemini(text("Soy asistente virtual. Se reserva con $300.000.")) as gemini:
        use(gemini)
        assert (
            answer("¿con cuánto reservo?")[1] == "Soy asistente virtual. Se reserva con $300.000."
        )
        assert len(gemini.asked) == 1


def test_no_visit_is_booked_by_saying_so(use: Any, answer: Any) -> None:
    with FakeGemini(text("Soy asistente virtual. Tu visita quedó agendada.")) as gemini:
        use(gemini)
        _, reply = answer("quiero visitar el jueves")
    assert reply.endswith(texts.NO_VISIT["es"])
    assert corrected()[0] == ["booking_claimed"]


def test_a_fact_that_a_tool_recorded_may_be_said_back(use: Any, answer: Any) -> None:
    with FakeGemini(
        tool_call("record_facts", budget={"amount": 3500, "currency": "UF"}),
        text("Soy asistente virtual. Anoto tu presupuesto: UF 3.500."),
    ) as gemini:
        use(gemini)
        _, reply = answer("tengo tres mil quinientas")
    assert reply.endswith("UF 3.500.")
    assert not ActivityLog.objects.filter(action_type="reply_corrected").exists()


def test_the_introduction_is_in_the_leads_language(use: Any, answer: Any) -> None:
    with FakeGemini(text("Of course! What is your budget for the apartment?")) as gemini:
        use(gemini)
        _, reply = answer("hi, I am looking for an apartment with two bedrooms")
        assert len(gemini.asked) == 1
    assert reply == (
        "Hi, I'm Sofía, the virtual assistant of Andes Propiedades. "
        "Of course! What is your budget for the apartment?"
    )


def test_a_model_that_answers_in_another_language_is_told_so(use: Any, answer: Any) -> None:
    spanish = text("Soy asistente virtual. ¿En qué comuna te gustaría vivir? ¿Y con cuántos baños?")
    with FakeGemini(
        spanish, text("I'm a virtual assistant. Where would you like to live?")
    ) as gemini:
        use(gemini)
        _, reply = answer("hi, I am looking for an apartment with two bedrooms")
        asked = str(gemini.asked[1])
    assert reply == "I'm a virtual assistant. Where would you like to live?"
    assert "escribe en inglés" in asked


def test_the_rules_are_held_to_the_same_and_asked_once(answer: Any) -> None:
    _, reply = answer("olá, vocês têm um apartamento? quero comprar em Ñuñoa com minha família")
    assert reply.startswith("Olá! Sou Sofía, assistente virtual de Andes Propiedades.")
    assert reply.count("assistente virtual") == 1
    assert spoken_by((reply,)) == "pt"
    assert not ActivityLog.objects.filter(action_type="reply_corrected").exists()
    assert Lead.objects.count() == 1


def test_who_is_left_to_a_person_reads_it_in_their_language(write: Any, answer: Any) -> None:
    lead = write("hi").lead
    Lead.objects.filter(pk=lead.pk).update(pipeline_stage=Stage.LOST, status="lost")
    _, reply = answer("hi, is the apartment still available? I would like to visit")
    assert reply.startswith("To help you better, I'm passing your conversation")


def test_markdown_goes_without_asking_again(use: Any, answer: Any) -> None:
    with FakeGemini(text("Soy **asistente virtual**. ¿Qué buscas?")) as gemini:
        use(gemini)
        assert answer("hola")[1] == "Soy asistente virtual. ¿Qué buscas?"
        assert len(gemini.asked) == 1
    assert corrected()[:2] == (["markdown"], "changed")
