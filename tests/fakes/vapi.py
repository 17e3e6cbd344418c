"""Vapi's calls API as its documentation describes it, and the server messages that it posts."""

from typing import Any

import httpx

from tests.fakes.server import Asked, LocalServer, Told


class FakeVapi(LocalServer):
    """Keeps the calls it was asked for; ``status`` other than 201 refuses them."""

    def __init__(self, *, port: int = 0) -> None:
        self.calls: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.status = 201
        self.forgets_to_answer = False
        super().__init__(port=port)

    def take(self, asked: Asked) -> Told:
        self.asked.append((f"{asked.method} {asked.path}", asked.headers["Authorization"]))
        return Told(
            *(self._find(asked.path) if asked.method == "GET" else self._create(asked.json))
        )

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

    def _create(self, order: dict[str, Any]) -> tuple[int, Any]:
        if self.status != 201:
            return self.status, {"message": "refused", "statusCode": self.status}
        call = {"id": f"vapi-{len(self.calls) + 1}", "status": "queued", **order}
        self.calls.append(call)
        return (502, {"message": "lost"}) if self.forgets_to_answer else (201, call)

    def _find(self, path: str) -> tuple[int, Any]:
        if path == "/call":
            return 200, self.calls
        found = [call for call in self.calls if path == f"/call/{call['id']}"]
        return (200, found[0]) if found else (404, {"message": "not found"})
