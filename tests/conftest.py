"""The people and rows that tests tell their stories with."""

import gc
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase
from rest_framework.test import APIClient
from xdist.scheduler import LoadFileScheduling

from brokers.models import Broker, User
from crm import lanes, limits, outage, rowsecurity
from crm.tenancy import Role
from leads.models import Lead
from tests.databases import Original, empty
from tests.factories import BrokerFactory, LeadFactory, UserFactory

SANTIAGO = ZoneInfo("America/Santiago")
rowsecurity.WAYS["tests"] = "tests set the stage for several brokers"

# Real processes spend half of their time waiting, but two such stories at once are enough for two
# cores: each lane runs in one process of the test run, in this order; a third has the rest meanwhile.
LANES = (
    (
        "tests/crm/test_up.py",  # needs no database of ours: meanwhile they are made
        "tests/flows/test_replay.py",
        "tests/flows/test_demo.py",
        "tests/flows/test_pooler.py",
        "tests/crm/test_embedded.py",
        "tests/flows/test_slow_clients.py",
    ),
    (
        "tests/flows/test_first_conversation.py",
        "tests/flows/test_one_day.py",
        "tests/flows/test_outages.py",
        "tests/flows/test_database_outages.py",
        "tests/flows/test_hosts.py",
    ),
)
LONG = (
    "tests/crm/test_schema.py",
    "tests/crm/test_contract.py",
    "tests/crm/test_admin_tenancy.py",
    "tests/crm/test_seed_demo.py",
    "tests/crm/test_hostile_signed_in.py",
)
LANE_OF = {file: f"lane {number}" for number, lane in enumerate(LANES) for file in lane}
EARLY = [file for lane in (*LANES, LONG) for file in lane]


class Lanes(LoadFileScheduling):
    """Files whole, as they are; those of a lane together."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return LANE_OF.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return Lanes(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first: at the end no process waits for another's."""
    early = {file: place for place, file in enumerate(EARLY)}

    def place(item: pytest.Item) -> int:
        last = len(early) + (item.get_closest_marker("stack") is None)
        return early.get(item.nodeid.partition("::")[0], last)

    items.sort(key=place)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays: garbage is looked for among what tests make, and seldom."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    gc.enable()
    return result


@pytest.fixture(autouse=True, scope="session")
def _quick_emptying() -> None:
    """Of the database, after a test that commits."""
    TransactionTestCase._fixture_teardown = lambda _: empty()


@pytest.fixture(autouse=True)
def _across_brokers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests see everything, and so do threads that they start; requests and tasks see their own."""
    start = threading.Thread.run

    def run(thread: threading.Thread) -> None:
        with rowsecurity.across("tests"):
            start(thread)

    monkeypatch.setattr(threading.Thread, "run", run)
    with rowsecurity.across("tests"):
        yield


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _files_unlisted(settings: Any) -> None:
    """Every new client would list all static files again."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, worker_id: str) -> Iterator[None]:
    """Throttles and breakers live in the cache: each process has its own, empty at each test."""
    settings.CACHES = {
        "default": {
            "BACKEND": "tests.caching.Memory",
            "LOCATION": worker_id,
        }
    }
    cache.clear()
    outage.forget()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test counts its requests across the border of two windows: a limit's clock stands."""
    started = limits.now()
    monkeypatch.setattr(limits, "now", lambda: started)


@pytest.fixture(autouse=True)
def _own_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds a lane full of what another has queued, and no worker takes."""
    monkeypatch.setattr(lanes, "PREFIX", f"lane:{uuid.uuid4()}:")


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that all processes of the test run share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "main" else own.parent


@pytest.fixture(scope="session")
def migrated(run_folder: Path) -> Iterator[Original]:
    shared = Original(run_folder, "migrated", "migrate --no-input")
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    migrated: Original,
    worker_id: str,
) -> None:
    """One of several processes starts from a copy: migrating takes as long as hundreds of tests."""
    if worker_id != "main" and not django_db_keepdb:
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = migrated.name


@pytest.fixture
def at() -> datetime:
    """A Tuesday morning in Santiago."""
    return datetime(2026, 11, 24, 10, 0, tzinfo=SANTIAGO)


@pytest.fixture
def broker(db: None) -> Broker:
    return BrokerFactory(name="Andes Propiedades", slug="andes")


@pytest.fixture
def rival(db: None) -> Broker:
    return BrokerFactory(name="Rival", slug="rival")


@pytest.fixture
def admin(broker: Broker) -> User:
    return UserFactory(broker=broker, role=Role.ADMIN, name="Berta Admin")


@pytest.fixture
def agent(broker: Broker) -> User:
    return UserFactory(broker=broker, name="Ana Pérez")


@pytest.fixture
def agent2(broker: Broker) -> User:
    return UserFactory(broker=broker, name="Luis Soto")


@pytest.fixture
def rival_admin(rival: Broker) -> User:
    return UserFactory(broker=rival, role=Role.ADMIN, name="Rita Rival")


@pytest.fixture
def rival_agent(rival: Broker) -> User:
    return UserFactory(broker=rival, name="Raúl Rival")


@pytest.fixture
def superadmin(db: None) -> User:
    return UserFactory(broker=None, role=Role.SUPERADMIN, name="Sonia Root")


@pytest.fixture
def lead(broker: Broker, agent: User) -> Lead:
    return LeadFactory(broker=broker, assigned_to=agent)


@pytest.fixture
def api() -> APIClient:
    return APIClient()
