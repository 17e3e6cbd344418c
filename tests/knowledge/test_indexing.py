"""The vector index is rebuilt where that is worth it, by one worker at a time."""

import pytest
from django.db import connection

from knowledge import indexing, lexical
from knowledge.models import KnowledgeEntry
from knowledge.tasks import refresh_index
from tests.factories import KnowledgeEntryFactory
from tests.racing import race


def test_a_small_knowledge_base_needs_no_index(broker) -> None:
    assert refresh_index() is False


@pytest.mark.django_db(transaction=True)
def test_the_index_is_rebuilt_over_what_is_there(broker, monkeypatch) -> None:
    monkeypatch.setattr(indexing, "WORTH_IT", 0)
    KnowledgeEntryFactory(broker=broker)
    KnowledgeEntry.objects.update(embedding=lexical.embed("hola"))
    assert refresh_index() is True


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_another_rebuilds_leaves_it(broker, monkeypatch) -> None:
    monkeypatch.setattr(indexing, "WORTH_IT", 0)
    KnowledgeEntryFactory(broker=broker)
    KnowledgeEntry.objects.update(embedding=lexical.embed("hola"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [indexing._LOCK])
        assert race(1, lambda _: indexing.refresh()) == [False]
        cursor.execute("SELECT pg_advisory_unlock(%s)", [indexing._LOCK])
