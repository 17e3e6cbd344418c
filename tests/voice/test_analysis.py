"""What a transcript says, read without a model and summed up by one where there is one."""

from datetime import datetime
from typing import Any

import pytest

from leads.models import Lead
from llm.models import LLMCall
from tests.fakes.gemini import FakeGemini, failure, text
from tests.voice.conftest import said
from voice import analysis, tasks
from voice.models import CallTranscript, Disposition, VoiceCall

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("words", "disposition"),
    [
        ("Sí, me gustaría ir a ver el departamento", Disposition.INTERESTED),
        ("Busco en Ñuñoa", Disposition.INTERESTED),
        ("Llámeme el viernes en la tarde", Disposition.CALL_BACK),
        ("Estoy manejando", Disposition.CALL_BACK),
        ("No me interesa", Disposition.NOT_INTERESTED),
        ("Dejen de llamarme", Disposition.OPTED_OUT),
        ("Número equivocado", Disposition.WRONG_NUMBER),
        ("Aló, buenas tardes", Disposition.OTHER),
    ],
)
def test_how_a_call_went(lead: Lead, at: datetime, words: str, disposition: Disposition) -> None:
    heard = analysis.analyse(said("¿Tiene un minuto?", words), lead, at=at)
    assert heard.disposition == disposition


def test_an_answer_is_read_by_what_the_assistant_asked(lead: Lead, at: datetime) -> None:
    asked = said("¿Tiene deudas en DICOM?", "No.", "¿Y cuál es su presupuesto?", "Tres mil UF.")
    heard = analysis.analyse(asked, lead, at=at)
    told = heard.facts.model_dump(exclude_none=True)
    assert told == {"dicom": "clean", "budget": {"amount": 3000.0, "currency": "UF"}}


def test_what_the_assistant_says_is_never_a_fact(lead: Lead, at: datetime) -> None:
    lines = said("Gano dos millones y busco en Ñuñoa.", "¿Cómo dice?")
    heard = analysis.analyse(lines, lead, at=at)
    assert heard.facts.model_dump(exclude_none=True) == {}


def test_addresses_and_numbers_heard_are_not_taken_for_certain(lead: Lead, at: datetime) -> None:
    lines = said("¿Su correo?", "camila@example.com", "¿Y su teléfono?", "9 8765 4321")
    heard = analysis.analyse(lines, lead, at=at)
    assert heard.facts.model_dump(exclude_none=True) == {}


@pytest.fixture
def spoken(call: VoiceCall) -> VoiceCall:
    for position, line in enumerate(said("¿Para cuándo?", "En dos meses.")):
        CallTranscript.objects.create(
            broker=call.broker,
            call=call,
            position=position,
            speaker=line.speaker,
            text=line.text,
            timestamp=line.second,
        )
    VoiceCall.objects.filter(pk=call.pk).update(summary="Por regla.")
    return call


def test_a_model_sums_the_call_up(spoken: VoiceCall, settings: Any) -> None:
    settings.GEMINI_API_KEY = "k"
    with FakeGemini(text("Compra en dos meses.\nLlamar en enero.")) as gemini:
        settings.GEMINI_API_URL = gemini.url
        assert tasks.summarise(spoken.pk)
    spoken.refresh_from_db()
    assert spoken.summary == "Compra en dos meses.\nLlamar en enero."
    row = LLMCall.objects.get()
    assert (row.call_type, row.lead) == ("analysis", spoken.lead)


def test_the_summary_by_rule_stands_where_no_model_is_configured(spoken: VoiceCall) -> None:
    assert not tasks.summarise(spoken.pk)
    assert (LLMCall.objects.count(), VoiceCall.objects.get().summary) == (0, "Por regla.")


def test_the_summary_by_rule_stands_where_the_model_fails(spoken: VoiceCall, settings: Any) -> None:
    settings.GEMINI_API_KEY = "k"
    with FakeGemini(failure(400)) as gemini:
        settings.GEMINI_API_URL = gemini.url
        assert not tasks.summarise(spoken.pk)
    assert VoiceCall.objects.get().summary == "Por regla."
