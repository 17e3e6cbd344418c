"""What a vendor's model let pass is done all the same: a threat reaches a person, whatever it wrote."""

import pytest

from leads.enums import Holder
from leads.models import Conversation, Lead
from tests.fakes import gemini
from tests.fakes.gemini import FakeGemini

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor(settings):
    def serve(*answers):
        fake = FakeGemini(*answers)
        settings.LLM_MODEL = "google:gemini-3.8-flash"
        settings.GEMINI_API_KEY, settings.GEMINI_API_URL = "test-key", fake.url
        return fake

    return serve


@pytest.mark.parametrize(
    "said", ["me cobraron dos veces", "el agente nunca llegó", "se llueve el baño"]
)
def test_a_complaint_reaches_a_person_with_a_brief_and_no_question_of_a_sale(vendor, answer, said):
    with vendor(gemini.text("Hola, soy Sofía, asistente virtual. ¿Cuál es tu presupuesto?")):
        _, reply = answer(said)
    held = Conversation.objects.get()
    assert (held.holder, held.waiting_reason) == (Holder.WAITING, "complaint")
    assert f"«{said}»" in held.brief
    assert reply.startswith("Lamento mucho lo que pasó.")
    assert "?" not in reply


def test_a_threat_reaches_a_person_though_the_model_went_on_selling(vendor, answer):
    with vendor(gemini.text("Hola, soy Sofía, asistente virtual. ¿Cuál es tu presupuesto?")):
        _, reply = answer("los voy a demandar, me cobraron dos veces")
    held = Conversation.objects.get()
    assert (held.holder, held.waiting_reason) == (Holder.WAITING, "legal_threat")
    assert "«los voy a demandar, me cobraron dos veces»" in held.brief
    assert reply.startswith("Lamento mucho lo que pasó.")
    assert "?" not in reply


def test_a_model_that_called_a_person_keeps_its_words_but_no_question_of_facts(vendor, answer):
    with vendor(
        gemini.tool_call("request_human", reason="complaint", brief="Cobro doble"),
        gemini.text(
            "Soy Sofía, asistente virtual. Siento lo del cobro: una persona te escribe hoy. ¿Cuánto ganas?"
        ),
    ):
        _, reply = answer("los voy a demandar, me cobraron dos veces")
    held = Conversation.objects.get()
    assert (held.holder, held.waiting_reason) == (Holder.WAITING, "complaint")
    assert "Siento lo del cobro" in reply
    assert "?" not in reply


def test_an_ordinary_message_changes_nothing(vendor, answer):
    text = "Hola, soy Sofía, asistente virtual. ¿Qué buscas?"
    with vendor(gemini.text(text)):
        _, reply = answer("hola, busco departamento")
    assert (reply, Lead.objects.get().conversation.holder) == (text, Holder.ASSISTANT)
