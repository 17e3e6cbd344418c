"""The audit of locked packages: what counts, what is accepted and until when, and no database."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audit import __main__ as audit

ROOT = Path(__file__).resolve().parents[1]
TODAY = date(2026, 11, 30)
REPORT: dict[str, Any] = {
    "dependencies": [
        {"name": "sound", "version": "1.0", "vulns": []},
        {"name": "ours-alone", "skip_reason": "Dependency not found"},
        {
            "name": "leaky",
            "version": "2.1",
            "vulns": [
                {"id": "PYSEC-2026-7", "aliases": ["CVE-2026-0007"], "fix_versions": ["2.2"]},
                {"id": "PYSEC-2026-8", "aliases": [], "fix_versions": []},
            ],
        },
    ]
}


def accepted(until: date, **changes: str) -> audit.Accepted:
    entry = {"id": "CVE-2026-0007", "package": "leaky", "reason": "we never call it", **changes}
    return audit.Accepted(**entry, until=until)


def open_ids(entries: list[audit.Accepted]) -> list[str]:
    found = audit.findings(REPORT)
    return [each.ids[0] for each in found if not audit.is_accepted(each, entries, TODAY)]


def test_a_finding_fails_the_run_and_tells_what_fixes_it(capsys: pytest.CaptureFixture) -> None:
    assert audit.judge(REPORT, [], TODAY) == 1
    printed = capsys.readouterr().out
    assert "leaky 2.1: PYSEC-2026-7, CVE-2026-0007 (fixed in 2.2)" in printed
    assert "does not know: ours-alone" in printed


def test_a_finding_is_accepted_by_any_of_its_names_up_to_its_last_day() -> None:
    assert open_ids([]) == ["PYSEC-2026-7", "PYSEC-2026-8"]
    assert open_ids([accepted(TODAY)]) == ["PYSEC-2026-8"]
    assert open_ids([accepted(date(2026, 11, 29))]) == ["PYSEC-2026-7", "PYSEC-2026-8"]
    assert open_ids([accepted(TODAY, package="another")]) == ["PYSEC-2026-7", "PYSEC-2026-8"]


def test_nothing_open_passes(capsys: pytest.CaptureFixture) -> None:
    entries = [accepted(TODAY), accepted(TODAY, id="PYSEC-2026-8")]
    assert audit.judge(REPORT, entries, TODAY) == 0
    assert "accepted leaky: PYSEC-2026-8 until 2026-11-30: we never call it" in (
        capsys.readouterr().out
    )


def test_every_accepted_finding_has_a_reason_and_is_locked() -> None:
    locked = (ROOT / audit.LOCK).read_text()
    for entry in audit.read_accepted():
        assert len(entry.reason) > 10
        assert f"\n{entry.package}==" in locked


@pytest.mark.parametrize(("option", "code"), [("", 1), ("--if-reachable", 0)])
def test_without_its_database_it_says_so(option: str, code: int) -> None:
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-m", "audit", *option.split()],
        cwd=ROOT,
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (
        code,
        "The database of known holes cannot be reached from here: nothing was audited.",
    )
