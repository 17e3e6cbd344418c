"""The rule-based language model: reads what a vendor's model would read, and answers without a network."""

import logging
from collections.abc import Sequence
from traceback import extract_tb
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponsePart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from llm.offline.context import read_context
from llm.offline.planning import Call, next_calls
from llm.offline.reply import compose, handed_over
from llm.offline.situation import MOST_ROUNDS, Situation
from llm.offline.turn import read_turn

log = logging.getLogger(__name__)
_CHARS_PER_TOKEN = 4


class OfflineModel(Model[None]):
    """Deterministic: the same messages and tools give the same response."""

    @property
    def model_name(self) -> str:
        return "offline"

    @property
    def system(self) -> str:
        return "offline"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        turn = read_turn(messages)
        instructions = _instructions(messages, parameters)
        tools = {tool.name: tool.parameters_json_schema for tool in parameters.function_tools}
        situation = Situation(read_context(instructions, now=turn.at), turn, tools)
        parts = _parts(situation, len(messages))
        read = len(instructions) + sum(
            len(str(part)) for message in messages for part in message.parts
        )
        usage = RequestUsage(
            input_tokens=_tokens(read), output_tokens=_tokens(sum(len(str(part)) for part in parts))
        )
        return ModelResponse(
            parts=parts, usage=usage, model_name=self.model_name, provider_name=self.system
        )


def _parts(situation: Situation, position: int) -> Sequence[ModelResponsePart]:
    try:
        calls = next_calls(situation)
        text = "" if calls else compose(situation)
    except Exception as error:  # noqa: BLE001 - whatever it is, the lead must not go unanswered
        calls, text = _last_resort(situation, error)
    if not calls:
        return [TextPart(text)]
    return [
        _call(name, args, f"offline-{position}-{index}") for index, (name, args) in enumerate(calls)
    ]


def _last_resort(situation: Situation, error: Exception) -> tuple[list[Call], str]:
    """After these rules nobody is asked: where they fail on a message, a person is called.

    The error's own words are not logged, which may hold what the lead wrote.
    """
    frame = extract_tb(error.__traceback__)[-1]
    log.error("the rules failed: %s in %s:%s", type(error).__name__, frame.filename, frame.lineno)
    can_call = "request_human" in situation.tools and not situation.turn.called("request_human")
    if can_call and situation.turn.rounds < MOST_ROUNDS:
        return [("request_human", {"reason": "other"})], ""
    return [], handed_over(situation) or situation.words.SAFE


def _call(name: str, args: dict[str, Any], call_id: str) -> ToolCallPart:
    return ToolCallPart(name, args, tool_call_id=call_id)


def _instructions(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> str:
    """Never from what the lead wrote: a block in a user's prompt is not the context."""
    given = [part.content for part in parameters.instruction_parts or ()]
    requests = [message for message in messages if isinstance(message, ModelRequest)]
    if not given and requests:
        given = [requests[-1].instructions or ""]
    prompts = [
        part.content
        for request in requests
        for part in request.parts
        if isinstance(part, SystemPromptPart)
    ]
    return "\n".join([*given, *prompts])


def _tokens(characters: int) -> int:
    return max(1, characters // _CHARS_PER_TOKEN)
