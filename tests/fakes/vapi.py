"""Vapi's calls API as its documentation describes it, and the server messages that it posts."""

from typing import Any
from urllib.parse import urlsplit

from tests.fakes.calls import FakeCalls


class FakeVapi(FakeCalls):
    """Keeps the calls it was asked for; ``status`` other than 201 refuses them."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.status = 201
        self.told: list[dict[str, Any]] = []

    def end(self, number: int = 0, **fields: Any) -> dict[str, Any]:
        """Let a call be over, as ``GET /call/{id}`` then tells it."""
        self.calls[number] |= {"status": "ended", **fields}
        return self.calls[number]

    def status_update(self, status: str, number: int = 0) -> dict[str, Any]:
        return self._message("status-update", number, status=status)

    def end_of_call_report(self, number: int = 0, **fields: Any) -> dict[str, Any]:
        return self._message("end-of-call-report", number, **fields)

    def _message(self, kind: str, number: int, **fields: Any) -> dict[str, Any]:
        told = {"type": kind, "timestamp": 1_795_525_200_000, "call": self.calls[number]}
        return {"message": {**told, **fields}}

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path.startswith("/control/"):
            self.told.append(body)
            return 200, {}
        if self.status != 201:
            return self.status, {"message": "refused", "statusCode": self.status}
        external_id = f"vapi-{len(self.calls) + 1}"
        monitor = {"controlUrl": f"{self.url}/control/{external_id}"}
        call = {"id": external_id, "status": "queued", "monitor": monitor, **body}
        self.calls.append(call)
        return (502, {"message": "lost"}) if self.forgets_to_answer else (201, call)

    def get(self, path: str) -> tuple[int, Any]:
        path = urlsplit(path).path
        if path == "/call":
            return 200, self.calls
        found = [call for call in self.calls if path == f"/call/{call['id']}"]
        return (200, found[0]) if found else (404, {"message": "not found"})
