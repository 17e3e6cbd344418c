"""The database goes and comes back while four visitors write: each is answered, once, in time."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.databases import ROOT, Original, address_of
from tests.flows.chatters import Outcome
from tests.flows.outages import (
    EVENTS,
    ON_SMALL_DISKS,
    WholeWorld,
    World,
    a_world,
    another_beat,
    hung,
)
from tests.flows.stack import wait_for

# Many outages with the product's real processes: minutes long, so they are asked for by name.
pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not os.environ.get("DATABASE_OUTAGES"), reason="set DATABASE_OUTAGES=1"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, seeded: Original) -> Iterator[WholeWorld]:
    demo = address_of(seeded.name, owner=True)
    with a_world(tmp_path_factory.mktemp("database"), demo, LOG_LEVEL="DEBUG") as made:
        yield made


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_what_was_acknowledged_is_answered_once_within_half_a_minute(
    world: World, event: Callable[[World], None]
) -> None:
    outcome, crowd = world.suffers(event)
    assert outcome.acknowledged >= 4
    assert (outcome.lost, outcome.doubled, outcome.unanswered) == (0, 0, 0)
    assert set(crowd.refusals) <= {503}
    assert world.stack.rows("SELECT task, error FROM failed_tasks") == []


@pytest.mark.parametrize("trial", ON_SMALL_DISKS.values(), ids=ON_SMALL_DISKS.keys())
def test_a_full_disk_is_outlasted_as_well(
    world: WholeWorld, trial: Callable[[WholeWorld], Outcome]
) -> None:
    if not (world.place.disk and world.files):
        pytest.skip("to mount a small disk takes root")
    outcome = trial(world)
    assert outcome.acknowledged > 0
    assert outcome.is_whole


def test_while_it_hangs_the_web_lives_and_soon_says_that_it_is_not_ready(world: World) -> None:
    took: dict[str, list[float]] = {"/health/live": [], "/health/ready": []}
    answers: set[tuple[str, int]] = set()

    def hangs(world: World) -> None:
        world.server.hold()
        over = time.monotonic() + 8
        while time.monotonic() < over:
            for path, seconds in took.items():
                began = time.monotonic()
                answers.add((path, world.stack.get(path)[0]))
                seconds.append(time.monotonic() - began)
        world.server.let_go()

    outcome, _ = world.suffers(hangs)
    assert answers == {("/health/live", 200), ("/health/ready", 503)}
    # Threads that wait for the database leave others free; where none moves, none is added.
    assert max(took["/health/live"]) < 4
    assert max(took["/health/ready"]) < 7
    assert (outcome.lost, outcome.doubled, outcome.unanswered) == (0, 0, 0)


def test_a_worker_s_check_goes_through_its_pool_to_the_database(world: World) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    told = {name: compose["services"][name]["healthcheck"]["test"] for name in ("worker", "beat")}
    alive = world.stack.folder / "alive"
    for name, (kind, command) in told.items():
        assert kind == "CMD-SHELL"
        assert f"/tmp/lead-crm-*/{name}" in command
        wait_for(f"a sign of {name}", lambda name=name: (alive / name).exists())
        here = command.replace("/tmp/lead-crm-*", str(alive)).replace("$$", "$")
        assert subprocess.run(["sh", "-c", here]).returncode == 0
        (alive / name).unlink()
        assert subprocess.run(["sh", "-c", here]).returncode == 1
    hung(world)
    wait_for("a pulse after it hung", (alive / "worker").exists)


def ticks(log: Path, task: str, since: int) -> list[str]:
    """Where a worker tells of each of them, since so many lines ago."""
    lines = log.read_text().splitlines()[since:]
    return [line for line in lines if "crm.observed task" in line and f"task={task} " in line]


def test_of_two_beats_one_sends_and_a_dead_one_is_replaced_within_two_sweeps(world: World) -> None:
    stack, log = world.stack, world.stack.folder / "up.log"
    with another_beat(stack, SWEEP_SECONDS="2"):
        time.sleep(6)  # until it stands by
        known = len(log.read_text().splitlines())
        time.sleep(8)
        both = len(ticks(log, "llm.tasks.sweep_turns", known))
        assert 3 <= both <= 5  # 8 seconds at 2 each; two leaders would send 8
        known = len(log.read_text().splitlines())
        stack.kill("beat")
        began = time.monotonic()
        wait_for("the other beat", lambda: ticks(log, "llm.tasks.sweep_turns", known))
        assert time.monotonic() - began < 2 * 2 + 4  # its lease of 3 s, a look, and a tick
