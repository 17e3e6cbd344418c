"""Gemini's generateContent as its documentation describes it, scripted by the test."""

from typing import Any

from tests.fakes.server import Answer, Scripted

SIGNATURE = "c2lnbmF0dXJl"
STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    529: "UNAVAILABLE",
}
Call = tuple[str, dict[str, Any]]


def text(words: str, *, cached_tokens: int = 0) -> Answer:
    return 200, _candidate([{"text": words}], cached=cached_tokens)


def tool_call(tool: str, **arguments: Any) -> Answer:
    return calls((tool, arguments))


def calls(*asked: Call, words: str = "") -> Answer:
    """Of parallel calls the first carries the thought signature, which must come back."""
    parts: list[dict[str, Any]] = [{"functionCall": {"name": n, "args": a}} for n, a in asked]
    parts[0]["thoughtSignature"] = SIGNATURE
    return 200, _candidate(([{"text": words}] if words else []) + parts)


def malformed() -> Answer:
    """A call that the vendor itself could not read."""
    return 200, _candidate(None, "MALFORMED_FUNCTION_CALL")


def empty() -> Answer:
    return 200, _candidate([{"text": ""}])


def filtered() -> Answer:
    return 200, _candidate(None, "SAFETY")


def refused() -> Answer:
    """The question itself is blocked."""
    usage = {"promptTokenCount": 900, "totalTokenCount": 900}
    return 200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage}


def cut(words: str) -> Answer:
    return 200, _candidate([{"text": words}], "MAX_TOKENS")


def failure(status: int, *, retry_after: float | None = None) -> Answer:
    """How long to wait stands in the body, as a duration."""
    error: dict[str, Any] = {"code": status, "message": "fake", "status": STATUS_WORDS[status]}
    if retry_after is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        error["details"] = [{"@type": kind, "retryDelay": f"{retry_after}s"}]
    return status, {"error": error}


def _candidate(
    parts: list[dict[str, Any]] | None, reason: str = "STOP", *, cached: int = 0
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"finishReason": reason, "index": 0}
    candidate["content"] = {"role": "model"} | ({"parts": parts} if parts is not None else {})
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": 900,
            "candidatesTokenCount": 40,
            "totalTokenCount": 940,
            "cachedContentTokenCount": cached,
        },
        "modelVersion": "gemini-3.8-flash",
        "responseId": "fake",
    }


class FakeGemini(Scripted):
    """Embeds anything, whatever is queued."""

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests to generate."""
        return [body for path, body in self.requests if path.endswith(":generateContent")]

    def aside(self, path: str, body: dict[str, Any]) -> Answer | None:
        if path.endswith(":batchEmbedContents"):
            return 200, {"embeddings": [{"values": [0.5] * 768} for _ in body["requests"]]}
        if path.endswith(":embedContent"):
            return 200, {"embedding": {"values": [0.5] * 768}}
        return None

    @staticmethod
    def instructions(body: dict[str, Any]) -> str:
        return "\n".join(part["text"] for part in body["systemInstruction"]["parts"])


Fake = FakeGemini
