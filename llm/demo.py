"""What the demo's assistant cost: one attempt for each of its messages, some with a second."""

import uuid
from datetime import datetime
from random import Random
from typing import Any

from pydantic_ai.usage import RequestUsage

from crm.demo import SEED, Context
from leads.enums import Author
from leads.models import ChatMessage
from llm import pricing
from llm.models import CallType, LLMCall

PROVIDER, MODEL = "google", "gemini-2.5-flash"
FALLBACK_PROVIDER, FALLBACK_MODEL = "openai", "gpt-5-mini"
FAILS_EVERY = 37
PROMPT_TOKENS = 1_650


def seed(context: Context) -> None:
    context.plan(context.at, lambda _: _bill(context))


def _bill(context: Context) -> None:
    rng = Random(SEED)  # noqa: S311 - chance, not secrets
    brokers = [context.broker, context.rival]
    messages = ChatMessage.objects.filter(broker__in=brokers, author=Author.ASSISTANT)
    calls: list[LLMCall] = []
    for number, message in enumerate(messages.order_by("at", "pk"), start=1):
        calls += _attempts(rng, message, fails=number % FAILS_EVERY == 0)
    LLMCall.objects.bulk_create(calls)


def _attempts(rng: Random, message: Any, *, fails: bool) -> list[LLMCall]:
    trace = uuid.UUID(int=rng.getrandbits(128), version=4)
    if not fails:
        return [_call(rng, message, trace, PROVIDER, MODEL, message.at)]
    failed = _call(rng, message, trace, PROVIDER, MODEL, message.at)
    failed.error, failed.estimated_cost_usd = "ModelUnavailableError 503", None
    failed.output_tokens = 0
    second = _call(rng, message, trace, FALLBACK_PROVIDER, FALLBACK_MODEL, message.at)
    second.used_fallback = True
    return [failed, second]


def _call(
    rng: Random, message: Any, trace: uuid.UUID, provider: str, model: str, at: datetime
) -> LLMCall:
    history = rng.randint(200, 1_400)
    usage = RequestUsage(
        input_tokens=PROMPT_TOKENS + history,
        cache_read_tokens=1_024 if history > 600 else 0,
        output_tokens=40 + len(message.message_text) // 3,
    )
    return LLMCall(
        broker_id=message.broker_id,
        lead_id=message.lead_id,
        message_id=message.pk,
        trace_id=trace,
        provider=provider,
        model=model,
        call_type=CallType.TURN,
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cache_read_tokens,
        output_tokens=usage.output_tokens,
        estimated_cost_usd=pricing.cost_usd(provider, model, usage),
        latency_ms=rng.randint(650, 2_900),
        created_at=at,
    )
