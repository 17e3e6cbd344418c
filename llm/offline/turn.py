"""Splits a run's messages into what was said before, what waits for an answer, and what the tools said meanwhile."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryFeedbackPart,
    TextContent,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of this turn; `result` is None while unanswered or failed, `complaint` says why."""

    name: str
    args: Mapping[str, Any]
    result: Mapping[str, Any] | None = None
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    by_assistant: bool
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    text: str
    at: datetime
    history: tuple[Said, ...] = ()
    calls: tuple[Call, ...] = ()
    rounds: int = 0
    complaints: int = 0

    @property
    def assistant_texts(self) -> tuple[str, ...]:
        return tuple(said.text for said in self.history if said.by_assistant)

    def result(self, name: str) -> Mapping[str, Any] | None:
        """What the tool last answered in this turn."""
        results = [
            call.result for call in self.calls if call.name == name and call.result is not None
        ]
        return results[-1] if results else None

    def failed(self, name: str) -> bool:
        return self.called(name) and self.result(name) is None

    def called(self, name: str, args: Mapping[str, Any] | None = None) -> bool:
        return any(call.name == name and args in (None, call.args) for call in self.calls)


def read_turn(messages: Sequence[ModelMessage]) -> Turn:
    start = _start(messages)
    waiting = [
        part
        for message in messages[start:]
        for part in message.parts
        if isinstance(part, UserPromptPart)
    ]
    return Turn(
        text="\n".join(filter(None, map(_prompt_text, waiting))),
        at=waiting[-1].timestamp if waiting else datetime.fromtimestamp(0, UTC),
        history=tuple(said for message in messages[:start] for said in _said(message)),
        calls=tuple(_calls(messages[start:])),
        rounds=sum(_calls_tools(message) for message in messages[start:]),
        complaints=sum(
            isinstance(part, RetryFeedbackPart)
            for message in messages[start:]
            for part in message.parts
        ),
    )


def _start(messages: Sequence[ModelMessage]) -> int:
    """Where the unanswered prompts begin: back from the last one over all that no response lies between."""
    start = len(messages)
    for index in range(len(messages) - 1, -1, -1):
        if _has_prompt(messages[index]):
            start = index
        elif isinstance(messages[index], ModelResponse) and start < len(messages):
            break
    return start if start < len(messages) else 0


def _has_prompt(message: ModelMessage) -> bool:
    return isinstance(message, ModelRequest) and any(
        isinstance(part, UserPromptPart) for part in message.parts
    )


def _calls_tools(message: ModelMessage) -> bool:
    return isinstance(message, ModelResponse) and any(
        isinstance(part, ToolCallPart) for part in message.parts
    )


def _said(message: ModelMessage) -> list[Said]:
    if isinstance(message, ModelResponse):
        texts = [part.content for part in message.parts if isinstance(part, TextPart)]
    else:
        texts = [_prompt_text(part) for part in message.parts if isinstance(part, UserPromptPart)]
    return [Said(isinstance(message, ModelResponse), text) for text in texts if text.strip()]


def _prompt_text(part: UserPromptPart) -> str:
    if isinstance(part.content, str):
        return part.content
    pieces = [item.content if isinstance(item, TextContent) else item for item in part.content]
    return " ".join(piece for piece in pieces if isinstance(piece, str))


def _calls(messages: Sequence[ModelMessage]) -> list[Call]:
    returns = {
        part.tool_call_id: _outcome(part)
        for message in messages
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    }
    return [
        Call(part.tool_name, _args(part), *returns.get(part.tool_call_id, (None, "")))
        for message in messages
        for part in message.parts
        if isinstance(part, ToolCallPart)
    ]


def _outcome(part: ToolReturnPart) -> tuple[Mapping[str, Any] | None, str]:
    """The result, or why there is none: a refusal of our own comes as an "error" in the result."""
    if part.outcome != "success":
        return None, str(part.content)
    result = _result(part)
    return (None, str(result["error"])) if "error" in result else (result, "")


def _args(part: ToolCallPart) -> Mapping[str, Any]:
    try:
        return part.args_as_dict()
    except ValueError:
        return {}


def _result(part: ToolReturnPart) -> Mapping[str, Any]:
    content = part.content
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            return {"text": part.content}
    if isinstance(content, Mapping):
        return content
    return part.model_response_object()
