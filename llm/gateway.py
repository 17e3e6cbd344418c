"""The one way to a model: primary, fallback, offline; every attempt a row in ``llm_calls``."""

import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
from pydantic_ai.settings import ModelSettings, merge_model_settings
from pydantic_ai.usage import RequestUsage

from brokers.models import Broker
from crm import connections
from crm.metrics import Histogram
from crm.metrics.recording import LONG_SECONDS
from llm import breaker, budget, faults, pricing, tools, vendors
from llm.deadline import Deadline, shortest_request
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
CORRECTIONS = 1  # of wrong arguments, before the next model is asked
RETRYABLE = (
    ModelRateLimitError,
    ModelUnavailableError,
    ModelServerError,
    ModelConnectionError,
    ModelRequestTimeout,
    TimeoutError,
)
# Ours only, not the SDKs' own: one attempt is one row.
# What the agent library would tell every model of its own tags is told where such tags occur.
VENDOR_SETTINGS = ModelSettings(max_retries=0, framing_announcement="when_needed")
WRITING = (CallType.SUMMARY, CallType.CAMPAIGN, CallType.ANALYSIS)


@dataclass(frozen=True)
class Bill:
    """Whom the attempts at one answer are billed to, and what they belong to."""

    broker_id: int
    lead_id: int | None = None
    message_id: int | None = None
    prompt_version: PromptVersion | None = None
    call_type: CallType = CallType.TURN
    trace_id: uuid.UUID = field(default_factory=uuid.uuid4)


class NotAsked(ModelAPIError):
    """The next model is asked at once, and no attempt is made: no row says so."""


class Unusable(ModelAPIError):
    """The vendor answered, but not so that a lead can be: ``fault`` says why."""

    def __init__(self, model_name: str, fault: str) -> None:
        super().__init__(model_name, fault)
        self.fault = fault


Asked = tuple[list[ModelMessage], ModelSettings | None, ModelRequestParameters]


