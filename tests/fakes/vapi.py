"""Vapi's calls API as its documentation describes it, and the server messages that it posts."""

from typing import Any

import httpx

from tests.fakes.calls import FakeCalls


class FakeVapi(FakeCalls):
    """Keeps the calls it was asked for; ``status`` other than 201 refuses them."""

    def __init__(self, *, port: int = 0) -> None:
        self.status = 201
        self.told: list[dict[str, Any]] = []
        super().__init__(port=port)

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

    def post(self, message: dict[str, Any], number: int = 0) -> httpx.Response:
        """Post a server message to the address, and with the headers, that the call named."""
        server = self.calls[number]["assistantOverrides"]["server"]
        return httpx.post(server["url"], json=message, headers=server["headers"])

    def order(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
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

    def look(self, path: str) -> tuple[int, Any]:
        if path == "/call":
            return 200, self.calls
        found = [call for call in self.calls if path == f"/call/{call['id']}"]
        return (200, found[0]) if found else (404, {"message": "not found"})
