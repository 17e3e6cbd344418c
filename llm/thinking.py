"""One reply of the assistant: prompt and history in, tools through their doors, text out."""

import logging
import uuid
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from pydantic import ValidationError
from pydantic_ai import Agent, ModelRetry, RunContext, Tool, UsageLimits
from pydantic_ai.exceptions import AgentRunError, FallbackExceptionGroup
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.fallback import FallbackModel

from crm import correlation
from crm.errors import DomainError
from leads.enums import Author, Direction
from leads.folding import LONGEST, excerpt
from leads.models import ChatMessage
from llm import gateway, prompts
from llm.guards import outgoing
from llm.lead_tools import standing
from llm.models import PromptVersion
from llm.tools import Tool as Registered
from llm.tools import Turn, context_of, tools

log = logging.getLogger(__name__)

TOOL_ROUNDS = 5
RULES_SECONDS = 10.0  # for the offline model alone, where a tool took the turn's time
HISTORY_CHARACTERS = 12_000  # about 3,000 tokens


@dataclass(frozen=True)
class _Instructions:
    """What is the same for every lead, and what is this one's."""

    stable: str
    varying: str

    def to(self, model: Model) -> Any:
        """In two parts for vendors, of which some are told where to cache; the rules read one."""
        if isinstance(model, FallbackModel):
            return [self.stable, lambda: self.varying]
        return f"{self.stable}\n{self.varying}"


def reply(turn: Turn, history: list[ChatMessage], *, first_contact: bool) -> str:
    """Think about the unanswered messages and say something; falls back to the offline model."""
    version = turn.trial.version if turn.trial else prompts.active_version(turn.broker)
    turn.prompt = prompts.base_prompt(turn.broker, version)
    turn.private = prompts.private_part(turn.broker, version)
    turn.history = history  # the context depends on it
    turn.context = _context(turn, first_contact=first_contact)
    instructions = _Instructions(prompts.stable(turn.prompt), prompts.varying(turn.context))
    bill = _bill(turn, version)
    before = _as_history(history)
    models = _models(turn, bill)
    try:
        return _run(turn, instructions, before, models)
    except (AgentRunError, FallbackExceptionGroup) as error:
        log.warning("a turn fell back to the offline model: %s", gateway.describe(error))
        alone = gateway.chain(turn.broker, bill, at=turn.at, offline_only=True)
        return _run(turn, instructions, before, alone)


def _models(turn: Turn, bill: gateway.Bill) -> Model:
    if turn.trial and turn.trial.stand_in:
        return turn.trial.stand_in
    return gateway.chain(
        turn.broker, bill, at=turn.at, deadline=turn.deadline, private=turn.private
    )


def _bill(turn: Turn, version: PromptVersion | None) -> gateway.Bill:
    trace_id = uuid.uuid4()
    correlation.bind(trace_id=trace_id)
    return gateway.Bill(
        broker_id=turn.broker.pk,
        lead_id=turn.lead.pk,
        message_id=turn.message.pk,
        prompt_version=version if version and version.pk else None,
        trace_id=trace_id,
    )


def _context(turn: Turn, *, first_contact: bool) -> dict[str, Any]:
    return {
        **prompts.persona(turn),
        "first_contact": first_contact,
        **standing(turn),
        **context_of(turn),
        "summary": turn.conversation.summary,
        **prompts.clock(turn),
    }


def _as_history(messages: list[ChatMessage]) -> list[ModelMessage]:
    return [_as_model_message(message) for message in word_by_word(messages)]


def word_by_word(messages: list[ChatMessage]) -> list[ChatMessage]:
    """The latest messages within the budget; they never open with a reply of ours."""
    room, kept = HISTORY_CHARACTERS, []
    for message in reversed(messages):
        room -= min(len(message.message_text), LONGEST)
        if room < 0:
            break
        kept.append(message)
    while kept and kept[-1].direction == Direction.OUT:
        kept.pop()
    return kept[::-1]


def _as_model_message(message: ChatMessage) -> ModelMessage:
    text = excerpt(message.message_text)
    if message.direction == Direction.IN:
        return ModelRequest(parts=[UserPromptPart(text)])
    if message.author == Author.USER:
        text = f"[una persona del equipo escribió] {text}"
    return ModelResponse(parts=[TextPart(text)])


def _run(turn: Turn, instructions: _Instructions, history: list[ModelMessage], model: Model) -> str:
    agent = Agent(
        model,
        instructions=instructions.to(model),
        tools=[_as_tool(tool) for tool in tools()],
        deps_type=Turn,
        retries=TOOL_ROUNDS,  # the gateway leaves a model after one correction
        model_settings=gateway.VENDOR_SETTINGS,
    )
    agent.output_validator(_guarded)
    result = async_to_sync(agent.run)(
        turn.question,
        message_history=history,
        deps=turn,
        usage_limits=UsageLimits(request_limit=TOOL_ROUNDS + 1),
        timeout=max(turn.deadline.left(), RULES_SECONDS),
    )
    correlation.bind(model=result.response.model_name)
    return str(result.output).strip()


async def _guarded(ctx: RunContext[Turn], text: str) -> str:
    """A reply that breaks a rule is asked for once more, with what is wrong with it."""
    turn = ctx.deps
    latest = next(each for each in reversed(ctx.messages) if isinstance(each, ModelResponse))
    turn.model = latest.model_name or ""
    message = outgoing.correction(turn, text.strip())
    if message and ctx.usage.requests <= TOOL_ROUNDS:
        raise ModelRetry(message)
    return text


@cache  # the schema of its arguments is the same in every turn, and takes longer to make than to send
def _as_tool(tool: Registered) -> Tool[Turn]:
    return Tool.from_schema(
        _runner(tool),
        name=tool.name,
        description=tool.description,
        json_schema=tool.arguments.model_json_schema(),
        takes_ctx=True,
        sequential=True,
    )


def _runner(tool: Registered) -> Callable[..., Coroutine[Any, Any, dict[str, Any]]]:
    """The tool on the thread that owns the database connection, in a transaction of its own."""

    async def run(ctx: RunContext[Turn], **given: Any) -> dict[str, Any]:
        return await sync_to_async(call, thread_sensitive=True)(tool, ctx.deps, given)

    return run


def call(tool: Registered, turn: Turn, given: dict[str, Any]) -> dict[str, Any]:
    """Check the model's arguments and go through the door; a refusal is told to the model."""
    try:
        arguments = tool.arguments.model_validate(given)
    except ValidationError as error:
        raise ModelRetry(str(error.errors(include_url=False, include_input=False))) from error
    turn.used.append(tool.name)
    turn.given.append(given)
    try:
        with transaction.atomic() if tool.transactional else nullcontext():
            answer = tool.function(turn, arguments)
    except DomainError as refusal:
        answer = {"error": refusal.code, "message": str(refusal)}
    turn.results.append((tool.name, answer))
    return answer
