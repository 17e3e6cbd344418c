"""The embedded model behind Gemini's HTTP: what `make demo` shows is what the product ships."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from llm.offline import OfflineModel
from tests.fakes import gemini
from tests.fakes.assistant import FakeAssistant, Request
from tests.fakes.server import Answer

CORRECTION = "Esa respuesta no se envió"  # how a correction of ours begins
SAFE = "Lo reviso con el equipo y te respondo por aquí."


class FakeSeller(FakeAssistant):
    """Texts without tools, as summaries, are still the other fake's."""

    def reply(self, body: dict[str, Any], asked: Request) -> Answer:
        return answer(body) if asked.tools else super().reply(body, asked)


def answer(body: dict[str, Any]) -> Answer:
    """What the embedded model says to Gemini's request, as Gemini's response."""
    if str(body["contents"][-1]["parts"][-1].get("text", "")).startswith(CORRECTION):
        return gemini.text(SAFE)
    asked = asyncio.run(OfflineModel().request(messages(body), None, _parameters(body)))
    calls = [part for part in asked.parts if isinstance(part, ToolCallPart)]
    if calls:
        return gemini.calls(*((call.tool_name, call.args_as_dict()) for call in calls))
    return gemini.text("".join(part.content for part in asked.parts if isinstance(part, TextPart)))


def messages(body: dict[str, Any]) -> list[ModelMessage]:
    """The conversation; the instructions stand in its last request."""
    told = "\n".join(part["text"] for part in body.get("systemInstruction", {}).get("parts", []))
    read = list(_messages(body["contents"]))
    if read and isinstance(read[-1], ModelRequest):
        read[-1].instructions = told
    return read


def _messages(contents: list[dict[str, Any]]) -> Iterator[ModelMessage]:
    """Results come in the order of their calls, and carry no number of their own."""
    waiting: dict[str, deque[str]] = {}
    for number, content in enumerate(contents):
        if content["role"] == "model":
            yield ModelResponse(parts=list(_said(content["parts"], number, waiting)))
        else:
            yield ModelRequest(parts=[_brought(part, waiting) for part in content["parts"]])


def _said(
    parts: list[dict[str, Any]], number: int, waiting: dict[str, deque[str]]
) -> Iterator[ModelResponsePart]:
    for place, part in enumerate(parts):
        if call := part.get("functionCall"):
            name, call_id = call["name"], f"{number}-{place}"
            waiting.setdefault(name, deque()).append(call_id)
            yield ToolCallPart(name, call.get("args") or {}, tool_call_id=call_id)
        elif part.get("text"):
            yield TextPart(part["text"])


def _brought(part: dict[str, Any], waiting: dict[str, deque[str]]) -> ModelRequestPart:
    if result := part.get("functionResponse"):
        name = result["name"]
        return ToolReturnPart(name, result["response"], tool_call_id=waiting[name].popleft())
    return UserPromptPart(part.get("text", ""))


def _parameters(body: dict[str, Any]) -> ModelRequestParameters:
    declared = [each for group in body.get("tools", []) for each in group["functionDeclarations"]]
    return ModelRequestParameters(
        function_tools=[
            ToolDefinition(
                name=each["name"],
                parameters_json_schema=each.get("parametersJsonSchema")
                or each.get("parameters", {}),
            )
            for each in declared
        ]
    )
