"""Anthropic's messages as its documentation describes them, scripted by the test."""

from typing import Any

from tests.fakes.server import Answer, Scripted

ERROR_WORDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    529: "overloaded_error",
}
Call = tuple[str, dict[str, Any]]


def text(words: str, *, cached_tokens: int = 0) -> Answer:
    return 200, _message([_text(words)], "end_turn", cached=cached_tokens)


def calls(*asked: Call, words: str = "") -> Answer:
    made = [
        {"type": "tool_use", "id": f"toolu_{number}", "name": tool, "input": given}
        for number, (tool, given) in enumerate(asked)
    ]
    return 200, _message([*([_text(words)] if words else []), *made], "tool_use")


def malformed() -> Answer:
    """A tool that nobody offered."""
    return calls(("recordfacts", {"name": "Camila"}))


def empty() -> Answer:
    return 200, _message([], "end_turn")


def filtered() -> Answer:
    return refused()


def refused() -> Answer:
    return 200, _message([], "refusal")


def cut(words: str) -> Answer:
    return 200, _message([_text(words)], "max_tokens")


def failure(status: int, *, retry_after: float | None = None) -> Answer:
    """Whole seconds only, in the header."""
    headers = {"retry-after": str(int(retry_after))} if retry_after is not None else {}
    error = {"type": "error", "error": {"type": ERROR_WORDS[status], "message": "fake"}}
    return status, error, headers


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _message(content: list[dict[str, Any]], reason: str, *, cached: int = 0) -> dict[str, Any]:
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 700 - cached,
            "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": 0,
            "output_tokens": 30,
        },
    }


class FakeAnthropic(Scripted):
    @property
    def asked(self) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path.endswith("/messages")]

    @staticmethod
    def instructions(body: dict[str, Any]) -> str:
        system = body["system"]
        return system if isinstance(system, str) else "\n".join(part["text"] for part in system)


Fake = FakeAnthropic
