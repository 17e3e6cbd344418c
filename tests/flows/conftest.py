"""A database for each stack, copied from one that the whole test run shares."""

from collections.abc import Iterator

import pytest

from tests.flows.demo_database import SECRETS, DemoDatabase


@pytest.fixture(scope="session")
def demo_database(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[DemoDatabase]:
    own = tmp_path_factory.getbasetemp()
    shared = DemoDatabase(own if worker_id == "main" else own.parent)
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def demo(demo_database: DemoDatabase) -> Iterator[dict[str, str]]:
    """The environment in which a stack finds a copy of the demo."""
    with demo_database.copy() as address:
        yield {"DATABASE_URL": address, **SECRETS}
