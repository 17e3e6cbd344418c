"""`python -m tests.fakes`: the product against a fake of every vendor, with a page to play the lead and the agents."""

import json
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from crm.embedded.processes import Process, die_with_make, spawn
from tests.fakes.console import Console
from tests.fakes.seller import FakeSeller
from tests.fakes.vendors import CONNECT, Vendors

ROOT = Path(__file__).resolve().parents[2]
PORT = int(os.environ.get("PORT", "8000"))
PATIENCE = 300
SLOWLY = {"SWEEP_SECONDS": "15", "CAMPAIGN_TRIGGER_SECONDS": "30"}


def main(arguments: Namespace) -> int:
    die_with_make()
    product, first = f"http://127.0.0.1:{PORT}", arguments.first_port
    with ExitStack() as opened:
        vendors = opened.enter_context(
            Vendors(first_port=first and first + 1, assistant=FakeSeller)
        )
        told = {**SLOWLY, **os.environ, **vendors.environment, "DEBUG": "true", "PORT": str(PORT)}
        console = opened.enter_context(Console(vendors, product, port=first))
        command = [sys.executable, "manage.py", "up", "--data", arguments.data]
        # In our process group: the terminal's Ctrl-C reaches it by itself, and it ends first.
        child = spawn(command, death_signal=signal.SIGTERM, env=told, cwd=ROOT, session=False)
        _hand_on_signals(child)
        setup = Thread(target=_connect, args=(child, arguments.data, console, told), daemon=True)
        setup.start()
        return child.wait()


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".local" / "demo")
    parser.add_argument("--first-port", type=int, default=8100, help="of six; 0 for any free ones")
    return parser.parse_args()


def _hand_on_signals(child: Process) -> None:
    def hand_on(number: int, frame: FrameType | None) -> None:
        if child.poll() is None:
            child.send_signal(number)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)


def _connect(child: Process, data: Path, console: Console, environment: dict[str, str]) -> None:
    """What a person would set up in the Admin: WhatsApp, and the agents' calendars."""
    deadline = time.monotonic() + PATIENCE
    while not _is_ready(console.product):
        if child.poll() is not None or time.monotonic() > deadline:
            return
        time.sleep(0.5)
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", CONNECT]
    running = json.loads((data / "run.json").read_text())["environment"]
    subprocess.run(command, cwd=ROOT, env={**environment, **running}, check=True)
    sys.stdout.write(f"\n  {'Play the lead':<15}{console.url}/\n\n")
    sys.stdout.flush()


def _is_ready(product: str) -> bool:
    try:
        with urlopen(f"{product}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    given = _arguments()
    try:
        sys.exit(main(given))
    except OSError as error:
        last = given.first_port + 5
        sys.exit(f"The demo needs the ports {given.first_port} to {last}: {error}")
