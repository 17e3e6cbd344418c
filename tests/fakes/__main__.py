"""`python -m tests.fakes`: the product against a fake of every vendor, with a page to play the lead."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from crm.embedded.processes import Process, die_with_make, spawn
from tests.fakes.console import FIRST_PORT, LAST_PORT, Console, Vendors

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".local" / "demo"
PORT = int(os.environ.get("PORT", "8000"))
PATIENCE = 300
CONNECT = """
from brokers.models import Broker, BrokerChatConfig, ChannelHook, User
from django.utils import timezone
from scheduling import sync
broker = Broker.objects.get(slug="demo")
config = BrokerChatConfig.objects.get(broker=broker)
config.enabled_providers = ["webchat", "telegram", "whatsapp", "email"]
config.provider_configs = {{**config.provider_configs, "whatsapp": {whatsapp!r}}}
config.save()
hook = {{"broker": broker, "channel": "whatsapp", "key": "demo-whatsapp"}}
ChannelHook.objects.filter(**hook).exists() or ChannelHook.objects.create(**hook)
for agent in User.objects.filter(broker=broker, email__in=["ana@demo.test", "luis@demo.test"]):
    sync.connect(agent, {{"refresh_token": "refresh"}}, at=timezone.now())
"""
WHATSAPP = {
    "access_token": "demo",
    "app_secret": "demo-secret",
    "verify_token": "demo",
    "phone_number_id": "1001",
}


def main() -> int:
    die_with_make()
    product = f"http://127.0.0.1:{PORT}"
    with ExitStack() as opened:
        vendors = opened.enter_context(Vendors())
        environment = {**os.environ, **vendors.environment, "DEBUG": "true", "PORT": str(PORT)}
        console = opened.enter_context(Console(vendors, product, WHATSAPP))
        command = [sys.executable, "manage.py", "up", "--data", DATA]
        # In our process group: the terminal's Ctrl-C reaches it by itself, and it ends first.
        child = spawn(
            command, death_signal=signal.SIGTERM, env=environment, cwd=ROOT, session=False
        )
        _hand_on_signals(child)
        Thread(target=_connect, args=(child, product, environment, console), daemon=True).start()
        return child.wait()


def _hand_on_signals(child: Process) -> None:
    def hand_on(number: int, frame: FrameType | None) -> None:
        if child.poll() is None:
            child.send_signal(number)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)


def _connect(child: Process, product: str, environment: dict[str, str], console: Console) -> None:
    """What a person would set up in the Admin: WhatsApp, and the agents' calendars."""
    deadline = time.monotonic() + PATIENCE
    while not _is_ready(product):
        if child.poll() is not None or time.monotonic() > deadline:
            return
        time.sleep(0.5)
    code = CONNECT.format(whatsapp=WHATSAPP)
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    told = {**environment, **_running()["environment"]}
    subprocess.run(command, cwd=ROOT, env=told, check=True)
    sys.stdout.write(f"\n  {'Play the lead':<15}{console.url}/\n\n")
    sys.stdout.flush()


def _is_ready(product: str) -> bool:
    try:
        with urlopen(f"{product}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _running() -> dict[str, Any]:
    return dict(json.loads((DATA / "run.json").read_text()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(f"The demo needs the ports {FIRST_PORT} to {LAST_PORT}: {error}")
