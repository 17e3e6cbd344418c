"""Vectors for texts: Gemini's when a key is set, the local lexical ones otherwise and as fallback."""

import logging
import math
import time
import uuid
from collections.abc import Sequence
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
from llm import breaker, gateway
from llm.models import CallType

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


def embed_documents(texts: Sequence[str], broker: Broker) -> tuple[list[Vector], str]:
    """One unit-length vector a text, all of the one model that is named."""
    return _embed(texts, "RETRIEVAL_DOCUMENT", broker)


def embed_query(text: str, broker: Broker) -> tuple[Vector, str]:
    vectors, model = _embed([text], "RETRIEVAL_QUERY", broker)
    return vectors[0], model


def _embed(texts: Sequence[str], task: str, broker: Broker) -> tuple[list[Vector], str]:
    if settings.GEMINI_API_KEY and not breaker.is_open(_BREAKER):
        try:
            batches = (texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH))
            vectors = [v for batch in batches for v in _ask_gemini(batch, task, broker)]
        except _FAILURES as error:
            log.warning("embedding fell back to %s: %s", lexical.MODEL, _described(error))
        else:
            return vectors, settings.EMBEDDING_MODEL
    return [lexical.embed(text) for text in texts], lexical.MODEL


def _ask_gemini(texts: Sequence[str], task: str, broker: Broker) -> list[Vector]:
    """One request, recorded as one attempt whether it succeeds or fails."""
    started, problem = time.monotonic(), ""
    try:
        response = _client(settings.GEMINI_API_KEY, settings.GEMINI_API_URL).models.embed_content(
            model=settings.EMBEDDING_MODEL,
            contents=list(texts),
            config=types.EmbedContentConfig(task_type=task, output_dimensionality=DIMENSIONS),
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
        _record(texts, broker, started, problem)
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


def _record(texts: Sequence[str], broker: Broker, started: float, problem: str) -> None:
    """The vendor does not say how many tokens a text had: four letters are taken for one."""
    gateway.record(
        gateway.Bill(broker.pk, call_type=CallType.EMBEDDING, trace_id=uuid.uuid4()),
        provider=VENDOR,
        model=settings.EMBEDDING_MODEL,
        usage=RequestUsage(input_tokens=sum(map(len, texts)) // 4),
        latency_ms=round((time.monotonic() - started) * 1000),
        error=problem,
    )
