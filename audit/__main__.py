"""`python -m audit`: known holes in the locked packages, but for those accepted with a reason."""

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ACCEPTED = Path(__file__).with_name("accepted.toml")
LOCK = "requirements-dev.txt"  # the product's and the tools'
# A release that is known to be full of holes: a database that knows of none did not answer.
KNOWN_BAD = "django==2.0"
PROBE_SECONDS = 20  # a registry without the database may hang instead of refusing
AUDIT_SECONDS = 600  # one question a package, the slow ones asked again
_PIP_AUDIT = "--disable-pip --no-deps --progress-spinner off --desc off -f json"


@dataclass(frozen=True)
class Accepted:
    id: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True)
class Finding:
    package: str
    version: str
    ids: tuple[str, ...]  # the first is the database's own, the others are aliases
    fixed_in: str

    def __str__(self) -> str:
        fix = f"fixed in {self.fixed_in}" if self.fixed_in else "not fixed yet"
        return f"{self.package} {self.version}: {', '.join(self.ids)} ({fix})"


def read_accepted(path: Path = ACCEPTED) -> list[Accepted]:
    return [Accepted(**entry) for entry in tomllib.loads(path.read_text()).get("accepted", [])]


def findings(report: dict[str, Any]) -> Iterator[Finding]:
    for package in report["dependencies"]:
        for hole in package.get("vulns", []):
            ids = (hole["id"], *hole.get("aliases", []))
            fixed_in = ", ".join(hole.get("fix_versions", []))
            yield Finding(package["name"], package["version"], ids, fixed_in)


def skipped(report: dict[str, Any]) -> list[str]:
    """Packages that the database does not know: nothing is known of their holes."""
    return [each["name"] for each in report["dependencies"] if "skip_reason" in each]


def is_accepted(finding: Finding, accepted: Sequence[Accepted], today: date) -> bool:
    return any(
        entry.id in finding.ids and entry.package == finding.package and today <= entry.until
        for entry in accepted
    )


def ask(requirements: str, seconds: float) -> dict[str, Any] | None:
    """What pip-audit reports; None when its database does not answer in time."""
    command = [sys.executable, "-m", "pip_audit", *_PIP_AUDIT.split(), "-r", requirements]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        report: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return report


def reachable() -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as probe:
        probe.write(KNOWN_BAD)
        probe.flush()
        report = ask(probe.name, PROBE_SECONDS)
    return report is not None and any(findings(report))


def judge(report: dict[str, Any], accepted: Sequence[Accepted], today: date) -> int:
    """Prints what was found; the exit code."""
    found = list(findings(report))
    open_ones = [each for each in found if not is_accepted(each, accepted, today)]
    for each in open_ones:
        print(f"FOUND    {each}")
    for entry in accepted:
        state = "accepted" if today <= entry.until else "EXPIRED "
        print(f"{state} {entry.package}: {entry.id} until {entry.until}: {entry.reason}")
    if unknown := skipped(report):
        print(f"The database does not know: {', '.join(unknown)}")
    print(f"{len(report['dependencies'])} packages, {len(open_ones)} open findings.")
    return 1 if open_ones else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m audit", description=__doc__)
    parser.add_argument("--if-reachable", action="store_true", help="no failure without it")
    options = parser.parse_args()
    report = ask(LOCK, AUDIT_SECONDS) if reachable() else None
    if report is None:
        print("The database of known holes cannot be reached from here: nothing was audited.")
        return 0 if options.if_reachable else 1
    return judge(report, read_accepted(), date.today())


if __name__ == "__main__":
    sys.exit(main())
