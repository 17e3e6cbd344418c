"""The whole product as real processes in a folder of its own, as `make run` starts it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from crm.embedded.processes import free_port
from tests.databases import ROOT, manage

T = TypeVar("T")
EVERYBODY = "-c crm.tenant=*"  # row-level security shows a test all brokers'
QUICK = {"TURN_DELAY_SECONDS": "0.3", "SWEEP_SECONDS": "2"}


def wait_for(what: str, ask: Callable[[], T | None], *, seconds: float = 120) -> T:
    """The first true answer; fails with ``what`` when none comes in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.25)  # ten a second from one address would be throttled
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


class Stack:
    """`manage.py up` with the demo, on free ports, with data in ``folder``."""

    def __init__(self, folder: Path, *, looks_at: str = "", **environment: str) -> None:
        """``looks_at`` is where tests ask what is stored, if not where the product does."""
        self.folder, self._looks_at = folder, looks_at
        self.port = free_port()
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Stack":
        command = [sys.executable, "manage.py", "up", "--data", str(self.folder)]
        own = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}
        inherited = {name: value for name, value in os.environ.items() if name not in own}
        environment = {**inherited, "DEBUG": "true", **QUICK, **self.environment}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for("a ready product", self._is_ready, seconds=240)
        except AssertionError:
            self.stop()
            raise AssertionError((self.folder / "up.log").read_text()[-4000:]) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "up ended"
        try:
            return self.get("/health/ready")[0] == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("GET", path, None, **headers)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
        return self.call("POST", path, body, **headers)

    def call(
        self, method: str, path: str, body: dict[str, Any] | None, **headers: str
    ) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, _parsed(response.read())
        except urllib.error.HTTPError as error:
            return error.code, _parsed(error.read())

    def sign_in(self, email: str = "admin@demo.test") -> dict[str, str]:
        """The header of a demo user."""
        _, tokens = self.post("/api/v1/auth/token/", {"email": email, "password": "demo"})
        return {"Authorization": f"Bearer {tokens['access']}"}

    def running(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "run.json").read_text()))

    @property
    def _database(self) -> str:
        return self._looks_at or str(self.running()["environment"]["DATABASE_URL"])

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """What the database says."""
        with psycopg.connect(self._database, row_factory=dict_row, options=EVERYBODY) as connection:
            return connection.execute(sql, values).fetchall()

    def change(self, sql: str, *values: Any) -> None:
        """Time that passed, as the database sees it: the product has no clock of its own."""
        with psycopg.connect(self._database, autocommit=True, options=EVERYBODY) as connection:
            connection.execute(sql, values)

    def manage(self, code: str) -> str:
        """What Python code prints that a person runs at the server."""
        told = {**self.environment, **self.running()["environment"]}
        return manage(["shell", "-v", "0", "-c", code], **told)

    def wait_for_sweeps(self, *tasks: str) -> None:
        """Until each has begun and ended since now: a second effect would be there by then."""
        ended = (
            "SELECT 1 FROM periodic_runs WHERE task = %s AND started_at > %s "
            "AND finished_at > started_at"
        )
        since = self.rows("SELECT now()")[0]["now"]
        for task in tasks:
            wait_for(f"{task} again", lambda task=task: self.rows(ended, task, since))

    def kill(self, child: str) -> None:
        """SIGKILL a child of the product and everything it started."""
        self.signal(child, signal.SIGKILL)

    def signal(self, child: str, number: signal.Signals) -> None:
        os.killpg(os.getpgid(self.running()["children"][child]), number)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


class Visitor:
    """A lead on the web chat: says something, waits for the reply."""

    def __init__(self, stack: Stack, slug: str = "demo") -> None:
        self.stack, self.path = stack, f"/chat/{slug}/messages/"
        self.secret, self.after, self.count = "", 0, 0
        self.replies: list[str] = []
        self.poll()

    def write(self, text: str) -> dict[str, Any]:
        self.count += 1
        body = {"text": text, "visitor": self.secret, "client_id": f"m{self.count}"}
        status, answer = self.stack.post(self.path, body)
        assert status == 200, answer
        return dict(answer["messages"][0])

    def poll(self) -> list[dict[str, Any]]:
        status, answer = self.stack.get(f"{self.path}?visitor={self.secret}&after={self.after}")
        assert status == 200, answer
        self.secret = answer["visitor"]
        messages: list[dict[str, Any]] = answer["messages"]
        if messages:
            self.after = messages[-1]["id"]
        return messages

    def reply(self) -> str:
        def ours() -> list[str]:
            return [m["text"] for m in self.poll() if m["author"] != "lead"]

        texts = wait_for("a reply", ours)
        self.replies += texts
        return "\n".join(texts)

    def say(self, text: str) -> str:
        self.write(text)
        return self.reply()

    def lead(self) -> dict[str, Any]:
        """The lead's row, found by what this visitor wrote last."""
        found = self.stack.rows(
            "SELECT l.* FROM leads l JOIN chat_messages m ON m.lead_id = l.id WHERE m.id <= %s "
            "AND m.channel_message_id LIKE '%%:m' || %s ORDER BY m.id DESC LIMIT 1",
            self.after,
            str(self.count),
        )
        return found[0]
