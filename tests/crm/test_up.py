"""`manage.py up` as a person runs it: one process to start, everything else its children."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crm.embedded.processes import free_port
from tests.databases import SECRETS
from tests.processes import alive, descendants

BASE_DIR = Path(__file__).resolve().parents[2]
NAMES = {"postgres", "redis", "web", "worker", "beat"}


def up(directory: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """Without the servers and the make of this test run."""
    ours = {"DATABASE_URL", "REDIS_URL", "MAKELEVEL", "SECRET_KEY"}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up", "--data", str(directory), *arguments],
        cwd=BASE_DIR,
        env=inherited | {"DEBUG": "true"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def outcome(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    output, _ = process.communicate(timeout=60)
    return process.returncode, output.strip().splitlines()


def read_until(process: "subprocess.Popen[str]", words: str) -> list[str]:
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if words in line:
            return lines
    raise AssertionError("\n".join(lines))


def run_file(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "run.json").read_text())
    return found


def kill_and_see_it_return(directory: Path, name: str) -> None:
    before = run_file(directory)["children"][name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: run_file(directory)["children"].get(name, before) != before)


def is_live(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live") as answer:
        return bool(answer.status == 200)


def refuses_a_second_start(directory: Path, port: int) -> None:
    code, lines = outcome(up(directory, PORT=str(free_port())))
    assert code == 1
    assert lines[-1].startswith(f"Already running in {directory}: http://127.0.0.1:{port} ")


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@contextmanager
def started(directory: Path, port: int, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    small = ("--no-seed", "--workers", "1", "--concurrency", "1")
    process = up(directory, *small, PORT=str(port), **environment)
    try:
        read_until(process, "Ctrl-C stops everything.")
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.stack
def test_two_lives_of_a_stack(tmp_path: Path) -> None:
    directory, port = tmp_path / "its data", free_port()
    with started(directory, port) as stack:
        run = run_file(directory)
        assert run["pid"] == stack.pid
        assert run["children"].keys() == NAMES
        assert is_live(port)
        refuses_a_second_start(directory, port)
        for name in ("worker", "redis", "postgres"):
            kill_and_see_it_return(directory, name)
        assert run_file(directory)["environment"] == run["environment"]
        everybody = descendants(stack.pid)
    # Leaving the block killed it: nothing outlives that, and the next start needs no help.
    with started(directory, port) as stack:
        assert is_live(port)
        wait_until(lambda: not any(map(alive, everybody)), seconds=30)
        everybody = descendants(stack.pid)
        assert len(everybody) > len(NAMES)
        stack.send_signal(signal.SIGTERM)
        code, lines = outcome(stack)
    assert (code, lines[-1]) == (0, "Stopped.")
    assert not any(map(alive, everybody))
    assert not (directory / "run.json").exists()


def fetch(port: int, path: str) -> tuple[int, str, str]:
    """Status, kind and text of an answer, an error's too."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


@pytest.mark.stack
def test_production_serves_admin_with_every_file_it_names(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, DEBUG="false", **SECRETS):
        status, _, page = fetch(port, "/admin/login/")
        assert status == 200
        named = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
        kinds = {path.rpartition(".")[2] for path in named}
        assert {"css", "js"} <= kinds
        assert all(re.search(r"\.[0-9a-f]{12}\.", path) for path in named), (
            "as production names them"
        )
        assert {path: fetch(port, path)[0] for path in named} == dict.fromkeys(named, 200)
        wait_until(lambda: fetch(port, "/health/ready")[0] == 200, seconds=60)


@pytest.mark.parametrize(
    "command",
    [
        "manage.py up",
        "-m celery -A crm.celery:app worker",
        "-m celery -A crm.celery:app beat",
        "-m crm.web --port 0",
    ],
)
def test_production_without_a_secret_is_one_line_that_says_what_to_set(command: str) -> None:
    given = os.environ | SECRETS | {"DEBUG": "false", "FIELD_ENCRYPTION_KEYS": ""}
    done = subprocess.run(
        [sys.executable, *command.split()],
        cwd=BASE_DIR,
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
    )
    ours = [line for line in done.stderr.splitlines() if not re.match(r"\[\d{4}-", line)]
    assert done.returncode != 0
    assert len(ours) == 1
    assert ours[0].startswith("Set FIELD_ENCRYPTION_KEYS: production does not start without")


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"DATABASE_URL": "postgres://crm:x@127.0.0.1:1/crm"}, "DATABASE_URL: "),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL: redis://127.0.0.1:1/0: "),
        ({"PORT": "99999"}, "PORT takes a whole number "),
        ({"FIELD_ENCRYPTION_KEYS": "short"}, "FIELD_ENCRYPTION_KEYS takes Fernet keys: "),
    ],
)
def test_a_wrong_setting_is_one_line(
    tmp_path: Path, environment: dict[str, str], line: str
) -> None:
    code, lines = outcome(up(tmp_path, **{"PORT": str(free_port())} | environment))
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(line)


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, lines = outcome(up(tmp_path, PORT=str(port)))
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"Port {port} of 127.0.0.1 is taken by another program: ")
