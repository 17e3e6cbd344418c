"""The two lines for the person who takes over, whatever made the lead wait."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from brokers.models import Broker
from leads import briefs, facts, handoff, rights
from leads.enums import Holder
from leads.models import Conversation, Lead
from llm import thinking
from llm.conversation import MAX_ATTEMPTS, take_turn
from llm.lead_tools import PersonRequest, request_human
from llm.tools import Turn
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db

KNOWN = {
    "property_type": "departamento",
    "bedrooms": 2,
    "location": ["Ñuñoa", "Macul"],
    "budget": {"amount": 4000, "currency": "UF"},
}
WHO = "Camila Rojas. Busca: departamento · 2 dormitorios · Ñuñoa, Macul · UF 4.000."


@pytest.fixture
def camila(write: Any) -> Lead:
    """A lead who said what she wants; beside her somebody whom no brief of hers may name."""
    lead: Lead = write("hola").message.lead
    LeadFactory(broker=lead.broker, name="Otra Persona", phone="+56911111111", metadata=KNOWN)
    Lead.objects.filter(pk=lead.pk).update(name="Camila Rojas", metadata=KNOWN)
    take_turn(lead.conversation.pk, at=lead.conversation.last_inbound_at + timedelta(seconds=10))
    Conversation.objects.filter(lead=lead).update(stalled_turns=0)
    return Lead.objects.get(pk=lead.pk)


def says(text: str) -> Callable[..., None]:
    def act(lead: Lead, write: Any, at: Any, monkeypatch: Any) -> None:
        write(text, minute=5)
        take_turn(lead.conversation.pk, at=at + timedelta(minutes=6))

    return act


def says_nothing_that_is_understood(lead: Lead, write: Any, at: Any, monkeypatch: Any) -> None:
    write("asdf qwer", minute=2)
    take_turn(lead.conversation.pk, at=at + timedelta(minutes=3))
    says("asdf qwer")(lead, write, at, monkeypatch)


def writes_when_lost(lead: Lead, write: Any, at: Any, monkeypatch: Any) -> None:
    Lead.objects.filter(pk=lead.pk).update(pipeline_stage="perdido", status="lost")
    says("sigo interesada")(lead, write, at, monkeypatch)


def writes_while_nothing_works(lead: Lead, write: Any, at: Any, monkeypatch: Any) -> None:
    def broken(*_: Any, **__: Any) -> str:
        raise AssertionError

    monkeypatch.setattr(thinking, "reply", broken)
    Conversation.objects.filter(lead=lead).update(turn_attempts=MAX_ATTEMPTS)
    says("¿tienen estacionamiento?")(lead, write, at, monkeypatch)


def is_promised_credit(lead: Lead, write: Any, at: Any, monkeypatch: Any) -> None:
    Lead.objects.filter(pk=lead.pk).update(metadata={**KNOWN, "dicom": "has_debt"})
    monkeypatch.setattr(thinking, "reply", lambda *_, **__: "Tu crédito hipotecario está aprobado.")
    says("¿me dan el crédito?")(lead, write, at, monkeypatch)


def does_not_qualify(lead: Lead, write: Any, at: Any, monkeypatch: Any) -> None:
    told = facts.Facts(income={"amount": 400_000}, dicom="has_debt", debt_amount=900_000)
    facts.record(lead, told, source=facts.Source.LEAD, at=at)


def objects(lead: Lead, write: Any, at: Any, monkeypatch: Any) -> None:
    rights.object_to_scoring(lead, by=None, at=at)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (
            says("quiero hablar con una persona"),
            "Pidió una persona. «quiero hablar con una persona».",
        ),
        (says("pésimo servicio,\nnadie me responde"), "Está molesto. «pésimo servicio, nadie me responde»."),
        (says("los voy a demandar"), "Mencionó acciones legales. «los voy a demandar»."),
        (says_nothing_that_is_understood, "La conversación no avanza. «asdf qwer»."),
        (writes_when_lost, "Escribió con el proceso cerrado. «sigo interesada»."),
        (writes_while_nothing_works, "El asistente no logró responder. «¿tienen estacionamiento?»."),
        (
            does_not_qualify,
            "No califica: decide una persona. Renta líquida: $400.000; DICOM: con deuda en DICOM; "
            "Deuda: $900.000.",
        ),
        (
            is_promised_credit,
            "Tiene una deuda y se le dijo que un ejecutivo revisará su financiamiento.",
        ),
        (objects, "Se opuso al puntaje automático."),
    ],
)  # fmt: skip
def test_every_way_to_a_person_says_who_what_they_want_and_why_now(
    camila: Lead, write: Any, at: Any, monkeypatch: Any, act: Any, why: str
) -> None:
    act(camila, write, at, monkeypatch)
    conversation = Conversation.objects.get(lead=camila)
    assert conversation.waiting_reason
    assert conversation.brief == f"{WHO}\n{why}"


def test_a_models_sentence_stands_beside_the_leads_words(camila: Lead, write: Any, at: Any) -> None:
    from_model = PersonRequest(reason="other", brief="Quiere vender\nsu casa de Macul.")
    message = write("vendo mi casa", minute=5).message
    conversation = Conversation.objects.get(lead=camila)
    turn = Turn(camila, camila.broker, conversation, message, "", at, conversation.version)
    request_human(turn, from_model)
    brief = Conversation.objects.get(lead=camila).brief
    assert brief == f"{WHO}\nQuiere vender su casa de Macul. «vendo mi casa»."


def test_of_somebody_unknown_it_says_that_nothing_is_known(broker: Broker) -> None:
    lead = LeadFactory(broker=broker, name=None, phone="", phone_e164=None, email="a@b.cl")
    who, why = briefs.write(lead, "requested").split("\n")
    assert (who, why) == ("a@b.cl. Aún no dice qué busca.", "Pidió una persona.")


def test_a_long_burst_stays_two_short_lines(camila: Lead, write: Any, at: Any) -> None:
    for minute in range(5, 12):
        write(f"{minute} " + "bla " * 200, minute=minute)
    handoff.ask_for_person(camila, reason="anger", brief="x" * 900, at=at + timedelta(minutes=12))
    conversation = Conversation.objects.get(lead=camila)
    lines = conversation.brief.split("\n")
    assert conversation.holder == Holder.WAITING
    assert [len(line) <= briefs.LINE for line in lines] == [True, True]


def test_the_brief_is_in_the_brokers_language(broker: Broker) -> None:
    lead = LeadFactory(broker=broker)
    spoken = briefs.write(lead, "requested")
    broker.language = "en"
    assert "Pidió una persona" in spoken
    assert "Pidió una persona" not in briefs.write(lead, "requested")
