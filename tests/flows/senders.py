"""People on Telegram who send one file after another, and what became of those."""

import threading
from pathlib import Path

from tests.fakes.telegram import FakeTelegram
from tests.fakes.vendors import on_telegram
from tests.flows.chatters import Outcome
from tests.flows.stack import Stack

PAUSE_SECONDS = 2.0
PDF = b"%PDF-1.7\n" + b"x" * 20_000
FILES = "SELECT id, state FROM attachments WHERE remote_id = ANY(%s)"


class Senders:
    """Three at once, from entering until somebody counts."""

    def __init__(self, stack: Stack, telegram: FakeTelegram, folder: Path) -> None:
        self.stack, self.telegram, self.folder = stack, telegram, folder
        self.taken: list[str] = []
        self._known = len(self._stored())
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(3)]

    def __enter__(self) -> "Senders":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.fall_silent()

    def fall_silent(self) -> None:
        self._over.set()
        for each in self._threads:
            each.join(timeout=60)

    def outcome(self) -> Outcome:
        """Of the files that the product acknowledged to Telegram."""
        states = [row["state"] for row in self.stack.rows(FILES, self.taken)]
        ready, waiting = states.count("ready"), states.count("pending")
        rows_twice = max(len(states) - len(self.taken), 0)
        return Outcome(
            acknowledged=len(self.taken),
            lost=len(self.taken) + rows_twice - ready - waiting,
            doubled=rows_twice + max(len(self._stored()) - self._known - ready, 0),
            unanswered=waiting,
        )

    def _send(self, number: int) -> None:
        user = on_telegram(self.stack.url, 81_000 + number, f"Eva {number}")
        for count in range(1000):
            if self._over.wait(PAUSE_SECONDS):
                return
            file_id = f"plano-{self._known}-{number}-{count}"
            self.telegram.files[file_id] = PDF
            if user.send_file(file_id) == 200:
                self.taken.append(file_id)

    def _stored(self) -> list[Path]:
        """Whole or half."""
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.rglob("*") if path.suffix in (".pdf", ".part")]
