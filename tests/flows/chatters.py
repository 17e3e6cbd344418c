"""Visitors who go on writing on the web chat whatever happens, and what became of their words."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from tests.flows.stack import Stack

# The page's own habit: what was not taken is sent again, under the same id.
AGAIN_SECONDS = 0.3
PAUSE_SECONDS = 0.8
# A third message that brings nothing new is left to a person.
MESSAGES_OF_ONE = 2
WORDS = "Hola, busco casa en Maipú, mensaje {number}"


class Chatter(threading.Thread):
    """One visitor after another: the next message once the last one was acknowledged."""

    def __init__(self, stack: Stack, stop: threading.Event, slug: str = "demo") -> None:
        super().__init__(daemon=True)
        self.stack, self.path = stack, f"/chat/{slug}/messages/"
        self.acknowledged: list[int] = []
        self.refusals: list[int] = []
        self.longest = 0.0
        self._over, self._secret = stop, ""

    def run(self) -> None:
        for number in count():
            if number % MESSAGES_OF_ONE == 0:
                self._secret = ""
            if not (self._enter() and self._write(f"n{number}", WORDS.format(number=number))):
                return
            self._over.wait(PAUSE_SECONDS)

    def _enter(self) -> bool:
        """As a visitor whom the page knows: what is sent twice is one message of theirs."""
        if not self._secret:
            given = self._until_taken(lambda: self.stack.get(f"{self.path}?visitor=&after=0"))
            self._secret = given and str(given["visitor"])
        return bool(self._secret)

    def _write(self, client_id: str, text: str) -> bool:
        body = {"text": text, "visitor": self._secret, "client_id": client_id}
        taken = self._until_taken(lambda: self.stack.post(self.path, body))
        self.acknowledged += [message["id"] for message in taken["messages"]] if taken else []
        return bool(taken)

    def _until_taken(self, ask: Callable[[], tuple[int, Any]]) -> Any:
        """The answer; nothing when all is over before."""
        while not self._over.is_set():
            began = time.monotonic()
            try:
                status, answer = ask()
            except OSError:
                status, answer = 0, None
            self.longest = max(self.longest, time.monotonic() - began)
            if status == 200:
                return answer
            self.refusals.append(status)
            self._over.wait(AGAIN_SECONDS)
        return None


@dataclass(frozen=True)
class Outcome:
    """Of all that was acknowledged."""

    acknowledged: int
    lost: int
    doubled: int
    unanswered: int

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            **{name: value + getattr(other, name) for name, value in asdict(self).items()}
        )

    @property
    def is_whole(self) -> bool:
        return (self.lost, self.doubled, self.unanswered) == (0, 0, 0)


class Crowd:
    """Four visitors at once, from entering until somebody counts."""

    def __init__(self, stack: Stack, size: int = 4) -> None:
        self.stack, self._over = stack, threading.Event()
        self.chatters = [Chatter(stack, self._over) for _ in range(size)]

    def __enter__(self) -> "Crowd":
        for each in self.chatters:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.fall_silent()

    def fall_silent(self) -> None:
        self._over.set()
        for each in self.chatters:
            each.join(timeout=60)

    @property
    def refusals(self) -> list[int]:
        return [status for each in self.chatters for status in each.refusals]

    def outcome(self, *, within: float) -> Outcome:
        """Once all is answered, or after so many seconds."""
        deadline = time.monotonic() + within
        while (found := self._count()).unanswered and time.monotonic() < deadline:
            time.sleep(0.3)
        return found

    def _count(self) -> Outcome:
        ids = [number for each in self.chatters for number in each.acknowledged]
        return Outcome(
            acknowledged=len(ids),
            lost=len(ids) - self._one(STORED, ids),
            doubled=self._one(STORED_TWICE, ids) + self._one(ANSWERED_TWICE, ids),
            unanswered=self._one(UNANSWERED, ids),
        )

    def _one(self, sql: str, ids: list[int]) -> int:
        return int(self.stack.rows(sql, ids)[0]["found"])


_OURS = "WITH ours AS (SELECT DISTINCT lead_id FROM chat_messages WHERE id = ANY(%s)) "
STORED = "SELECT count(*) AS found FROM chat_messages WHERE id = ANY(%s) AND direction = 'in'"
STORED_TWICE = (
    _OURS + "SELECT count(*) - count(DISTINCT (lead_id, message_text)) AS found FROM chat_messages "
    "WHERE direction = 'in' AND lead_id IN (SELECT lead_id FROM ours)"
)
# Each reply answers something new: what was written after what the reply before it had seen.
ANSWERED_TWICE = (
    _OURS + ", replies AS (SELECT lead_id, split_part(idempotency_key, ':', 3)::bigint AS seen "
    "FROM chat_messages WHERE idempotency_key LIKE 'turn:%%' AND lead_id IN "
    "(SELECT lead_id FROM ours)), spans AS (SELECT lead_id, seen, "
    "lag(seen, 1, 0) OVER (PARTITION BY lead_id ORDER BY seen) AS before FROM replies) "
    "SELECT count(*) AS found FROM spans WHERE NOT EXISTS (SELECT FROM chat_messages m WHERE "
    "m.lead_id = spans.lead_id AND m.direction = 'in' AND m.id > before AND m.id <= seen)"
)
# Nobody has it in mind, or the reply to it has not arrived.
UNANSWERED = (
    "SELECT count(*) AS found FROM chat_messages m JOIN conversations c ON c.lead_id = m.lead_id "
    "WHERE m.id = ANY(%s) AND (c.answered_up_to < m.id OR NOT EXISTS (SELECT FROM chat_messages r "
    "WHERE r.lead_id = m.lead_id AND r.direction = 'out' AND r.status = 'sent' AND r.id > m.id))"
)
