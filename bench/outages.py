"""`python -m bench.outages [EVENT...]`: what people had after each way a database, a disk or beat fails."""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ.setdefault("DEBUG", "true")
# Whole outages, and the sweeps as often as in production.
os.environ.setdefault("DATABASE_AWAY_SECONDS", "20")
django.setup()

from tests.databases import Original, address_of  # noqa: E402
from tests.flows.chatters import Outcome  # noqa: E402
from tests.flows.outages import (  # noqa: E402
    ANSWERED_WITHIN,
    EVENTS,
    ON_SMALL_DISKS,
    WholeWorld,
    a_world,
)

RESULTS = Path(__file__).parent / "results" / "outages.json"
COLUMNS = ("acknowledged", "lost", "doubled", "unanswered")


def main(asked: list[str]) -> int:
    """Prints a table; fails when something was lost, doubled or left unanswered.

    Where all was asked for, the results are written down.
    """
    measured = {}
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        world = held.enter_context(
            a_world(folder, _demo(folder, held), SWEEP_SECONDS="60", TURN_DELAY_SECONDS="2")
        )
        late = f"unanswered after {ANSWERED_WITHIN:.0f} s"
        print(f"| event | {' | '.join(COLUMNS[:-1])} | {late} |\n|---|{'--:|' * len(COLUMNS)}")
        for title, outcome in _outcomes(world, asked):
            measured[title] = outcome
            figures = " | ".join(str(getattr(outcome, column)) for column in COLUMNS)
            print(f"| {title} | {figures} |", flush=True)
    if not asked:
        _write_down(measured)
    return 0 if all(outcome.is_whole for outcome in measured.values()) else 1


def _demo(folder: Path, held: ExitStack) -> str:
    """The address of a database to copy."""
    migrated = Original(folder, "migrated", "migrate --no-input")
    held.callback(migrated.close)
    demo = Original(folder, "demo", "seed_demo", of=migrated)
    held.callback(demo.close)
    return address_of(demo.name, owner=True)


def _outcomes(world: WholeWorld, asked: list[str]) -> Iterator[tuple[str, Outcome]]:
    trials: dict[str, Callable[[], Outcome]] = {
        title: partial(lambda event: world.suffers(event)[0], event)
        for title, event in EVENTS.items()
    }
    trials |= {title: partial(trial, world) for title, trial in ON_SMALL_DISKS.items()}
    for title, trial in trials.items():
        if asked and title not in asked:
            continue
        if title in ON_SMALL_DISKS and not (world.place.disk and world.files):
            print(f"| {title} | not tried: to mount a small disk takes root |", flush=True)
            continue
        yield title, trial()


def _write_down(measured: dict[str, Outcome]) -> None:
    results = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "away_seconds": float(os.environ["DATABASE_AWAY_SECONDS"]),
        **{title: asdict(outcome) for title, outcome in measured.items()},
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
