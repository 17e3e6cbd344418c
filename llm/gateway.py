"""The one way to a model: primary, fallback, offline; every attempt a row in ``llm_calls``."""

import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio
from asgiref.sync import sync_to_async
from django.conf import settings
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
from crm import connections
from crm.metrics import Histogram
from crm.metrics.recording import LONG_SECONDS
from llm import breaker, budget, pricing, vendors
from llm.models import CallType, LLMCall, PromptVersion
from llm.offline import OfflineModel

LATENCY = Histogram(
    "crm_llm_latency_seconds",
    "How long attempts at a model took; the outcome is ok or the kind of error.",
    ("vendor", "model", "outcome"),
    LONG_SECONDS,
)
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
MAX_TOKENS = 2048
VENDOR_SETTINGS = ModelSettings(max_retries=0, max_tokens=MAX_TOKENS)


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


class OverBudget(ModelAPIError):
    """The broker's month is spent: the offline model, which costs nothing, is asked."""

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name, "over_budget")


class Recorded(WrapperModel):
    """One member of the chain: tried again where that helps, each attempt recorded."""

    def __init__(
        self, wrapped: Model, bill: Bill, *, vendor: str, is_fallback: bool, at: datetime
    ) -> None:
        super().__init__(wrapped)
        self.bill, self.vendor, self.is_fallback, self.at = bill, vendor, is_fallback, at

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
        with anyio.CancelScope(shield=True):
            call = await sync_to_async(self._open, thread_sensitive=True)(attempt, asked)
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
                await sync_to_async(self._close, thread_sensitive=True)(call, usage, latency, error)
        return response

    def _open(self, attempt: int, asked: tuple[Any, ...]) -> LLMCall:
        call = draft(
            self.bill,
            provider=self.vendor,
            model=self.model_name,
            attempt=attempt,
            used_fallback=self.is_fallback,
        )
        if not budget.reserve(call, _at_most(*asked), at=self.at):
            raise OverBudget(self.model_name)
        return call

    def _close(self, call: LLMCall, usage: RequestUsage, latency_ms: int, error: str) -> None:
        connections.refresh()  # the database may have been restarted while the model thought
        if not error and self.vendor != pricing.OFFLINE:
            breaker.succeeded(self.vendor)
        LATENCY.observe(latency_ms / 1000, self.vendor, self.model_name, error or "ok")
        budget.settle(call, usage, latency_ms=latency_ms, error=error)


def _at_most(
    messages: list[ModelMessage],
    model_settings: ModelSettings | None,
    parameters: ModelRequestParameters,
) -> RequestUsage:
    """More tokens than the request can take: no language needs one for every two letters."""
    asked = [str(part) for message in messages for part in message.parts]
    asked += [str(getattr(message, "instructions", "") or "") for message in messages[-1:]]
    asked += [str(part) for part in parameters.instruction_parts or ()]
    asked += [str(tool.parameters_json_schema) for tool in parameters.function_tools]
    limit = (model_settings or {}).get("max_tokens", MAX_TOKENS)
    return RequestUsage(input_tokens=sum(map(len, asked)) // 2, output_tokens=limit)


def _pause(attempt: int) -> float:
    return min(0.5 * (1 << attempt), 4.0) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter


def _as_api_error(error: BaseException, model_name: str) -> BaseException:
    """FallbackModel moves on for API errors; a time-out of ours is one."""
    return ModelAPIError(model_name, "timeout") if isinstance(error, TimeoutError) else error


def describe(error: BaseException) -> str:
    """Kind and status of a failure; bodies stay out, they may quote the conversation."""
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__.lstrip('_')}{f' {status}' if status else ''}"[:200]


def draft(
    bill: Bill, *, provider: str, model: str, attempt: int = 1, used_fallback: bool = False
) -> LLMCall:
    """An attempt as it is billed, not yet stored."""
    return LLMCall(
        broker_id=bill.broker_id,
        lead_id=bill.lead_id,
        message_id=bill.message_id,
        prompt_version=bill.prompt_version,
        call_type=bill.call_type,
        trace_id=bill.trace_id,
        provider=provider,
        model=model,
        attempt=attempt,
        used_fallback=used_fallback,
    )


def chain(
    broker: Broker,
    bill: Bill,
    *,
    at: datetime,
    offline_only: bool = False,
    offline: Model | None = None,
) -> Model:
    """The models to ask, in order; the offline one is always last.

    ``offline`` stands in for the rule-based model where the answer is no conversation.
    """
    specs = [] if offline_only else [s for s in _configured() if vendors.has_key(s)]
    members = [
        Recorded(
            vendors.model(spec),
            bill,
            vendor=vendors.vendor_of(spec),
            is_fallback=position > 0,
            at=at,
        )
        for position, spec in enumerate(specs)
    ]
    last = Recorded(
        offline or OfflineModel(),
        bill,
        vendor=pricing.OFFLINE,
        is_fallback=bool(members),
        at=at,
    )
    return FallbackModel(*members, last) if members else last


def _configured() -> list[str]:
    return list(dict.fromkeys([settings.LLM_MODEL, settings.LLM_FALLBACK_MODEL]))
