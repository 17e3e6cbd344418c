import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from brokers.models import Broker
from knowledge import ingestion, lexical, tasks
from knowledge.models import EmbedStatus, KnowledgeEntry
from tests.factories import BrokerFactory, KnowledgeEntryFactory

pytestmark = pytest.mark.django_db


def state(entry: KnowledgeEntry) -> str:
    return KnowledgeEntry.objects.get(pk=entry.pk).embed_status


def test_upsert_makes_an_entry_and_then_changes_it(broker: Broker) -> None:
    made = ingestion.upsert(broker, title="Mascotas", content="No.", source_type="policy")
    changed = ingestion.upsert(
        broker,
        title="Mascotas",
        content="Sí\x00, pequeñas.",
        source_type="policy",
        metadata={"vigente": True},
        valid_until=date(2026, 12, 31),
    )
    entry = KnowledgeEntry.objects.get(broker=broker)
    assert made.pk == changed.pk == entry.pk
    assert (entry.content, entry.metadata) == ("Sí, pequeñas.", {"vigente": True})
    assert entry.valid_until == date(2026, 12, 31)


def test_upsert_refuses_a_validity_that_ends_before_it_begins(broker: Broker) -> None:
    with pytest.raises(ValidationError):
        ingestion.upsert(
            broker,
            title="Feria",
            content="Descuentos",
            valid_from=date(2026, 12, 2),
            valid_until=date(2026, 12, 1),
        )


def test_a_saved_entry_is_embedded_once_the_transaction_commits(
    broker: Broker, settings: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    published: list[Any] = []
    monkeypatch.setattr(tasks.embed_entry, "apply_async", lambda **sent: published.append(sent))
    with django_capture_on_commit_callbacks(execute=True):
        entry = ingestion.upsert(broker, title="Mascotas", content="Sí.")
    assert [sent["args"] for sent in published] == [(entry.pk,)]
    tasks.embed_entry(entry.pk)
    entry.refresh_from_db()
    assert (entry.embed_status, entry.embedding_model) == (EmbedStatus.READY, lexical.MODEL)
    assert len(entry.embedding) == 768


def test_a_changed_text_waits_for_a_new_embedding_and_other_changes_do_not(broker: Broker) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    tasks.embed_entry(entry.pk)
    entry = KnowledgeEntry.objects.get(pk=entry.pk)
    entry.metadata = {"price_uf": 1}
    entry.save()
    assert state(entry) == EmbedStatus.READY
    entry.content = "Otro texto"
    entry.save(update_fields=["content"])
    assert state(entry) == EmbedStatus.PENDING


def test_a_vector_made_for_an_older_text_is_not_kept(broker: Broker) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    at = timezone.now()
    claimed = ingestion.claim(ingestion.due(at=at), at=at, limit=10)
    entry.content = "Otro texto"
    entry.save()
    assert ingestion.embed(claimed, at=at) == 0
    assert state(entry) == EmbedStatus.PENDING


def swept() -> list[int]:
    """Run the sweep and the task that it starts for each brokerage."""
    owed = sorted(set(ingestion.due(at=timezone.now()).values_list("broker", flat=True)))
    assert tasks.sweep_embeddings() == len(owed)
    for broker_id in owed:
        tasks.embed_pending(broker_id)
    return owed


def test_the_sweep_embeds_every_brokers_pending_entries(broker: Broker, rival: Broker) -> None:
    entries = [KnowledgeEntryFactory(broker=of) for of in (broker, rival) for _ in range(30)]
    assert swept() == [broker.pk, rival.pk]
    assert {state(entry) for entry in entries} == {EmbedStatus.READY}


def test_an_entry_that_gives_no_result_is_marked_failed_with_the_reason(
    broker: Broker, at: datetime
) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    for attempt in range(ingestion.MAX_ATTEMPTS + 1):
        moment = at + attempt * ingestion.LEASE
        ingestion.claim(ingestion.due(at=moment), at=moment, limit=10)
    entry.refresh_from_db()
    assert entry.embed_status == EmbedStatus.FAILED
    assert entry.embed_error == "no_result_after_attempts"


def test_a_claimed_entry_is_left_alone_until_its_lease_ends(broker: Broker, at: datetime) -> None:
    KnowledgeEntryFactory(broker=broker)
    assert len(ingestion.claim(ingestion.due(at=at), at=at, limit=10)) == 1
    soon = at + timedelta(seconds=30)
    assert ingestion.claim(ingestion.due(at=soon), at=soon, limit=10) == []


def test_vectors_of_a_model_no_longer_preferred_are_due_again(
    broker: Broker, settings: Any
) -> None:
    entry = KnowledgeEntryFactory(broker=broker)
    tasks.embed_entry(entry.pk)
    assert list(ingestion.due(at=timezone.now())) == []
    settings.GEMINI_API_KEY = "key"
    assert list(ingestion.due(at=timezone.now())) == [entry]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_share_the_work() -> None:
    broker = BrokerFactory()
    for _ in range(20):
        KnowledgeEntryFactory(broker=broker)
    at = timezone.now()
    start, shares = threading.Barrier(2), []

    def sweep() -> None:
        start.wait()
        claimed = ingestion.claim(ingestion.due(at=at), at=at, limit=20)
        shares.append({entry.pk for entry in claimed})
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shares[0].isdisjoint(shares[1])
    swept()
    rest = at + 2 * ingestion.LEASE
    ingestion.embed(ingestion.claim(ingestion.due(at=rest), at=rest, limit=20), at=rest)
    assert KnowledgeEntry.objects.filter(embed_status=EmbedStatus.READY).count() == 20
