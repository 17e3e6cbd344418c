"""The one way to a model: primary, fallback, offline; every attempt a row in ``llm_calls``."""

import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import anyio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db.models import Sum
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelServerError,
    ModelUnavailableError,
)
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker
from llm import breaker, pricing, vendors
from llm.models import CallType, LLMCall, PromptVersion
from llm.offline import OfflineModel

ATTEMPTS = 3
BACK_OFF_SECONDS = 8.0
RETRYABLE = (
    ModelRateLimitError,
    ModelUnavailableError,
    ModelServerError,
    ModelConnectionError,
    ModelRequestTimeout,
    TimeoutError,
)
# Ours only, not the SDKs' own: one attempt is one row.
VENDOR_SETTINGS = ModelSettings(max_retries=0, max_tokens=2048)


@dataclass(frozen=True)
class Bill:
    """Whom the attempts at one answer are billed to, and what they belong to."""

    broker_id: int
    lead_id: int | None = None
    message_id: int | None = None
    prompt_version: PromptVersion | None = None
    call_type: CallType = CallType.TURN
    trace_id: uuid.UUID = field(default_factory=uuid.uuid4)


class VendorResting(ModelAPIError):
    """The vendor's breaker is open: the next model is asked at once."""

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name, "breaker_open")


class Recorded(WrapperModel):
    """One member of the chain: tried again where that helps, each attempt recorded."""

    def __init__(self, wrapped: Model, bill: Bill, *, vendor: str, is_fallback: bool) -> None:
        super().__init__(wrapped)
        self.bill, self.vendor, self.is_fallback = bill, vendor, is_fallback

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        asked = (messages, model_settings, model_request_parameters)
        spent = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            await self._refuse_while_resting()
            try:
                return await self._attempt(attempt, asked)
            except RETRYABLE as error:
                await sync_to_async(breaker.failed, thread_sensitive=True)(self.vendor)
                wait = _pause(attempt)
                spent += wait
                if attempt == ATTEMPTS or spent > BACK_OFF_SECONDS:
                    raise _as_api_error(error, self.model_name) from error
                await anyio.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _refuse_while_resting(self) -> None:
        if self.vendor == pricing.OFFLINE:
            return
        if await sync_to_async(breaker.is_open, thread_sensitive=True)(self.vendor):
            raise VendorResting(self.model_name)

    async def _attempt(self, attempt: int, asked: tuple[Any, ...]) -> ModelResponse:
        started, error, usage = time.monotonic(), "CancelledError", RequestUsage()
        try:
            with anyio.fail_after(settings.LLM_REQUEST_TIMEOUT_SECONDS):
                response: ModelResponse = await self.wrapped.request(*asked)
            usage, error = response.usage, ""
        except Exception as failure:
            error = describe(failure)
            raise
        finally:
            latency = round((time.monotonic() - started) * 1000)
            with anyio.CancelScope(shield=True):
                await sync_to_async(self._record, thread_sensitive=True)(
                    attempt, usage, latency, error
                )
        return response

    def _record(self, attempt: int, usage: RequestUsage, latency_ms: int, error: str) -> None:
        if not error and self.vendor != pricing.OFFLINE:
            breaker.succeeded(self.vendor)
        record(
            self.bill,
            provider=self.vendor,
            model=self.model_name,
            usage=usage,
            latency_ms=latency_ms,
            error=error,
            attempt=attempt,
            used_fallback=self.is_fallback,
        )


def _pause(attempt: int) -> float:
    return min(0.5 * (1 << attempt), 4.0) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter


def _as_api_error(error: BaseException, model_name: str) -> BaseException:
    """FallbackModel moves on for API errors; a time-out of ours is one."""
    return ModelAPIError(model_name, "timeout") if isinstance(error, TimeoutError) else error


def describe(error: BaseException) -> str:
    """Kind and status of a failure; bodies stay out, they may quote the conversation."""
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__.lstrip('_')}{f' {status}' if status else ''}"[:200]


def record(
    bill: Bill,
    *,
    provider: str,
    model: str,
    usage: RequestUsage,
    latency_ms: int,
    error: str = "",
    attempt: int = 1,
    used_fallback: bool = False,
) -> LLMCall:
    """Write one attempt."""
    call: LLMCall = LLMCall.objects.create(
        broker_id=bill.broker_id,
        lead_id=bill.lead_id,
        message_id=bill.message_id,
        prompt_version=bill.prompt_version,
        call_type=bill.call_type,
        trace_id=bill.trace_id,
        provider=provider,
        model=model,
        attempt=attempt,
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cache_read_tokens,
        output_tokens=usage.output_tokens,
        estimated_cost_usd=None if error else pricing.cost_usd(provider, model, usage),
        latency_ms=latency_ms,
        error=error,
        used_fallback=used_fallback,
    )
    return call


def chain(broker: Broker, bill: Bill, *, at: datetime, offline_only: bool = False) -> Model:
    """The models to ask, in order; the offline one is always last, and alone over budget."""
    specs = [] if offline_only else [s for s in _configured() if vendors.has_key(s)]
    if specs and is_over_budget(broker, at=at):
        specs = []
    members = [
        Recorded(
            vendors.model(spec), bill, vendor=vendors.vendor_of(spec), is_fallback=position > 0
        )
        for position, spec in enumerate(specs)
    ]
    last = Recorded(OfflineModel(), bill, vendor=pricing.OFFLINE, is_fallback=bool(members))
    return FallbackModel(*members, last) if members else last


def _configured() -> list[str]:
    return list(dict.fromkeys([settings.LLM_MODEL, settings.LLM_FALLBACK_MODEL]))


def is_over_budget(broker: Broker, *, at: datetime) -> bool:
    """Whether this month's known cost has reached the broker's limit."""
    limit: Decimal | None = broker.brokerpromptconfig.monthly_llm_budget_usd
    if limit is None:
        return False
    start = at.astimezone(broker.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    calls = LLMCall.objects.filter(broker=broker, created_at__gte=start)
    spent = calls.aggregate(total=Sum("estimated_cost_usd"))["total"] or Decimal(0)
    return bool(spent >= limit)
