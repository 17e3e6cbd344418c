"""A bucket in which the product keeps its files during a test."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import storages

from crm import files, objects
from leads.models import Attachment
from tests.fakes.bucket import FakeBucket

UNSET = dict.fromkeys(files.NAMES, "")


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[FakeBucket]:
    """One for all tests of a file: its start takes longer than they do."""
    with FakeBucket() as server:
        yield server


@pytest.fixture
def bucket(bucket_server: FakeBucket, settings: Any, monkeypatch: Any) -> Iterator[FakeBucket]:
    """Empty, and there."""
    in_it = files.in_bucket({**UNSET, **bucket_server.environment})
    settings.STORAGES = {**settings.STORAGES, **in_it}
    monkeypatch.setattr(Attachment._meta.get_field("file"), "storage", storages["attachments"])
    objects.breaker.forget()
    yield bucket_server
    back(bucket_server)
    bucket_server.empty()


def back(server: FakeBucket) -> None:
    """The server is there again, and a pause after its failure is over."""
    server.come_back()
    objects.breaker.forget()
