"""The rolling summary: older messages are told in a few sentences, by a model or by rules."""

import json
from datetime import datetime, timedelta

import pytest

from leads import facts
from leads.models import ChatMessage, Conversation, Lead
from llm import gateway, summary, tasks, thinking
from llm.conversation import HISTORY_MESSAGES, take_turn
from llm.models import LLMCall
from tests.factories import ChatMessageFactory, ConversationFactory
from tests.fakes.gemini import FakeGemini, failure, text
from tests.racing import race

pytestmark = pytest.mark.django_db

ENOUGH = HISTORY_MESSAGES + summary.WORTH_IT


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(gateway, "_pause", lambda _: 0.01)


@pytest.fixture
def conversation(lead: Lead) -> Conversation:
    return ConversationFactory(broker=lead.broker, lead=lead)


@pytest.fixture
def gemini(settings):
    settings.GEMINI_API_KEY = "test-key"
    with FakeGemini(text("Busca en Ñuñoa; quedó en mirar el plano.")) as fake:
        settings.GEMINI_API_URL = fake.url
        yield fake


def talk(conversation: Conversation, count: int, at: datetime, length: int = 20) -> None:
    """``count`` messages, the lead's and ours by turns."""
    lead = conversation.lead
    for number in range(count):
        ours = {"direction": "out", "author": "assistant", "status": "sent"} if number % 2 else {}
        ChatMessageFactory(
            broker=lead.broker,
            lead=lead,
            message_text=f"mensaje {number} ".ljust(length, "x"),
            at=at + timedelta(minutes=number),
            **ours,
        )


def ids() -> list[int]:
    return list(ChatMessage.objects.order_by("id").values_list("id", flat=True))


def test_what_the_history_still_tells_is_not_summarised(conversation, gemini, at) -> None:
    talk(conversation, ENOUGH - 2, at)
    assert summary.refresh(conversation.pk, at=at) is False
    assert gemini.asked == []


def test_older_messages_become_a_summary_that_the_next_turn_is_told(
    conversation, gemini, at
) -> None:
    talk(conversation, ENOUGH, at)
    assert summary.refresh(conversation.pk, at=at) is True
    conversation.refresh_from_db()
    assert conversation.summary == "Busca en Ñuñoa; quedó en mirar el plano."
    assert conversation.summary_up_to == ids()[summary.WORTH_IT - 1]
    call = LLMCall.objects.get()
    assert (call.call_type, call.provider, call.lead) == ("summary", "google", conversation.lead)
    assert summary.refresh(conversation.pk, at=at) is False


def test_the_next_summary_builds_on_the_last_one(conversation, gemini, at) -> None:
    talk(conversation, ENOUGH, at)
    summary.refresh(conversation.pk, at=at)
    talk(conversation, summary.WORTH_IT, at)
    assert summary.refresh(conversation.pk, at=at) is True
    told = json.loads(gemini.asked[1]["contents"][0]["parts"][0]["text"])
    assert told["summary"] == "Busca en Ñuñoa; quedó en mirar el plano."
    assert [each["text"].split()[1] for each in told["messages"]] == [
        str(number) for number in range(summary.WORTH_IT, summary.WORTH_IT * 2)
    ]


def test_long_messages_fall_out_of_the_history_earlier(conversation, gemini, at) -> None:
    talk(conversation, 30, at, length=1000)
    assert summary.refresh(conversation.pk, at=at) is True
    conversation.refresh_from_db()
    assert conversation.summary_up_to == ids()[30 - thinking.HISTORY_CHARACTERS // 1000 - 1]


def test_without_a_model_facts_and_stages_are_the_summary(conversation, at) -> None:
    lead = conversation.lead
    told = {
        "location": ["Ñuñoa", "Macul"],
        "budget": {"amount": 3500, "currency": "UF"},
        "income": {"amount": 1_200_000, "currency": "CLP"},
        "dicom": "clean",
    }
    talk(conversation, ENOUGH, at)
    facts.record(lead, facts.Facts.model_validate(told), source=facts.Source.LEAD, at=at)
    assert summary.refresh(conversation.pk, at=at) is True
    conversation.refresh_from_db()
    assert conversation.summary == (
        f"Conversación desde el 24-11-2026. Se sabe: Nombre: {lead.name}; Comunas: Ñuñoa, Macul; "
        "Presupuesto: UF 3.500; Renta líquida: $1.200.000; DICOM: sin deudas en DICOM; Deuda: $0. "
        "Etapas: Perfilamiento. "
        "Calificación financiera: CALIFICADO."
    )
    call = LLMCall.objects.get()
    assert (call.call_type, call.provider, call.estimated_cost_usd) == ("summary", "offline", 0)


def test_with_the_vendor_down_the_rules_write_it(conversation, gemini, at) -> None:
    gemini.answers = [failure(503)]
    talk(conversation, ENOUGH, at)
    assert summary.refresh(conversation.pk, at=at) is True
    conversation.refresh_from_db()
    assert conversation.summary.startswith("Conversación desde el 24-11-2026.")
    assert list(LLMCall.objects.order_by("id").values_list("provider", "used_fallback")) == [
        ("google", False),
        ("google", False),
        ("google", False),
        ("offline", True),
    ]


def test_a_summary_has_an_end(conversation, gemini, at) -> None:
    gemini.answers = [text("palabra " * 2000)]
    talk(conversation, ENOUGH, at)
    summary.refresh(conversation.pk, at=at)
    conversation.refresh_from_db()
    assert len(conversation.summary) <= summary.LONGEST


def test_a_conversation_that_is_gone_needs_none(db, at) -> None:
    assert summary.refresh(404, at=at) is False


def test_an_answered_turn_starts_it(write, at, django_capture_on_commit_callbacks) -> None:
    pk = write("hola").lead.conversation.pk
    moment = at + timedelta(seconds=10)
    assert take_turn(pk, at=moment) == "answered"
    assert tasks.summarise(pk) is False


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_summary(conversation, gemini, at) -> None:
    talk(conversation, ENOUGH, at)
    gemini.delay = 0.1
    assert sorted(race(2, lambda _: summary.refresh(conversation.pk, at=at))) == [False, True]