class Recorded(WrapperModel):
    """One member of the chain: each attempt recorded, and none of its answers taken on trust.

    ``spec`` is how the configuration names it, ``behind`` those that are asked after it.
    """

    def __init__(
        self,
        wrapped: Model,
        bill: Bill,
        *,
        spec: str,
        behind: Sequence[str],
        is_fallback: bool,
        at: datetime,
        deadline: Deadline,
        private: str,
        manner: ModelSettings,
    ) -> None:
        super().__init__(wrapped)
        self.manner = manner
        self.bill, self.spec, self.behind, self.at = bill, spec, behind, at
        self.is_fallback, self.deadline, self.private = is_fallback, deadline, private
        self.vendor = vendors.vendor_of(spec)
        self.wrong_in_a_row = 0

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        if self.vendor == pricing.OFFLINE:
            asked = (messages, model_settings, model_request_parameters)
            return await self._attempt(1, asked, None)
        manner = merge_model_settings(model_settings, self.manner)
        asked = (messages, manner, model_request_parameters)
        if self.spec in self.deadline.failed:
            raise NotAsked(self.model_name, "failed_before")
        try:
            response = await self._tries(asked)
        except ModelAPIError:
            self.deadline.failed.add(self.spec)
            self.deadline.passed_on()
            raise
        self.deadline.passed_on()
        return response

    @property
    def is_last(self) -> bool:
        """Whether only the rules are behind it in this turn."""
        return self.deadline.failed.issuperset(self.behind)

    async def _tries(self, asked: Asked) -> ModelResponse:
        """Once more where that may help, while its share of the turn lasts."""
        until, paused = time.monotonic() + self.deadline.share(is_last=self.is_last), 0.0
        for attempt in range(1, ATTEMPTS + 1):
            await self._refuse_while_resting()
            seconds = min(settings.LLM_REQUEST_TIMEOUT_SECONDS, until - time.monotonic())
            if seconds < shortest_request():
                raise NotAsked(self.model_name, "out_of_time")
            try:
                return await self._attempt(attempt, asked, seconds)
            except RETRYABLE as error:
                await sync_to_async(breaker.failed, thread_sensitive=True)(self.vendor)
                wait = max(_pause(attempt), getattr(error, "retry_after", None) or 0.0)
                paused += wait
                if attempt == ATTEMPTS or not self._may_wait(wait, paused, until):
                    raise _as_api_error(error, self.model_name) from error
                await anyio.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _may_wait(self, wait: float, paused: float, until: float) -> bool:
        """Whether a request still fits after the pause; with others behind none waits long."""
        if paused > BACK_OFF_SECONDS and not self.is_last:
            return False
        return time.monotonic() + wait + shortest_request() <= until

    async def _refuse_while_resting(self) -> None:
        if await sync_to_async(breaker.is_open, thread_sensitive=True)(self.vendor):
            raise NotAsked(self.model_name, "breaker_open")

    async def _attempt(self, attempt: int, asked: Asked, seconds: float | None) -> ModelResponse:
        with anyio.CancelScope(shield=True):
            call = await sync_to_async(self._open, thread_sensitive=True)(attempt, asked)
        started, error, response = time.monotonic(), "CancelledError", None
        try:
            with anyio.fail_after(seconds):
                response = await self.wrapped.request(*asked)
            error = self._fault(response, asked[2])
            if error:
                raise Unusable(self.model_name, error)
        except (ModelAPIError, TimeoutError) as failure:
            error = describe(failure)
            raise
        except Exception as failure:
            # The vendor's library choked on what came: as much an answer that is none.
            error = describe(failure)
            raise Unusable(self.model_name, error) from failure
        finally:
            latency = round((time.monotonic() - started) * 1000)
            with anyio.CancelScope(shield=True):
                await sync_to_async(self._close, thread_sensitive=True)(
                    call, response, latency, error
                )
        return response

    def _fault(self, response: ModelResponse, parameters: ModelRequestParameters) -> str:
        """Of the rules nothing is checked here: what they write is ours."""
        if self.vendor == pricing.OFFLINE:
            return ""
        offered = {tool.name for tool in parameters.function_tools}
        if found := faults.fault(response, tools=offered, private=self.private):
            return found
        fit = all(
            call.tool_name in offered and tools.fits(call.tool_name, call.args)
            for call in response.tool_calls
        )
        self.wrong_in_a_row = 0 if fit else self.wrong_in_a_row + 1
        return "wrong_arguments" if self.wrong_in_a_row > CORRECTIONS else ""

    def _open(self, attempt: int, asked: Asked) -> LLMCall:
        call = draft(
            self.bill,
            provider=self.vendor,
            model=self.model_name,
            attempt=attempt,
            used_fallback=self.is_fallback,
        )
        if not budget.reserve(call, _at_most(*asked), at=self.at):
            # The broker's month is spent: the rules, which cost nothing, are asked.
            raise NotAsked(self.model_name, "over_budget")
        return call

    def _close(
        self, call: LLMCall, response: ModelResponse | None, latency_ms: int, error: str
    ) -> None:
        connections.refresh()  # the database may have been restarted while the model thought
        answered = response is not None
        if answered and self.vendor != pricing.OFFLINE:
            breaker.succeeded(self.vendor)
        LATENCY.observe(latency_ms / 1000, self.vendor, self.model_name, error or "ok")
        usage = response.usage if response is not None else RequestUsage()
        budget.settle(call, usage, latency_ms=latency_ms, error=error, is_billed=answered)


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
    limit = (model_settings or {}).get("max_tokens", 0)
    return RequestUsage(input_tokens=sum(map(len, asked)) // 2, output_tokens=limit)


def _pause(attempt: int) -> float:
    return min(0.5 * (1 << attempt), 4.0) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter


def _as_api_error(error: BaseException, model_name: str) -> BaseException:
    """FallbackModel moves on for API errors; a time-out of ours is one."""
    return ModelAPIError(model_name, "timeout") if isinstance(error, TimeoutError) else error


def describe(error: BaseException) -> str:
    """Kind and status of a failure; bodies stay out, they may quote the conversation."""
    if isinstance(error, Unusable):
        return error.fault[:200]
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
    deadline: Deadline | None = None,
    private: str = "",
    offline_only: bool = False,
    offline: Model | None = None,
) -> Model:
    """The models to ask, in order, within one deadline; the offline one is always last.

    ``offline`` stands in for the rule-based model where the answer is no conversation;
    ``private`` is the part of the prompt that no answer may quote.
    """
    specs = [] if offline_only else specs_of(broker, bill.call_type)
    within, manner = deadline or Deadline(), manner_of(broker)

    def member(model: Model, position: int, spec: str) -> Recorded:
        return Recorded(
            model,
            bill,
            spec=spec,
            behind=specs[position + 1 :],
            is_fallback=position > 0,
            at=at,
            deadline=within,
            private=private,
            manner=manner,
        )

    started = time.monotonic()
    members = [member(vendors.model(spec), position, spec) for position, spec in enumerate(specs)]
    within.put_off(time.monotonic() - started)
    last = member(offline or OfflineModel(), len(specs), f"{pricing.OFFLINE}:")
    return FallbackModel(*members, last) if members else last


def specs_of(broker: Broker, call_type: str) -> list[str]:
    """The models that the broker, or else the server, has for this; those that can be asked."""
    config = broker.brokerpromptconfig
    chosen = config.model_chain or [settings.LLM_MODEL, settings.LLM_FALLBACK_MODEL]
    if call_type in WRITING:
        chosen = [config.writing_model or settings.LLM_WRITING_MODEL, *chosen]
    return [spec for spec in dict.fromkeys(chosen) if vendors.has_key(spec)]


def manner_of(broker: Broker) -> ModelSettings:
    manner = ModelSettings(max_tokens=settings.LLM_MAX_OUTPUT_TOKENS)
    own = broker.brokerpromptconfig.temperature
    temperature = settings.LLM_TEMPERATURE if own is None else own
    if temperature is not None:
        manner["temperature"] = temperature
    return manner
