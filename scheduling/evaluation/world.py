"""A brokerage that exists within one transaction: listings, policies, an agent with free hours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from brokers.models import Broker, User
from brokers.onboarding import open_broker
from crm import rowsecurity
from crm.tenancy import Role
from knowledge import embedding
from knowledge.demo import GUIDES, LISTINGS
from knowledge.models import EmbedStatus, KnowledgeEntry
from scheduling.models import AvailabilitySlot

SLUG = "evaluation"
TUESDAY, MORNING = 1, time(10)
ZONE = ZoneInfo("America/Santiago")


@contextmanager
def temporary(at: datetime) -> Iterator[Broker]:
    """Within it the brokerage is there; afterwards nothing of it, or of what happened, is left."""
    with rowsecurity.across("command"), transaction.atomic():
        try:
            yield _open(at)
        finally:
            transaction.set_rollback(True)


def next_tuesday(now: datetime) -> datetime:
    """In office hours, far from holidays' Mondays: the same weekday whenever it is run."""
    local = now.astimezone(ZONE)
    ahead = (TUESDAY - local.weekday()) % 7 or 7
    return datetime.combine(local.date() + timedelta(days=ahead), MORNING, ZONE)


def _open(at: datetime) -> Broker:
    broker = open_broker(name="Andes Propiedades", slug=SLUG)
    chat = broker.brokerchatconfig
    chat.enabled_providers = ["webchat"]
    chat.save()
    agent = User.objects.create_user(
        "agente@evaluation.invalid", name="Ana Pérez", role=Role.AGENT, broker=broker
    )
    for weekday in range(6):
        AvailabilitySlot.objects.create(
            broker=broker, agent=agent, weekday=weekday, start_time=time(9, 30), end_time=time(18)
        )
    _know(broker, at)
    return broker


def _know(broker: Broker, at: datetime) -> None:
    entries = [
        KnowledgeEntry(
            broker=broker,
            title=text.title,
            content=text.content,
            source_type=text.source_type,
            metadata=text.metadata,
            embed_status=EmbedStatus.READY,
            created_at=at - timedelta(days=30),
        )
        for text in (*LISTINGS, *GUIDES)
    ]
    made = embedding.embed_documents([each.embedded_text for each in entries], broker, at=at)
    for entry, vector in zip(entries, made.vectors, strict=True):
        entry.embedding, entry.embedding_model = vector, made.model
        entry.content_hash = entry.fingerprint
    KnowledgeEntry.objects.bulk_create(entries)


def knowledge_texts() -> list[str]:
    """Everything that the assistant may know there."""
    return [f"{text.title} {text.content}" for text in (*LISTINGS, *GUIDES)]
