"""What the fakes of voice providers share: the calls that they were asked for."""

from abc import abstractmethod
from typing import Any

from tests.fakes.server import Asked, LocalServer, Told


class FakeCalls(LocalServer):
    """A provider says what ``order`` (POST) and ``look`` (GET) answer."""

    def __init__(self, *, port: int = 0) -> None:
        self.calls: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.forgets_to_answer = False
        super().__init__(port=port)

    @abstractmethod
    def order(self, path: str, body: dict[str, Any]) -> tuple[int, Any]: ...

    @abstractmethod
    def look(self, path: str) -> tuple[int, Any]: ...

    def take(self, asked: Asked) -> Told:
        self.asked.append((f"{asked.method} {asked.path}", asked.headers["Authorization"]))
        if asked.method == "GET":
            return Told(*self.look(asked.path))
        return Told(*self.order(asked.path, asked.json))
