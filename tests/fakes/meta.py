"""Meta's Graph API for WhatsApp as its documentation describes it."""

from itertools import count
from typing import Any

from tests.fakes.server import Answer, FakeServer


def failure(status: int, code: int, **headers: str) -> Answer:
    error = {"message": f"(#{code}) fake", "type": "OAuthException", "code": code}
    return status, {"error": error}, {k.replace("_", "-"): v for k, v in headers.items()}


def too_many(seconds: int) -> Answer:
    return failure(429, 130429, Retry_After=str(seconds))


NOT_ON_WHATSAPP = failure(400, 131026)
WINDOW_CLOSED = failure(400, 131047)
EXPIRED_TOKEN = failure(401, 190)
DOWN = failure(500, 131000)


class FakeMeta(FakeServer):
    """Takes messages of any number; ``next`` holds answers to give instead of the usual one."""

    def __init__(self, *, port: int = 0) -> None:
        self.next: list[Answer] = []
        self._numbers = count(1)
        super().__init__(self._answer, port=port)

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path.endswith("/messages")]

    def _answer(self, path: str, body: dict[str, Any]) -> Answer:
        if self.next:
            return self.next.pop(0)
        text = body.get("text", {}).get("body", "")
        if len(text) > 4096:
            return failure(400, 100)
        to = body.get("to") or body.get("recipient", "")
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to}],
            "messages": [{"id": f"wamid.{next(self._numbers)}"}],
        }
