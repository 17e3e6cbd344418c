"""What a step says, by template, by text, or by a model that keeps to it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from brokers.models import Broker
from campaigns import enrolment, wording
from campaigns.models import Campaign, CampaignLog
from leads import placeholders
from leads.models import ChatMessage, Lead
from llm import gateway
from llm.models import LLMCall
from tests.fakes.gemini import FakeGemini, failure, text


def said(campaign: Campaign, lead: Lead, at: datetime) -> str:
    enrolment.enrol(campaign, lead, at=at)
    return wording.compose(CampaignLog.objects.get(lead=lead), at=at)


def test_what_is_not_known_leaves_no_gap() -> None:
    assert wording.tidy("Hola , ¿sigues buscando en  ?") == "Hola, ¿sigues buscando en?"
    assert wording.tidy("Hola, , te cuento") == "Hola, te cuento"


def test_variables_come_from_the_lead_and_the_broker(
    prospect: Callable[..., Lead], broker: Broker
) -> None:
    lead = prospect(name="Rosa Díaz", metadata={"location": ["Ñuñoa", "Macul"]}, assigned_to=None)
    values = placeholders.values_of(lead)
    assert (values["name"], values["first_name"], values["location"]) == (
        "Rosa Díaz", "Rosa", "Ñuñoa",
    )  # fmt: skip
    assert (values["broker"], values["agent"], values["stage"]) == (
        "Andes Propiedades", broker.brokerpromptconfig.agent_name, "Entrada",
    )  # fmt: skip


def test_no_credit_is_promised_to_a_debtor(
    campaign_of: Callable[..., Campaign], prospect: Callable[..., Lead], at: datetime
) -> None:
    lead = prospect(metadata={"dicom": "has_debt"})
    campaign = campaign_of({"message_text": "Tu crédito hipotecario está aprobado. ¿Hablamos?"})
    assert "aprobado" not in said(campaign, lead, at)


def test_a_first_message_says_that_an_assistant_writes(
    campaign: Campaign, ana: Lead, at: datetime
) -> None:
    ChatMessage.objects.all().delete()
    assert "asistente virtual de Andes Propiedades" in said(campaign, ana, at)


# --- A model's draft -----------------------------------------------------------------------------


@pytest.fixture
def gemini(settings: Any) -> Iterator[Callable[..., FakeGemini]]:
    started: list[FakeGemini] = []

    def gemini(*answers: Any) -> FakeGemini:
        fake = FakeGemini(*answers).__enter__()
        started.append(fake)
        settings.GEMINI_API_KEY, settings.GEMINI_API_URL = "test-key", fake.url
        settings.LLM_MODEL = "google:gemini-3.8-flash"
        return fake

    yield gemini
    for fake in started:
        fake.__exit__(None, None, None)


def test_without_a_model_the_campaigns_own_text_is_sent(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime
) -> None:
    assert said(campaign_of({"use_ai_message": True}), ana, at) == "Mensaje 1 para Ana"
    assert LLMCall.objects.count() == 0


def test_a_model_writes_the_message_and_is_billed(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime, gemini: Any
) -> None:
    fake = gemini(text("Hola Ana, ¿retomamos tu búsqueda?"))
    campaign = campaign_of({"use_ai_message": True})
    assert said(campaign, ana, at) == "Hola Ana, ¿retomamos tu búsqueda?"
    call = LLMCall.objects.get()
    assert (call.call_type, call.lead, call.provider) == ("campaign", ana, "google")
    assert "Mensaje base: Mensaje 1 para Ana" in str(fake.asked[0]["contents"])


def test_with_every_vendor_down_the_own_text_is_sent(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime, gemini: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(gateway, "_pause", lambda _: 0.01)
    gemini(*[failure(503)] * 3)
    assert said(campaign_of({"use_ai_message": True}), ana, at) == "Mensaje 1 para Ana"


def test_what_a_model_writes_is_held_to_the_same_rules(
    campaign_of: Callable[..., Campaign], prospect: Callable[..., Lead], at: datetime, gemini: Any
) -> None:
    gemini(text("Tu crédito hipotecario está aprobado. ¿Hablamos?"))
    lead = prospect(metadata={"dicom": "has_debt"})
    assert "aprobado" not in said(campaign_of({"use_ai_message": True}), lead, at)


@pytest.mark.parametrize(
    "invented", ["Tengo una casa a UF 3.000.", "Te espero el lunes a las 10:00."]
)
def test_a_model_that_says_what_the_text_does_not_is_not_sent(
    campaign_of: Callable[..., Campaign], ana: Lead, at: datetime, gemini: Any, invented: str
) -> None:
    gemini(text(f"Hola Ana. {invented}"))
    assert said(campaign_of({"use_ai_message": True}), ana, at) == "Mensaje 1 para Ana"
