"""Gemini's generateContent as its documentation describes it, scripted by the test."""

from typing import Any

from tests.fakes.server import Answer, FakeServer

SIGNATURE = "c2lnbmF0dXJl"
STATUS_WORDS = {400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}


def text(words: str) -> Answer:
    return 200, _candidate([{"text": words}])


def tool_call(tool: str, **arguments: Any) -> Answer:
    """A function call with its thought signature, which must come back with the next request."""
    part = {"functionCall": {"name": tool, "args": arguments}, "thoughtSignature": SIGNATURE}
    return 200, _candidate([part])


def failure(status: int) -> Answer:
    word = STATUS_WORDS[status]
    return status, {"error": {"code": status, "message": "fake", "status": word}}


def _candidate(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "candidates": [
            {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": {
            "promptTokenCount": 900,
            "candidatesTokenCount": 40,
            "totalTokenCount": 940,
        },
        "modelVersion": "gemini-3.8-flash",
        "responseId": "fake",
    }


class FakeGemini(FakeServer):
    """Answers the queued answers one by one, the last one again and again; embeds anything."""

    def __init__(self, *answers: Answer, port: int = 0) -> None:
        self.answers = list(answers)
        super().__init__(self._next, port=port)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests to generate."""
        return [body for path, body in self.requests if path.endswith(":generateContent")]

    def _next(self, path: str, body: dict[str, Any]) -> Answer:
        if path.endswith(":batchEmbedContents"):
            return 200, {"embeddings": [{"values": [0.5] * 768} for _ in body["requests"]]}
        if path.endswith(":embedContent"):
            return 200, {"embedding": {"values": [0.5] * 768}}
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
