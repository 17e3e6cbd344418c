"""`make demo`: the product joined to every fake, played from its page, ended by one signal."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from crm.embedded.processes import free_port
from tests.databases import ROOT
from tests.flows.stack import QUICK, wait_for
from tests.processes import alive, descendants

pytestmark = pytest.mark.stack


@contextmanager
def started(folder: Path, database: dict[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    given = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    environment = {**given, **QUICK, **database, "PORT": str(free_port())}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes", "--data", folder / "data", "--first-port", "0"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_demo_plays_a_lead_on_both_channels_and_stops_whole(
    tmp_path: Path, demo: dict[str, str]
) -> None:
    with started(tmp_path, demo) as process:

        def page() -> str:
            told = re.search(r"Play the lead +(\S+)/\n", (tmp_path / "log").read_text())
            return told[1] if told else ""

        with httpx.Client(base_url=wait_for("its page", page, seconds=240), timeout=60) as browser:
            assert "Escribe como lead" in browser.get("/").text
            for channel, vendor in (("telegram", "Telegram"), ("whatsapp", "WhatsApp")):
                written = {"channel": channel, "name": "Eva Paz", "text": "Hola"}
                assert browser.post("/write", data=written).status_code == 303
                answered = re.compile(rf"<h3>{vendor}</h3><pre>[^<]*asistente virtual")
                wait_for(vendor, lambda look=answered: look.search(browser.get("/sent").text))
        everybody = descendants(process.pid)
        assert len(everybody) >= len(("up", "redis", "web", "worker", "beat"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert not any(map(alive, everybody))
