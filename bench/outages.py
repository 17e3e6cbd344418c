"""`python -m bench.outages [EVENT...]`: what four visitors had after each way a database can fail."""

import os
import sys
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ.setdefault("DEBUG", "true")
# Whole outages, and the sweeps as often as in production.
os.environ.setdefault("DATABASE_AWAY_SECONDS", "20")
django.setup()

from tests.databases import Original, address_of  # noqa: E402
from tests.flows.outages import ANSWERED_WITHIN, EVENTS, a_world  # noqa: E402

COLUMNS = ("acknowledged", "lost", "doubled", "unanswered")


def main(asked: list[str]) -> int:
    """Prints a table; fails when something was lost, doubled or left unanswered."""
    chosen = {name: event for name, event in EVENTS.items() if not asked or name in asked}
    whole = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        migrated = Original(folder, "migrated", "migrate --no-input")
        demo = Original(folder, "demo", "seed_demo", of=migrated)
        try:
            with a_world(folder, address_of(demo.name, owner=True), SWEEP_SECONDS="60") as world:
                late = f"unanswered after {ANSWERED_WITHIN:.0f} s"
                print(f"| event | {' | '.join(COLUMNS[:-1])} | {late} |")
                print(f"|---|{'--:|' * len(COLUMNS)}")
                for title, event in chosen.items():
                    outcome, _ = world.suffers(event)
                    whole &= outcome.is_whole
                    figures = " | ".join(str(getattr(outcome, column)) for column in COLUMNS)
                    print(f"| {title} | {figures} |", flush=True)
        finally:
            demo.close()
            migrated.close()
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
