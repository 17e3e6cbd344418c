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
def started(
    folder: Path, database: dict[str, str], port: int
) -> "Iterator[subprocess.Popen[bytes]]":
    given = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    environment = {**given, **QUICK, **database, "PORT": str(port)}
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


def link_of(port: int, email: str) -> str:
    """The bot's link with a one-time code, as the person's own app gets it."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1/auth", timeout=60) as app:
        given = app.post("/token/", json={"email": email, "password": "demo"}).json()
        signed_in = {"Authorization": f"Bearer {given['access']}"}
        return str(app.post("/me/telegram/", headers=signed_in).json()["link"])


def claim_on_a_phone(browser: httpx.Client, link: str) -> None:
    """Ana links her phone, a lead asks for a person, and she takes the lead from its card."""

    def chat() -> str:
        return browser.get("/chat", params={"name": "Ana"}).text

    assert browser.post("/agent", data={"name": "Ana", "text": link}).status_code == 303
    assert "Listo, Ana: tus avisos llegarán aquí." in chat()
    asked = {"channel": "telegram", "name": "Eva Paz", "text": "quiero hablar con una persona"}
    assert browser.post("/write", data=asked).status_code == 303
    wait_for("the card", lambda: "pide una persona" in chat())
    button = re.search(
        r'value="(\d+)"><input type="hidden" name="code" value="([^"]+:claim)"', chat()
    )
    assert button is not None
    pressed = {"name": "Ana", "under": button[1], "code": button[2]}
    assert browser.post("/agent", data=pressed).status_code == 303
    assert "<mark>El lead es tuyo.</mark>" in chat()


def test_the_demo_plays_a_lead_and_an_agent_and_stops_whole(
    tmp_path: Path, demo: dict[str, str]
) -> None:
    port = free_port()
    with started(tmp_path, demo, port) as process:

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
            claim_on_a_phone(browser, link_of(port, "ana@demo.test"))
        everybody = descendants(process.pid)
        assert len(everybody) >= len(("up", "redis", "web", "worker", "beat"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert not any(map(alive, everybody))
