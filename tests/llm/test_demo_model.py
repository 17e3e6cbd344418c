"""The model behind `make demo` is the embedded one, read and answered in Gemini's HTTP."""

import pytest

from leads.models import ChatMessage, Lead
from llm.models import LLMCall
from scheduling.models import Appointment
from tests.factories import AvailabilitySlotFactory
from tests.fakes.seller import FakeSeller

pytestmark = pytest.mark.django_db
SAID = (
    "hola",
    "soy Camila Rojas y busco un depto de 2 dormitorios en Ñuñoa",
    "quiero visitarlo, ¿qué horas tienen?",
)


def replies(answer):
    return [answer(text, minute=minute)[1] for minute, text in enumerate(SAID)]


def test_a_conversation_through_geminis_http_is_that_of_the_embedded_model(settings, answer, agent):
    for weekday in range(5):
        AvailabilitySlotFactory(broker=agent.broker, agent=agent, weekday=weekday)
    alone = replies(answer)
    ChatMessage.objects.all().delete()
    Lead.objects.all().delete()
    with FakeSeller() as seller:
        settings.LLM_MODEL = "google:gemini-3.8-flash"
        settings.GEMINI_API_KEY, settings.GEMINI_API_URL = "test-key", seller.url
        assert replies(answer) == alone
        assert {"record_facts", "find_slots"} <= set(seller.used)
        answer("la segunda", minute=5)
    assert Appointment.objects.count() == 1
    assert set(LLMCall.objects.exclude(provider="offline").values_list("error", flat=True)) == {""}
