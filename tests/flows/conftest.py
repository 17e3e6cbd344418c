"""A database for each stack, copied from one that the whole test run shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import SECRETS, Original


@pytest.fixture(scope="session")
def seeded(run_folder: Path, migrated: Original) -> Iterator[Original]:
    shared = Original(run_folder, "demo", "seed_demo", of=migrated)
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def demo(seeded: Original) -> Iterator[dict[str, str]]:
    """The environment in which a stack finds a copy of the demo."""
    with seeded.copy() as address:
        yield {"DATABASE_URL": address, **SECRETS}
