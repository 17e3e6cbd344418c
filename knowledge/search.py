"""Finds what answers a question: Spanish full text and vectors, fused, within one broker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, transaction
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from pgvector.django import CosineDistance

from brokers.models import Broker
from knowledge import embedding, lexical, words
from knowledge.fields import fields_of
from knowledge.models import EmbedStatus, KnowledgeEntry, SourceType

_QUERY_LETTERS = 1_000
_QUERY_WORDS = 24
_CANDIDATES = 20
EXACT_UP_TO = 5_000  # entries of a broker: an exact search takes some tens of milliseconds
PROBES = 20  # of the index's 100 lists
_RRF = 60  # the usual damping of reciprocal rank fusion
# The similarity from which an entry is about the question: by itself, and when words match too.
_FLOORS = {lexical.MODEL: (0.15, 0.08)}
_VENDOR_FLOOR = (0.62, 0.52)
_TEXT_ONLY_FLOOR = 0.1


@dataclass(frozen=True, slots=True)
class Hit:
    entry_id: int
    title: str
    text: str
    source_type: str
    score: float
    date: date
    fields: Mapping[str, str] = field(default_factory=dict)  # of a property


def search(broker: Broker, query: str, *, limit: int = 5, at: datetime) -> list[Hit]:
    """The entries that answer, best first; none when nothing is about the question."""
    asked = query[:_QUERY_LETTERS].replace("\x00", " ")
    terms = list(islice(dict.fromkeys(words.words(asked)), _QUERY_WORDS))
    if not terms:
        return []
    vectors = embedding.embed_query(asked, broker, models=_models(broker), at=at)
    valid = _valid(broker, at)
    rankings = [list(_by_text(valid, terms, _distance(vectors))[:_CANDIDATES])]
    for model, vector in vectors.items():
        rankings.append(nearest(valid.filter(_embedded_by(model)), vector, limit=_CANDIDATES))
    return [_hit(entry, score) for entry, score in _fused(*rankings)[:limit]]


def _models(broker: Broker) -> set[str]:
    """By which models the broker's entries can be found: both, while they are embedded anew."""
    if embedding.preferred_model() == lexical.MODEL:
        return {lexical.MODEL}
    ready = KnowledgeEntry.objects.filter(broker=broker, embed_status=EmbedStatus.READY)
    return set(ready.order_by().values_list("embedding_model", flat=True).distinct())


def _valid(broker: Broker, at: datetime) -> QuerySet[Any]:
    today = at.astimezone(ZoneInfo(broker.timezone)).date()
    valid: QuerySet[Any] = KnowledgeEntry.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=today),
        Q(valid_until__isnull=True) | Q(valid_until__gte=today),
        broker=broker,
    ).defer("embedding", "search")
    return valid


def _by_text(valid: QuerySet[Any], terms: Iterable[str], near: Any) -> Any:
    spellings = dict.fromkeys(v for term in terms for v in words.variants(term))
    query = SearchQuery(
        " OR ".join(f'"{spelling}"' for spelling in spellings),
        config="spanish",
        search_type="websearch",
    )
    return (
        valid.filter(search=query)
        .annotate(rank=SearchRank(F("search"), query), distance=near)
        .order_by("-rank", "id")
    )


def nearest(entries: QuerySet[Any], vector: list[float], *, limit: int) -> list[Any]:
    """The entries of one broker and one model nearest to ``vector``.

    Exact up to some thousands; above, PostgreSQL may use the index, which knows no brokers and is
    therefore read on until it has found enough of this one's.
    """
    if entries[EXACT_UP_TO:].exists():
        return _approximately(entries, vector, limit)
    distance = _computed(CosineDistance("embedding", vector))
    return list(
        entries.annotate(rank=Value(0.0), distance=distance).order_by("distance", "id")[:limit]
    )


@transaction.atomic
def _approximately(entries: QuerySet[Any], vector: list[float], limit: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ivfflat.iterative_scan = relaxed_order")
        cursor.execute(f"SET LOCAL ivfflat.probes = {PROBES}")
    distance = CosineDistance("embedding", vector)
    found = entries.annotate(rank=Value(0.0), distance=distance).order_by("distance")[:limit]
    return sorted(found, key=lambda entry: (entry.distance, entry.pk))


def _embedded_by(model: str) -> Q:
    return Q(embed_status=EmbedStatus.READY, embedding_model=model)


def _distance(vectors: dict[str, list[float]]) -> Any:
    """Null where the entry has no vector of these models."""
    whens = (
        When(_embedded_by(model), then=CosineDistance("embedding", vector))
        for model, vector in vectors.items()
    )
    return Case(*whens, default=None, output_field=FloatField())


def _computed(distance: Any) -> Any:
    """The same number as an expression, which the approximate index cannot serve."""
    return Coalesce(distance, Value(2.0), output_field=FloatField())


def _fused(*rankings: list[Any]) -> list[tuple[Any, float]]:
    """Reciprocal rank fusion of what is relevant, best first."""
    scores: dict[int, float] = {}
    found: dict[int, Any] = {}
    for ranking in rankings:
        for place, entry in enumerate(ranking, start=1):
            scores[entry.pk] = scores.get(entry.pk, 0.0) + 1 / (_RRF + place)
            if entry.pk not in found or entry.rank:
                found[entry.pk] = entry
    relevant = [entry for entry in found.values() if _is_relevant(entry)]
    relevant.sort(key=lambda entry: (-scores[entry.pk], -_closeness(entry), entry.pk))
    return [(entry, scores[entry.pk]) for entry in relevant]


def _closeness(entry: Any) -> float:
    """Decides between entries that are first by words and second by vector, and the reverse."""
    return float(entry.rank) + (0.0 if entry.distance is None else 1 - entry.distance)


def _is_relevant(entry: Any) -> bool:
    if entry.distance is None:
        return bool(entry.rank >= _TEXT_ONLY_FLOOR)
    alone, with_words = _FLOORS.get(entry.embedding_model, _VENDOR_FLOOR)
    return bool(1 - entry.distance >= (with_words if entry.rank else alone))


def _hit(entry: Any, score: float) -> Hit:
    return Hit(
        entry_id=entry.pk,
        title=entry.title,
        text=entry.content,
        source_type=entry.source_type,
        score=round(score, 5),
        date=entry.updated_at.date(),
        fields=fields_of(entry) if entry.source_type == SourceType.PROPERTY else {},
    )
