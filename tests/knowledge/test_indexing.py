"""The vector index is rebuilt where that is worth it, by one worker at a time."""

import threading

import pytest
from django.db import connection, transaction

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
    waited_for = threading.Event()

    def rebuild() -> bool:
        """The first one waits for an older transaction; the second comes meanwhile."""
        return indexing.refresh()

    def meanwhile() -> bool:
        with connection.cursor() as cursor:
            while not waited_for.is_set():
                cursor.execute(indexing._BEING_REBUILT, [KnowledgeEntry._meta.db_table])
                if cursor.fetchone():
                    waited_for.set()
        return indexing.refresh()

    def older() -> bool:
        with transaction.atomic():
            KnowledgeEntry.objects.select_for_update().first()
            return waited_for.wait(20)

    works = [older, rebuild, meanwhile]
    assert race(3, lambda number: works[number]()) == [True, True, False]
