"""OpenAI's responses as its documentation describes them, scripted by the test."""

import json
from typing import Any

from tests.fakes import openai
from tests.fakes.server import Answer, Scripted

Call = tuple[str, dict[str, Any]]
failure = openai.failure


def text(words: str, *, cached_tokens: int = 0) -> Answer:
    return 200, _response([_message(words)], cached=cached_tokens)


def calls(*asked: Call, words: str = "") -> Answer:
    made = [_call(number, tool, json.dumps(given)) for number, (tool, given) in enumerate(asked)]
    return 200, _response([*([_message(words)] if words else []), *made])


def malformed() -> Answer:
    """Arguments that break off in the middle."""
    return 200, _response([_call(0, "record_facts", '{"name": "Cam')])


def empty() -> Answer:
    return 200, _response([])


def filtered() -> Answer:
    return 200, _response([], incomplete="content_filter")


def refused() -> Answer:
    content = {"type": "refusal", "refusal": "I'm sorry, I can't assist with that."}
    return 200, _response([{**_message(""), "content": [content]}])


def cut(words: str) -> Answer:
    return 200, _response([_message(words)], incomplete="max_output_tokens")


def _message(words: str) -> dict[str, Any]:
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": words, "annotations": []}],
    }


def _call(number: int, tool: str, arguments: str) -> dict[str, Any]:
    return {
        "id": f"fc_{number}",
        "type": "function_call",
        "call_id": f"call_{number}",
        "name": tool,
        "arguments": arguments,
        "status": "completed",
    }


def _response(
    output: list[dict[str, Any]], *, incomplete: str = "", cached: int = 0
) -> dict[str, Any]:
    return {
        "id": "resp_fake",
        "object": "response",
        "created_at": 1_795_000_000,
        "model": "gpt-6-luna",
        "status": "incomplete" if incomplete else "completed",
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "error": None,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 700,
            "input_tokens_details": {"cached_tokens": cached},
            "output_tokens": 30,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 730,
        },
    }


class FakeResponses(Scripted):
    @property
    def asked(self) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path.endswith("/responses")]

    @staticmethod
    def instructions(body: dict[str, Any]) -> str:
        return str(body["instructions"])


Fake = FakeResponses
