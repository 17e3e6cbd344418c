"""OpenAI's chat completions as its documentation describes them, scripted by the test."""

import json
from typing import Any

from tests.fakes.server import Answer, Scripted

ERROR_WORDS = {
    400: "invalid_request_error",
    401: "invalid_api_key",
    429: "rate_limit_exceeded",
    500: "server_error",
    503: "server_error",
    529: "overloaded",
}
Call = tuple[str, dict[str, Any]]


def text(
    words: str, *, prompt_tokens: int = 700, completion_tokens: int = 30, cached_tokens: int = 0
) -> Answer:
    tokens = (prompt_tokens, completion_tokens, cached_tokens)
    return 200, _completion({"content": words}, "stop", *tokens)


def tool_call(tool: str, arguments: str) -> Answer:
    return _called([(tool, arguments)])


def calls(*asked: Call, words: str = "") -> Answer:
    return _called([(tool, json.dumps(arguments)) for tool, arguments in asked], words)


def malformed() -> Answer:
    """Arguments that break off in the middle."""
    return _called([("record_facts", '{"name": "Cam')])


def empty() -> Answer:
    return text("")


def filtered() -> Answer:
    return 200, _completion({"content": ""}, "content_filter")


def refused() -> Answer:
    message = {"content": None, "refusal": "I'm sorry, I can't assist with that."}
    return 200, _completion(message, "stop")


def cut(words: str) -> Answer:
    return 200, _completion({"content": words}, "length")


def failure(status: int, *, retry_after: float | None = None) -> Answer:
    word = ERROR_WORDS[status]
    headers = {"retry-after-ms": str(retry_after * 1000)} if retry_after is not None else {}
    error = {"message": "fake", "type": word, "param": None, "code": word}
    return status, {"error": error}, headers


def _called(asked: list[tuple[str, str]], words: str = "") -> Answer:
    made = [
        {"id": f"call_{number}", "type": "function", "function": {"name": tool, "arguments": given}}
        for number, (tool, given) in enumerate(asked, start=1)
    ]
    return 200, _completion({"content": words or None, "tool_calls": made}, "tool_calls")


def _completion(
    message: dict[str, Any], reason: str, prompt: int = 700, written: int = 30, cached: int = 0
) -> dict[str, Any]:
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": "gpt-6-luna",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "refusal": None, **message},
                "finish_reason": reason,
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }


class FakeOpenAI(Scripted):
    @property
    def asked(self) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path.endswith("/chat/completions")]

    @staticmethod
    def instructions(body: dict[str, Any]) -> str:
        return "\n".join(m["content"] for m in body["messages"] if m["role"] == "system")


Fake = FakeOpenAI
