"""`python -m crm.embedded exec [--durable] -- CMD...`: runs a command on throw-away servers."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from crm.embedded.errors import EmbeddedError
from crm.embedded.processes import Process, die_with_make, spawn
from crm.embedded.servers import throw_away

_USAGE = "usage: python -m crm.embedded exec [--durable] -- COMMAND [ARGUMENT...]"
_FAST = ["exec", "--"]
_DURABLE = ["exec", "--durable", "--"]


def main(arguments: list[str]) -> int:
    mode = next((mode for mode in (_FAST, _DURABLE) if arguments[: len(mode)] == mode), None)
    command = arguments[len(mode) :] if mode else []
    if not command:
        print(_USAGE, file=sys.stderr)
        return 2
    die_with_make()
    _stop_by_exception()
    try:
        with throw_away(os.environ, durable=mode == _DURABLE) as urls:
            return _run(command, {**os.environ, **urls})
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


def _run(command: list[str], environment: dict[str, str]) -> int:
    """The command stays in our process group: the terminal's Ctrl-C reaches it by itself."""
    try:
        child = spawn(
            command, death_signal=signal.SIGTERM, env=environment, cwd=Path.cwd(), session=False
        )
    except OSError as error:
        raise EmbeddedError(f"Cannot run {command[0]}: {error.strerror}.") from error
    _hand_on_signals(child)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _stop_by_exception() -> None:
    """So that servers already started are stopped when we are told to end."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def _hand_on_signals(child: Process) -> None:
    """While the command runs it decides how to end; we wait for it."""

    def hand_on(number: int, frame: FrameType | None) -> None:
        if child.poll() is None:
            child.send_signal(number)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, hand_on)
    signal.signal(signal.SIGHUP, hand_on)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
