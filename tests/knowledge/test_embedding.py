import math
from datetime import datetime, timedelta
from typing import Any

import pytest

from brokers.models import Broker, BrokerPromptConfig
from knowledge import embedding, ingestion, lexical, search
from knowledge.models import KnowledgeEntry
from llm.models import CallType, LLMCall
from tests.knowledge.conftest import Gemini

pytestmark = pytest.mark.django_db


def asked(text: str, broker: Broker, at: datetime) -> dict[str, list[float]]:
    return embedding.embed_query(text, broker, models={embedding.preferred_model()}, at=at)


def test_without_a_key_embeddings_are_local_and_nothing_is_recorded(
    broker: Broker, at: datetime
) -> None:
    made = embedding.embed_documents(["Mascotas", "Reserva"], broker, at=at)
    vectors, model = made.vectors, made.model
    assert model == lexical.MODEL
    assert vectors == [lexical.embed("Mascotas"), lexical.embed("Reserva")]
    assert LLMCall.objects.count() == 0


def test_gemini_is_asked_for_768_numbers_and_its_vectors_made_unit_length(
    broker: Broker, gemini: Gemini, at: datetime
) -> None:
    made = embedding.embed_documents(["Mascotas", "Reserva"], broker, at=at)
    vectors, model = made.vectors, made.model
    path, body = gemini.asked[0]
    assert path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    assert [request["outputDimensionality"] for request in body["requests"]] == [768, 768]
    assert {request["taskType"] for request in body["requests"]} == {"RETRIEVAL_DOCUMENT"}
    assert model == "gemini-embedding-001"
    assert math.isclose(sum(value * value for value in vectors[0]), 1.0)


def test_a_query_is_embedded_as_a_query(broker: Broker, gemini: Gemini, at: datetime) -> None:
    (model,) = asked("¿aceptan perros?", broker, at)
    assert gemini.asked[0][1]["requests"][0]["taskType"] == "RETRIEVAL_QUERY"
    assert model == "gemini-embedding-001"


def test_each_request_is_one_recorded_attempt(broker: Broker, gemini: Gemini, at: datetime) -> None:
    embedding.embed_documents(["x" * 40] * 150, broker, at=at)
    calls = LLMCall.objects.order_by("id")
    assert [(call.provider, call.call_type, call.broker) for call in calls] == [
        ("google", CallType.EMBEDDING, broker)
    ] * 2
    assert [call.input_tokens for call in calls] == [1_000, 500]
    assert [len(body["requests"]) for _, body in gemini.asked] == [100, 50]


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_a_refusal_falls_back_to_local_and_is_recorded(
    broker: Broker, gemini: Gemini, status: int, at: datetime
) -> None:
    gemini.status = status
    told = asked("¿aceptan perros?", broker, at)
    assert told == {lexical.MODEL: lexical.embed("¿aceptan perros?")}
    assert [str(status) in call.error for call in LLMCall.objects.all()] == [True]


@pytest.mark.parametrize("numbers", [0, 5, 3_072])
def test_an_answer_of_another_size_falls_back(
    broker: Broker, gemini: Gemini, numbers: int, at: datetime
) -> None:
    gemini.numbers = numbers
    assert set(asked("perros", broker, at)) == {lexical.MODEL}
    assert LLMCall.objects.get().error == "ValueError"


def test_nobody_listening_falls_back(broker: Broker, settings: Any, at: datetime) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_API_URL = "key", "http://127.0.0.1:9"
    assert set(asked("perros", broker, at)) == {lexical.MODEL}
    assert LLMCall.objects.get().error == "ConnectError"


def test_a_vendor_that_keeps_failing_is_left_alone_for_a_while(
    broker: Broker, gemini: Gemini, at: datetime
) -> None:
    gemini.status = 503
    for _ in range(7):
        asked("perros", broker, at)
    assert len(gemini.asked) == 5


# --- The month's budget, and two models at once ------------------------------------------------------


def embed_all(at: datetime) -> None:
    ingestion.embed(ingestion.claim(ingestion.due(at=at), at=at, limit=50), at=at)


def test_with_the_month_spent_no_text_is_sent_and_entries_say_why_they_wait(
    broker: Broker, gemini: Gemini, at: datetime
) -> None:
    BrokerPromptConfig.objects.filter(broker=broker).update(monthly_llm_budget_usd=0)
    entry = ingestion.upsert(broker, title="Mascotas", content="Se aceptan perros pequeños.")
    embed_all(at)
    entry.refresh_from_db()
    assert (entry.embed_status, entry.embed_error) == ("ready", "over_budget")
    assert (entry.embedding_model, entry.embed_due_at) == (
        lexical.MODEL,
        at + timedelta(minutes=30),
    )
    hits = search.search(broker, "¿aceptan perros?", at=at)
    assert [hit.entry_id for hit in hits] == [entry.pk]
    assert set(asked("¿aceptan perros?", broker, at)) == {lexical.MODEL}
    assert (gemini.asked, LLMCall.objects.count()) == ([], 0)
    BrokerPromptConfig.objects.filter(broker=broker).update(monthly_llm_budget_usd=None)
    embed_all(at + timedelta(minutes=30))
    entry.refresh_from_db()
    assert (entry.embedding_model, entry.embed_error) == ("gemini-embedding-001", "")


def test_right_after_a_key_is_set_questions_are_asked_with_the_vectors_that_entries_have(
    broker: Broker, gemini: Gemini, settings: Any, at: datetime
) -> None:
    settings.GEMINI_API_KEY = ""
    old = ingestion.upsert(broker, title="Estacionamiento", content="Cuesta 300 UF aparte.")
    embed_all(at)
    settings.GEMINI_API_KEY = "key"
    found = search.search(broker, "estacionamientos", at=at)
    assert ([hit.entry_id for hit in found], gemini.asked) == ([old.pk], [])
    KnowledgeEntry.objects.filter(pk=old.pk).update(embed_due_at=at + timedelta(days=1))
    new = ingestion.upsert(broker, title="Mascotas", content="Se aceptan perros pequeños.")
    embed_all(at)
    found = search.search(broker, "estacionamientos", at=at)
    assert {hit.entry_id for hit in found} == {old.pk, new.pk}  # the fake finds everything alike
    assert len(gemini.asked) == 2
