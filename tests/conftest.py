"""The people and rows that tests tell their stories with."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from brokers.models import Broker, User
from crm import outage
from crm.tenancy import Role
from leads.models import Lead
from tests.factories import BrokerFactory, LeadFactory, UserFactory

SANTIAGO = ZoneInfo("America/Santiago")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long stories first: at the end no process waits for the other's."""
    items.sort(key=lambda item: item.get_closest_marker("stack") is None)


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


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
