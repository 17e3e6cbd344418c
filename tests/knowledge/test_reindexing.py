from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from brokers.models import Broker
from knowledge import embedding, ingestion, lexical, reindexing, search
from knowledge.models import KnowledgeEntry
from tests.factories import KnowledgeEntryFactory
from tests.knowledge.conftest import Gemini

pytestmark = pytest.mark.django_db


def reindex(*options: str) -> str:
    out = StringIO()
    call_command("reindex_knowledge", *options, stdout=out)
    return out.getvalue()


def models() -> list[str]:
    return sorted(KnowledgeEntry.objects.values_list("embedding_model", flat=True))


def make_older(entries: Sequence[KnowledgeEntry], model: str = "gemini-embedding-000") -> None:
    """Entries as another model of the vendor once embedded them."""
    KnowledgeEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(
        embedding=[1.0] + [0.0] * 767, embedding_model=model, embed_status="ready"
    )


def test_it_embeds_what_is_owed_and_shows_how_far_it_is(broker: Broker) -> None:
    for number in range(60):
        KnowledgeEntryFactory(broker=broker, title=f"Casa {number}")
    output = reindex()
    assert "50 of 60 (83%)" in output
    assert "60 of 60 (100%)" in output
    assert models() == [lexical.MODEL] * 60
    assert list(ingestion.due(at=timezone.now())) == []


def test_run_again_it_has_nothing_to_do(broker: Broker) -> None:
    KnowledgeEntryFactory(broker=broker)
    reindex()
    assert "0 of 0" in reindex()


def test_only_the_named_brokerage_is_embedded(broker: Broker, rival: Broker) -> None:
    KnowledgeEntryFactory(broker=broker)
    theirs = KnowledgeEntryFactory(broker=rival)
    reindex("--broker", broker.slug)
    assert [entry.pk for entry in ingestion.due(at=timezone.now())] == [theirs.pk]
    with pytest.raises(CommandError, match="no brokerage"):
        reindex("--broker", "nobody")


def test_again_makes_also_the_vectors_that_are_there(broker: Broker) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    reindex()
    KnowledgeEntry.objects.update(embedding=[1.0] + [0.0] * 767)
    assert "1 entries will be embedded again" in reindex("--again")
    entry.refresh_from_db()
    assert (entry.embed_again, entry.embed_status) == (False, "ready")
    assert list(entry.embedding) == pytest.approx(lexical.embed(entry.embedded_text), abs=1e-6)


def test_stopped_in_the_middle_the_next_run_does_the_rest(broker: Broker) -> None:
    for number in range(120):
        KnowledgeEntryFactory(broker=broker, title=f"Casa {number}")
    everything = KnowledgeEntry.objects.all()
    reindex()
    reindexing.ask_again(everything)
    assert next(reindexing.run(everything)).made == 50  # and here it was killed
    assert KnowledgeEntry.objects.filter(embed_again=True).count() == 70
    output = reindex()
    assert "70 of 70 (100%)" in output
    assert not KnowledgeEntry.objects.filter(embed_again=True).exists()


def test_it_waits_for_what_a_killed_run_had_claimed(broker: Broker) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    ingestion.claim(ingestion.due(at=timezone.now()), at=timezone.now(), limit=1)
    KnowledgeEntry.objects.update(embed_due_at=timezone.now() + timedelta(seconds=0.5))
    output = reindex()
    assert "Another worker has the rest" in output
    entry.refresh_from_db()
    assert entry.embed_status == "ready"


def test_old_vectors_of_the_vendor_serve_until_the_new_ones_are_there(
    broker: Broker, gemini: Gemini, at: datetime
) -> None:
    entry = KnowledgeEntryFactory(broker=broker, title="Mascotas", content="Se aceptan perros.")
    make_older([entry])
    KnowledgeEntry.objects.update(embedding=[768**-0.5] * 768)
    found = search.search(broker, "animales domésticos", at=at)  # no word of it stands in the text
    assert [hit.entry_id for hit in found] == [entry.pk]
    assert "gemini-embedding-000" in gemini.asked[-1][0]
    reindex()
    assert models() == ["gemini-embedding-001"]
    assert [hit.entry_id for hit in search.search(broker, "animales", at=at)] == [entry.pk]


def test_a_vendor_that_is_away_takes_no_serving_vector_away(
    broker: Broker, gemini: Gemini, at: datetime
) -> None:
    entries = [KnowledgeEntryFactory(broker=broker) for _ in range(3)]
    make_older(entries)
    gemini.status = 503
    with pytest.raises(CommandError, match="3 entries wait for their vendor"):
        reindex()
    assert models() == ["gemini-embedding-000"] * 3
    gemini.status = 200
    KnowledgeEntry.objects.update(embed_due_at=None)
    reindex()
    assert models() == ["gemini-embedding-001"] * 3


def test_an_entry_with_a_serving_vector_that_is_claimed_in_vain_keeps_it(
    broker: Broker, at: datetime
) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    reindex()
    reindexing.ask_again(KnowledgeEntry.objects.all())
    for attempt in range(ingestion.MAX_ATTEMPTS + 1):
        moment = at + attempt * ingestion.LEASE
        ingestion.claim(ingestion.due(at=moment), at=moment, limit=10)
    entry.refresh_from_db()
    assert (entry.embed_status, entry.embed_again) == ("ready", True)


def test_a_question_is_asked_by_each_model_that_embedded_something(
    broker: Broker, gemini: Gemini, at: datetime
) -> None:
    asked: Any = {"gemini-embedding-000", "gemini-embedding-001", lexical.MODEL}
    assert set(embedding.embed_query("perros", broker, models=asked, at=at)) == asked
    assert len(gemini.asked) == 2
