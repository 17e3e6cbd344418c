"""OpenAI's chat completions as its documentation describes them, scripted by the test."""

from typing import Any

from tests.fakes.server import Answer, FakeServer

ERROR_WORDS = {400: "invalid_request_error", 429: "rate_limit_exceeded", 503: "server_error"}


def text(words: str, *, prompt_tokens: int = 700, completion_tokens: int = 30) -> Answer:
    return 200, _completion({"content": words}, "stop", prompt_tokens, completion_tokens)


def tool_call(tool: str, arguments: str) -> Answer:
    function = {"name": tool, "arguments": arguments}
    message = {
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    return 200, _completion(message, "tool_calls", 700, 30)


def failure(status: int) -> Answer:
    word = ERROR_WORDS[status]
    return status, {"error": {"message": "fake", "type": word, "param": None, "code": word}}


def _completion(message: dict[str, Any], reason: str, asked: int, said: int) -> dict[str, Any]:
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
        "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
    }


class FakeOpenAI(FakeServer):
    """Answers the queued answers one by one, the last one again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        super().__init__(self._next)

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path.endswith("/chat/completions")]

    def _next(self, path: str, body: dict[str, Any]) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
