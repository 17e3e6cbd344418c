"""A brokerage that exists within one transaction: listings, policies, an agent with free hours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

# Whenever it is run, "en marzo" and "el viernes" mean the same: a Tuesday in office hours, in a
# week without a holiday.
AT = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("America/Santiago"))


@dataclass(frozen=True)
class World:
    broker: Broker
    agent: User
    at: datetime

    def address_of(self, code: str) -> str:
        """Where a listing is visited; a code that no listing has raises StopIteration."""
        if not code:
            return ""
        text = next(each for each in LISTINGS if each.metadata["code"] == code)
        return f"{text.title}, {text.metadata['location']}"


@contextmanager
def temporary(at: datetime = AT) -> Iterator[World]:
    """Within it the brokerage is there; afterwards nothing of it, or of what happened, is left."""
    with rowsecurity.across("command"), transaction.atomic():
        try:
            yield _open(at)
        finally:
            transaction.set_rollback(True)


def _open(at: datetime) -> World:
    # Of the process: the same names in two open transactions would make one wait for the other.
    slug = f"evaluation-{os.getpid()}"
    broker = open_broker(name="Andes Propiedades", slug=slug)
    chat = broker.brokerchatconfig
    chat.enabled_providers = ["webchat"]
    chat.save()
    agent = User.objects.create_user(
        f"agente@{slug}.invalid", name="Ana Pérez", role=Role.AGENT, broker=broker
    )
    for weekday in range(6):
        AvailabilitySlot.objects.create(
            broker=broker, agent=agent, weekday=weekday, start_time=time(9, 30), end_time=time(18)
        )
    _know(broker, at)
    return World(broker, agent, at)


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
        entry.read_listing()
    KnowledgeEntry.objects.bulk_create(entries)


def knowledge_texts() -> list[str]:
    """Everything that the assistant may know there."""
    return [f"{text.title} {text.content}" for text in (*LISTINGS, *GUIDES)]
