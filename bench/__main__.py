"""Runs every workload against an empty database and records what it measured."""

import base64
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ.setdefault("TURN_DELAY_SECONDS", "0")
# As in production: Django keeps every statement in memory while DEBUG is on.
os.environ.update(
    DEBUG="false",
    SECRET_KEY="of the measured workloads, and of nothing else",
    FIELD_ENCRYPTION_KEYS=base64.urlsafe_b64encode(bytes(32)).decode(),
    ALLOWED_HOSTS="*",
    LOG_LEVEL="WARNING",
    API_RATE="1000000/minute",
    API_SIGN_IN_RATE="1000/minute",
    # A turn that is put off is no turn: one writer is measured beyond what a lead may have.
    TURNS_PER_MINUTE="1000000",
    TURNS_PER_DAY="1000000",
)
django.setup()

from django.core.management import call_command  # noqa: E402

from bench import (  # noqa: E402
    costs,
    forecast,
    imports,
    inbound,
    leads_list,
    metrics,
    outbox,
    rescoring,
    search,
    turns,
    wall,
)
from crm import rowsecurity  # noqa: E402

RESULTS = Path(__file__).parent / "results"
WORKLOADS = {
    "turns": turns.run,
    "inbound": inbound.run,
    "outbox": outbox.run,
    "leads_list": leads_list.run,
    "search": search.run,
    "metrics": metrics.run,
    "rescoring": rescoring.run,
    "imports": imports.run,
    "costs": costs.run,
    "forecast": forecast.run,
    "wall": wall.run,
}


def main(names: list[str]) -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    RESULTS.mkdir(exist_ok=True)
    for name in names or WORKLOADS:
        measured = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            **_run(name),
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=2) + "\n")
        print(name, json.dumps(measured, indent=2))


def _run(name: str) -> dict[str, Any]:
    """The stage is set across brokers; what is timed runs as in production, for one of them."""
    with rowsecurity.across("command"):
        return WORKLOADS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
