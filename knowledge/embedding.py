"""Vectors for texts: Gemini's when a key is set, the local lexical ones otherwise and as fallback."""

import logging
import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings
from google import genai
from google.genai import errors, types
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker
from knowledge import lexical
from knowledge.models import DIMENSIONS
from llm import breaker, budget, gateway
from llm.models import CallType, LLMCall

log = logging.getLogger(__name__)

Vector = list[float]
VENDOR = "google"
_BREAKER = "google-embeddings"  # its own: the language models may be up while this is down
_BATCH = 100  # texts that Gemini takes in one request
_TIMEOUT_MS = 8_000
_FAILURES = (errors.APIError, httpx.HTTPError, ValueError)


def preferred_model() -> str:
    """The model that new vectors come from while its vendor answers."""
    return settings.EMBEDDING_MODEL if settings.GEMINI_API_KEY else lexical.MODEL


@dataclass(frozen=True)
class Embedded:
    """Unit-length vectors, all of one model; ``reason`` is why it is not the preferred one."""

    vectors: list[Vector]
    model: str
    reason: str = ""


def embed_documents(texts: Sequence[str], broker: Broker, *, at: datetime) -> Embedded:
    return _embed(texts, _Way("RETRIEVAL_DOCUMENT", settings.EMBEDDING_MODEL), broker, at)


def embed_query(
    text: str, broker: Broker, *, models: Collection[str], at: datetime
) -> dict[str, Vector]:
    """The question's vector by each of these models that can be asked; a vendor's costs a call.

    While entries are embedded anew by another of the vendor's models, both are asked: what the
    older one embedded is found until its turn comes.
    """
    vectors: dict[str, Vector] = {}
    for model in sorted(set(models) - {lexical.MODEL}):
        made = _embed([text], _Way("RETRIEVAL_QUERY", model), broker, at)
        vectors[made.model] = made.vectors[0]
    if lexical.MODEL in models and lexical.MODEL not in vectors:
        vectors[lexical.MODEL] = lexical.embed(text)
    return vectors


@dataclass(frozen=True)
class _Way:
    """What the vendor is asked for: the task that it prepares vectors for, and by which model."""

    task: str
    model: str


def _embed(texts: Sequence[str], way: _Way, broker: Broker, at: datetime) -> Embedded:
    reason = ""
    if settings.GEMINI_API_KEY:
        reason = "vendor_resting"
        try:
            if not breaker.is_open(_BREAKER):
                batches = (texts[n : n + _BATCH] for n in range(0, len(texts), _BATCH))
                vectors = [v for batch in batches for v in _ask_gemini(batch, way, broker, at)]
                return Embedded(vectors, way.model)
        except OverBudget:
            reason = "over_budget"
        except _FAILURES as error:
            reason = "vendor_away"
            log.warning("embedding fell back to %s: %s", lexical.MODEL, _described(error))
    return Embedded([lexical.embed(text) for text in texts], lexical.MODEL, reason)


class OverBudget(Exception):
    """The broker's month is spent: local vectors serve, which cost nothing."""


def _ask_gemini(texts: Sequence[str], way: _Way, broker: Broker, at: datetime) -> list[Vector]:
    """One request, recorded as one attempt whether it succeeds or fails."""
    call, usage = _draft(broker, way.model), _usage(texts)
    if not budget.reserve(call, usage, at=at):
        raise OverBudget
    started, problem = time.monotonic(), ""
    try:
        response = _client(settings.GEMINI_API_KEY, settings.GEMINI_API_URL).models.embed_content(
            model=way.model,
            contents=list(texts),
            config=types.EmbedContentConfig(task_type=way.task, output_dimensionality=DIMENSIONS),
        )
        vectors = _read(response, len(texts))
    except _FAILURES as error:
        problem = _described(error)
        if not isinstance(error, errors.ClientError):
            breaker.failed(_BREAKER)
        raise
    else:
        breaker.succeeded(_BREAKER)
    finally:
        took = round((time.monotonic() - started) * 1000)
        budget.settle(call, usage, latency_ms=took, error=problem)
    return vectors


@lru_cache(maxsize=2)
def _client(key: str, url: str) -> genai.Client:
    options = types.HttpOptions(base_url=url or None, timeout=_TIMEOUT_MS)
    return genai.Client(api_key=key, http_options=options)


def _read(response: Any, expected: int) -> list[Vector]:
    vectors = [_unit(found.values or []) for found in response.embeddings or []]
    if len(vectors) != expected:
        raise ValueError("as many embeddings as texts were expected")
    return vectors


def _unit(values: Sequence[float]) -> Vector:
    """Below 3,072 dimensions Gemini's vectors are not of unit length."""
    length = math.sqrt(sum(value * value for value in values))
    if len(values) != DIMENSIONS or not length or not math.isfinite(length):
        raise ValueError("not an embedding of the size asked for")
    return [value / length for value in values]


def _described(error: Exception) -> str:
    code = f" {error.code}" if isinstance(error, errors.APIError) else ""
    return f"{type(error).__name__}{code}"


def _draft(broker: Broker, model: str) -> LLMCall:
    bill = gateway.Bill(broker.pk, call_type=CallType.EMBEDDING)
    return gateway.draft(bill, provider=VENDOR, model=model)


def _usage(texts: Sequence[str]) -> RequestUsage:
    """The vendor does not say how many tokens a text had: four letters are taken for one."""
    return RequestUsage(input_tokens=sum(map(len, texts)) // 4)
