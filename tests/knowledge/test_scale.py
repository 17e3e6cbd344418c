"""Search in a large knowledge base: the index is used, and finds what exact search finds."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from brokers.models import Broker
from knowledge import indexing, lexical, search
from knowledge.models import DIMENSIONS, KnowledgeEntry

pytestmark = pytest.mark.django_db

ROWS, TOPICS, QUESTIONS = 4_000, 80, 25
# Vectors around topics, as texts have them; hashes instead of chance, so that every run is alike.
FILL = f"""
INSERT INTO knowledge_base (broker_id, title, content, embedding, embedding_model, content_hash,
    embed_status, embed_attempts, embed_error, embed_again, listed_place, source_type, metadata,
    part,
    created_at, updated_at)
SELECT CASE WHEN n %% 4 = 0 THEN %(other)s ELSE %(broker)s END, 'Depto ' || n, 'UF ' || n,
    (SELECT array_agg(hashint4(n %% {TOPICS} * 1000 + d) / 2147483648.0
        + 0.8 * hashint4(n * 1000 + d + 7) / 2147483648.0) FROM generate_series(1, {DIMENSIONS}) d)::vector,
    %(model)s, n::text, 'ready', 0, '', false, '', 'property', '{{}}', 0, now(), now()
FROM generate_series(1, {ROWS}) n
"""


@pytest.fixture
def large(broker: Broker, rival: Broker) -> Broker:
    """Three thousand entries of the broker beside a thousand of the rival's."""
    names = {"broker": broker.pk, "other": rival.pk, "model": lexical.MODEL}
    with connection.cursor() as cursor:
        cursor.execute(FILL, names)
        cursor.execute(f"REINDEX INDEX {indexing.INDEX}")
        cursor.execute("ANALYZE knowledge_base")
    return broker


def of(broker: Broker) -> QuerySet[Any]:
    return KnowledgeEntry.objects.filter(
        broker=broker, embed_status="ready", embedding_model=lexical.MODEL
    )


def questions(broker: Broker) -> list[list[float]]:
    rows = KnowledgeEntry.objects.order_by("id").values_list("embedding", flat=True)
    return [list(vector) for vector in rows[:: ROWS // QUESTIONS][:QUESTIONS]]


def plans(sql: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        told = cursor.fetchone()[0]
    text = told if isinstance(told, str) else json.dumps(told)
    return {indexing.INDEX} if indexing.INDEX in text else set()


def asked(broker: Broker, vector: list[float], django_assert_max_num_queries: Any) -> str:
    with django_assert_max_num_queries(8) as captured:
        search.nearest(of(broker), vector, limit=10)
    return captured[-1]["sql"] if "SAVEPOINT" not in captured[-1]["sql"] else captured[-2]["sql"]


def test_some_thousands_are_searched_exactly(
    large: Broker, django_assert_max_num_queries: Any
) -> None:
    sql = asked(large, questions(large)[0], django_assert_max_num_queries)
    assert plans(sql) == set()


def test_above_that_the_index_is_read_on_until_it_has_enough_of_the_brokers_own(
    large: Broker, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    exact = [ids(search.nearest(of(large), vector, limit=10)) for vector in questions(large)]
    monkeypatch.setattr(search, "EXACT_UP_TO", 1_000)
    assert plans(asked(large, questions(large)[0], django_assert_max_num_queries)) == {
        indexing.INDEX
    }
    near = [search.nearest(of(large), vector, limit=10) for vector in questions(large)]
    assert {entry.broker_id for found in near for entry in found} == {large.pk}
    assert [len(found) for found in near] == [10] * QUESTIONS
    kept = [len(set(ids(found)) & set(best)) / 10 for found, best in zip(near, exact, strict=True)]
    assert sum(kept) / QUESTIONS >= 0.95


def ids(found: list[Any]) -> list[int]:
    return [entry.pk for entry in found]
