"""What counts as a step on: answers do, small talk neither counts nor harms, confusion stalls."""

import pytest

from leads.enums import Holder
from leads.models import Conversation
from tests.factories import KnowledgeEntryFactory
from tests.fakes import gemini
from tests.fakes.gemini import FakeGemini

pytestmark = pytest.mark.django_db


def holder():
    return Conversation.objects.get().holder


def test_questions_that_are_answered_are_progress(broker, answer):
    KnowledgeEntryFactory(
        broker=broker,
        source_type="property",
        title="Departamento Plaza Ñuñoa, 2 dormitorios",
        content="Comuna: Ñuñoa. Precio: UF 4.250. 2 dormitorios, 2 baños. Estacionamiento incluido.",
    )
    answer("hola soy Camila Rojas")
    for minute, asked in enumerate(
        (
            "¿El de Plaza Ñuñoa tiene estacionamiento?",
            "¿Cuánto cuesta el departamento de Plaza Ñuñoa?",
            "¿Cuántos baños tiene el de Plaza Ñuñoa?",
            "¿Y dormitorios, el de Plaza Ñuñoa?",
        ),
        1,
    ):
        answer(asked, minute=minute)
        assert holder() == Holder.ASSISTANT
    assert Conversation.objects.get().stalled_turns == 0


def test_small_talk_does_not_stall(answer):
    answer("hola soy Camila Rojas")
    for minute, said in enumerate(("gracias!", "hola?", "muchas gracias", "que estes bien"), 1):
        answer(said, minute=minute)
    assert holder() == Holder.ASSISTANT


def test_a_word_that_is_understood_between_two_that_are_not_is_no_stall(answer):
    answer("hola soy Camila Rojas")
    for minute, said in enumerate(("xyz", "gracias", "xyz"), 1):
        answer(said, minute=minute)
    assert holder() == Holder.ASSISTANT


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("me encanta el barrio, es lindo", False),
        ("asdf qwer zxcv", True),
        ("¿tienen cancha de padel?", True),
    ],
)
def test_a_vendors_turns_stall_where_no_language_explains_or_nothing_answers_them(
    settings, answer, said, waits
):
    replies = ("Entiendo.", "Claro.", "De acuerdo.")
    with FakeGemini(*map(gemini.text, replies)) as vendor:
        settings.GEMINI_API_KEY, settings.GEMINI_API_URL = "test-key", vendor.url
        settings.LLM_MODEL = "google:gemini-3.8-flash"
        for minute in range(3):
            answer(said, minute=minute)
    assert (holder() == Holder.WAITING) is waits
