import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brokers.models import Broker
from knowledge import lexical
from knowledge.models import EmbedStatus, KnowledgeEntry
from knowledge.search import search
from tests.factories import KnowledgeEntryFactory
from tests.knowledge.questions import NONSENSE, QUESTIONS

pytestmark = pytest.mark.django_db


def embedded(broker: Broker, **fields: Any) -> KnowledgeEntry:
    entry = KnowledgeEntryFactory(broker=broker, **fields)
    KnowledgeEntry.objects.filter(pk=entry.pk).update(
        embedding=lexical.embed(entry.embedded_text),
        embedding_model=lexical.MODEL,
        embed_status=EmbedStatus.READY,
    )
    return entry


@pytest.mark.usefixtures("demo_knowledge")
@pytest.mark.parametrize(("question", "title"), QUESTIONS)
def test_a_question_finds_the_entry_that_answers_it(
    broker: Broker, at: datetime, question: str, title: str
) -> None:
    assert search(broker, question, at=at)[0].title == title


@pytest.mark.usefixtures("demo_knowledge")
@pytest.mark.parametrize("question", NONSENSE)
def test_what_nobody_wrote_about_finds_nothing(broker: Broker, at: datetime, question: str) -> None:
    assert search(broker, question, at=at) == []


@pytest.mark.usefixtures("demo_knowledge")
def test_another_brokers_entries_are_never_found(
    broker: Broker, rival: Broker, at: datetime
) -> None:
    own = {hit.title for hit in search(rival, "política de reserva y mascotas", at=at)}
    assert own == {"Política de reserva Costa Norte", "Mascotas en Costa Norte"}
    titles = {hit.title for hit in search(broker, "reserva Costa Norte", limit=20, at=at)}
    assert titles.isdisjoint(own)


def test_a_hit_carries_what_the_assistant_cites(broker: Broker, at: datetime) -> None:
    entry = embedded(broker, title="Bodega en venta", content="UF 200", source_type="property")
    hit = search(broker, "bodega", at=at)[0]
    assert (hit.entry_id, hit.title, hit.text) == (entry.pk, "Bodega en venta", "UF 200")
    assert (hit.source_type, hit.date) == ("property", entry.updated_at.date())


@pytest.mark.parametrize(
    ("valid", "found"),
    [
        ({}, 1),
        ({"valid_from": date(2026, 11, 24)}, 1),
        ({"valid_from": date(2026, 11, 25)}, 0),
        ({"valid_until": date(2026, 11, 24)}, 1),
        ({"valid_until": date(2026, 11, 23)}, 0),
    ],
)
def test_validity_counts_in_local_days(
    broker: Broker, at: datetime, valid: dict[str, date], found: int
) -> None:
    embedded(broker, title="Promoción de bodegas", **valid)
    late_evening = at.replace(hour=23, minute=30)  # the 25th already in UTC
    assert len(search(broker, "promoción de bodegas", at=late_evening)) == found


@pytest.mark.usefixtures("demo_knowledge")
@pytest.mark.parametrize(
    "question",
    [
        "mascotas' OR '1'='1",
        'mascotas" AND NOT "x',
        "mascotas & ! | ( <-> :* \\",
        "mascotas\x00",
        "-mascotas",
        "mascotas %s {} $$",
        "mascotas " + "ñ🙂'\"" * 2_000,
    ],
)
def test_hostile_text_is_only_text(broker: Broker, at: datetime, question: str) -> None:
    assert search(broker, question, at=at)[0].title == "Mascotas"


@pytest.mark.parametrize("question", ["", "   ", "\x00", "' \" ; --", "¿?" * 5_000])
def test_a_text_without_words_asks_nobody(broker: Broker, at: datetime, question: str) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert search(broker, question, at=at) == []
    assert len(queries) == 0


def test_an_entry_that_waits_for_its_embedding_is_found_by_its_words(
    broker: Broker, at: datetime
) -> None:
    KnowledgeEntryFactory(broker=broker, title="Permuta de propiedades", content="Sí, se puede.")
    assert [hit.title for hit in search(broker, "permuta", at=at)] == ["Permuta de propiedades"]


def test_vectors_of_another_model_are_not_compared(broker: Broker, at: datetime) -> None:
    entry = embedded(broker, title="Estacionamiento", content="Estacionamientos")
    KnowledgeEntry.objects.filter(pk=entry.pk).update(embedding_model="gemini-embedding-001")
    assert search(broker, "estasionamiento", at=at) == []
    KnowledgeEntry.objects.filter(pk=entry.pk).update(embedding_model=lexical.MODEL)
    assert len(search(broker, "estasionamiento", at=at)) == 1


def test_search_asks_the_database_three_times_whatever_the_size(
    broker: Broker, at: datetime, django_assert_num_queries: Any
) -> None:
    for number in range(30):
        embedded(broker, title=f"Casa {number} en Maipú")
    with django_assert_num_queries(3):
        assert len(search(broker, "casa en maipú", limit=5, at=at)) == 5


def test_the_plan_searches_the_brokers_vectors_exactly(
    broker: Broker, rival: Broker, at: datetime
) -> None:
    vector = lexical.embed("casa")
    rows = [
        KnowledgeEntry(
            broker=rival if number % 20 else broker,
            title=f"Casa {number}",
            content="Maipú",
            content_hash=str(number),
            embedding=vector,
            embedding_model=lexical.MODEL,
            embed_status=EmbedStatus.READY,
        )
        for number in range(3_000)
    ]
    KnowledgeEntry.objects.bulk_create(rows, batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE knowledge_base")
        with CaptureQueriesContext(connection) as queries:
            search(broker, "casa", at=at)
        cursor.execute("EXPLAIN (FORMAT JSON) " + queries[-1]["sql"])
        plan = json.dumps(cursor.fetchone()[0])
    assert '"Index Name": "knowledge_base_embedding"' not in plan
    assert '"Index Name": "knowledge_base_broker' in plan


def test_older_moments_see_what_was_valid_then(broker: Broker, at: datetime) -> None:
    embedded(broker, title="Feria de bodegas", valid_until=at.date() - timedelta(days=30))
    assert search(broker, "feria de bodegas", at=at) == []
    assert len(search(broker, "feria de bodegas", at=at - timedelta(days=40))) == 1
