"""Every automatic non-action says why: no code and no event of the log without words in Spanish."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns import reasons as of_campaigns
from leads import reasons, words
from leads.channels.whatsapp_errors import REASONS
from leads.errors import Refused
from voice import reasons as of_voice
from voice.errors import CallRefused

ROOT = Path(__file__).resolve().parents[2]
APPS = ("leads", "llm", "scheduling", "voice", "campaigns")
NAMED = ("Verdict", "Result", "skipped", "CallRefused")  # their plain strings are codes
CONSTANTS = ("BLOCKED", "HELD", "OUTCOME_UNKNOWN", "UNKNOWN")
EVENTS = ("log", "log_activity", "tell", "_tell")
FOR_CODE_ALONE = (
    "ProviderError",
    "CalendarError",
)  # told by their sentence; a call says "provider_refused <why>"


def calls() -> Iterator[tuple[str, ast.Call]]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" in path.parts or "demo" in path.parts or path.name == "demo.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    yield name, node


def text(node: ast.expr | None) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def named(node: ast.Assign) -> str:
    return getattr(node.targets[0], "id", "")


def codes() -> set[str]:
    found = set(REASONS.values())
    for name, call in calls():
        if name in FOR_CODE_ALONE:
            continue
        if name in NAMED:
            found.update(code for each in call.args for code in text(each))
        for keyword in call.keywords:
            if keyword.arg in ("reason", "ends"):
                found.update(text(keyword.value))
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Assign) and named(node) in (*CONSTANTS, "reason", "ending"):
                    found.update(text(node.value))
    return {code for code in found if reasons.CODE.match(f"a_{code}")}


def test_the_walk_finds_codes_of_every_kind() -> None:
    kinds = {"quiet_hours", "attempts_per_day", "no_text", "opted_out", "template_paused"}
    assert kinds | {"outcome_unknown", "held_by_person", "rate_limited"} <= codes()


def test_every_reason_code_has_words() -> None:
    known = {*reasons.TOLD, *of_voice.TOLD, *of_campaigns.TOLD}
    assert codes() - known == set()


def test_every_event_of_the_log_has_words() -> None:
    used = {
        code
        for name, call in calls()
        if name in EVENTS and len(call.args) > 1
        for code in text(call.args[1])
    }
    assert {"appointment_reinstated", "calls_stopped", "campaign_stopped"} <= used
    assert used - set(words.EVENTS) == set()


@pytest.mark.parametrize("reason", ["channel_off", "suppressed", "whatsapp_window_closed"])
def test_a_refusal_says_its_own_reason(reason: str) -> None:
    assert reasons.told(reason) in str(Refused(reason=reason))


def test_a_refused_call_says_its_own_reason_whatever_it_is() -> None:
    assert str(CallRefused("concurrency")).startswith("La corredora ya tiene")
    assert reasons.told("channel_off") in str(CallRefused("channel_off"))


def test_what_a_vendor_or_a_person_wrote_stays_readable() -> None:
    assert of_voice.told("provider_refused 402") == "el proveedor rechazó la llamada (402)"
    assert reasons.told("some-new-code") == "some new code"
    assert reasons.told("Se fue de viaje") == "Se fue de viaje"
