"""Bland's calls API as its documentation describes it, and the signed webhook at a call's end."""

import hashlib
import hmac
import json
from typing import Any

from tests.fakes.calls import FakeCalls


class FakeBland(FakeCalls):
    """Keeps the calls it was asked for; ``refusal`` is what it says instead of taking one."""

    def __init__(self, *, port: int = 0) -> None:
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.stopped: list[str] = []
        super().__init__(port=port)

    def end(self, number: int = 0, **fields: Any) -> dict[str, Any]:
        """Let a call be over; what its webhook then posts, and its details tell."""
        over = {"completed": True, "status": "completed", "queue_status": "complete"}
        self.calls[number] |= {**over, **fields}
        return self.calls[number]

    def order(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path.endswith("/stop"):
            self.stopped.append(path.split("/")[3])
            return 200, {"status": "success", "message": "Call ended successfully."}
        if self.refusal is not None:
            return self.refusal
        call_id = f"bland-{len(self.calls) + 1}"
        call = {"call_id": call_id, "to": body["phone_number"], "completed": False}
        told = {"queue_status": "queued", "metadata": body["metadata"], "request_data": body}
        self.calls.append({**call, **told})
        if self.forgets_to_answer:
            return 502, {"status": "error", "message": "lost"}
        return 200, {"status": "success", "call_id": call_id, "batch_id": None}

    def look(self, path: str) -> tuple[int, Any]:
        if path == "/v1/calls":
            listed = [{**call, "metadata": None} for call in self.calls]
            return 200, {"count": len(listed), "calls": listed}
        found = [call for call in self.calls if path == f"/v1/calls/{call['call_id']}"]
        return (200, found[0]) if found else (404, {"status": "error", "message": "not found"})


def signed(told: dict[str, Any], secret: str) -> tuple[bytes, dict[str, str]]:
    """A webhook's body and the header that proves it."""
    body = json.dumps(told).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {"X-Webhook-Signature": signature}
